//! What one page leaves for the next, and storage that cannot be trusted or had.

use crate::page::{Page, Visit, open_page};
use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;

const KEY: &str = "session-tracker:record";

fn record(page: &Page, key: &str) -> Value {
    serde_json::from_str(&page.stored(key).expect("a record is stored")).unwrap()
}

#[wasm_bindgen_test]
async fn a_session_is_written_down_under_the_key_of_its_namespace_and_no_other() {
    let visit = Visit::live(json!({ "namespace": "shop" })).await;
    assert_eq!(visit.page.stored_keys(), json!(["shop:record"]));
    let record = record(&visit.page, "shop:record");
    assert_eq!(record["session"]["id"], visit.state()["sessionId"]);
    assert_eq!(record["session"]["token"], "write-token");
    assert_eq!(record["device"], visit.page.request(0).await["body"]["deviceId"]);
}

#[wasm_bindgen_test]
async fn the_next_page_takes_the_session_up() {
    let first = Visit::live(json!({})).await;
    let (session, device) =
        (first.state()["sessionId"].clone(), first.page.request(0).await["body"]["deviceId"].clone());
    first.page.dispatch_transition("pagehide", false);
    let left = first.page.stored(KEY).unwrap();
    drop(first);

    let page = open_page();
    page.store(KEY, &left);
    let second = Visit::open_in(page, json!({}));
    second.start().await;
    let start = second.page.request(0).await;
    assert_eq!(start["body"]["sessionId"], session);
    assert_eq!(start["body"]["epoch"], 2);
    assert_eq!(start["body"]["deviceId"], device);
    assert_eq!(second.state()["sessionId"], session);
}

#[wasm_bindgen_test]
async fn an_ended_session_is_not_taken_up() {
    let visit = Visit::live(json!({})).await;
    visit.tracker.end_session("logout");
    let record = record(&visit.page, KEY);
    assert!(record.get("session").is_none(), "{record}");
    assert!(record["device"].is_string());
}

#[wasm_bindgen_test]
async fn garbage_in_storage_is_as_if_nothing_were_there() {
    let cut = r#"{"version":1,"device":"d-1","session":{"id":"s-1","user":""#;
    let mistyped = r#"{"version":1,"session":{"id":5,"user":[],"epoch":"x"}}"#;
    let newer = r#"{"version":2,"session":{"id":"s-1"}}"#;
    for garbage in ["", "null", "[]", "{", cut, mistyped, newer, "\u{0}\u{ffff}"] {
        let page = open_page();
        page.store(KEY, garbage);
        let visit = Visit::open_in(page, json!({}));
        visit.start().await;
        assert_eq!(visit.page.request(0).await["body"]["epoch"], 1, "{garbage}");
        assert_eq!(record(&visit.page, KEY)["session"]["id"], visit.state()["sessionId"], "{garbage}");
        visit.page.is_unharmed().await;
    }
}

#[wasm_bindgen_test]
async fn a_page_without_storage_works_from_memory() {
    for spoil in [Page::block_storage, Page::fill_storage] {
        let page = open_page();
        spoil(&page);
        let visit = Visit::open_in(page, json!({}));
        visit.start().await;
        visit.log("click", json!(1));
        visit.page.until("the event is delivered", || visit.ledger()["delivered"] == 1).await;
        visit.page.is_unharmed().await;
    }
}

#[wasm_bindgen_test]
async fn a_host_that_wants_nothing_stored_finds_nothing_stored_and_nothing_read() {
    let page = open_page();
    page.store(KEY, r#"{"version":1,"device":"d-1"}"#);
    let visit = Visit::open_in(page, json!({ "persistence": "none" }));
    visit.start().await;
    visit.page.dispatch_transition("pagehide", false);
    assert!(visit.page.request(0).await["body"].get("deviceId").is_none());
    assert_eq!(visit.page.stored(KEY).unwrap(), r#"{"version":1,"device":"d-1"}"#);
}
