//! What crosses into JavaScript: the state, the ledger, the ids.

use crate::page::{Visit, open_page};
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn the_state_has_the_shape_of_its_case() {
    let visit = Visit::open(json!({ "section": "docs" }));
    assert_eq!(visit.state(), json!({ "status": "idle" }));
    visit.tracker.initialize_session();
    let starting = visit.state();
    let (id, started) = (starting["sessionId"].clone(), starting["startedAt"].clone());
    assert_eq!(starting, json!({ "status": "starting", "sessionId": id, "startedAt": started, "section": "docs" }));
    assert!((js_sys::Date::now() - started.as_f64().unwrap()).abs() < 60_000.0, "milliseconds since 1970");
    visit.start().await;
    let live =
        json!({ "status": "live", "sessionId": id, "startedAt": started, "section": "docs", "person": "active" });
    assert_eq!(visit.state(), live);
    visit.tracker.end_session("logout");
    assert_eq!(visit.state(), json!({ "status": "ended", "sessionId": id, "reason": "logout" }));
}

#[wasm_bindgen_test]
async fn the_host_hears_of_every_change_of_state_once() {
    let visit = Visit::live(json!({})).await;
    let changes = || visit.page.heard().as_array().unwrap().iter().filter(|heard| heard[0] == 4).count();
    assert_eq!(changes(), 2, "starting and live");
    visit.log("click", json!(1));
    visit.tracker.change_section("docs", true);
    visit.tracker.change_section("docs", true);
    assert_eq!(changes(), 3, "no event and no repetition is a change");
}

#[wasm_bindgen_test]
async fn the_ledger_counts_each_event_where_it_is() {
    let visit = Visit::live(json!({ "flushSeconds": 600 })).await;
    let ledger = |queued, travels, delivered| {
        let (dropped, refused) = (json!({}), json!({}));
        json!({ "accepted": 1, "delivered": delivered, "queued": queued, "inFlight": travels, "dropped": dropped, "refused": refused })
    };
    visit.log("click", json!(1));
    assert_eq!(visit.ledger(), ledger(1, 0, 0));
    visit.tracker.flush();
    assert_eq!(visit.ledger(), ledger(0, 1, 0));
    visit.page.until("the event is delivered", || visit.ledger()["inFlight"] == 0).await;
    assert_eq!(visit.ledger(), ledger(0, 0, 1));
}

#[wasm_bindgen_test]
async fn a_refused_event_has_no_id_and_is_counted_by_reason() {
    let visit = Visit::live(json!({})).await;
    let log = |kind: &str, json: Option<&str>| visit.tracker.log_event(kind.into(), json.map(Into::into));
    assert_eq!(log("", None), None);
    assert_eq!(log("session_end", None), None);
    assert_eq!(log("cut", Some(r#""\ud83d""#)), None);
    assert_eq!(log("large", Some(&format!("\"{}\"", "x".repeat(32_767)))), None);
    let refused = json!({ "invalid_type": 1, "reserved_type": 1, "too_large": 1, "lone_surrogate": 1 });
    assert_eq!(visit.ledger()["refused"], refused);
    assert!(log("large", Some(&format!("\"{}\"", "x".repeat(32_766)))).is_some(), "32,768 bytes are allowed");
}

#[wasm_bindgen_test]
fn event_ids_are_uuids_of_version_7_and_differ() {
    let visit = Visit::open(json!({}));
    let (one, two) = (visit.log("click", json!(1)), visit.log("click", json!(1)));
    assert_ne!(one, two);
    for id in [one, two] {
        assert_eq!(id.len(), 36);
        assert_eq!((&id[14..15], &id[8..9]), ("7", "-"), "{id}");
    }
}

#[wasm_bindgen_test]
async fn the_host_hears_whether_the_session_is_new_or_taken_up_and_how_it_ended() {
    let told = |visit: &Visit, what: u8| {
        let heard = visit.page.heard();
        let texts = heard.as_array().unwrap().iter().filter(|heard| heard[0] == what);
        texts.map(|heard| heard[1].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let first = Visit::live(json!({ "namespace": "again" })).await;
    assert_eq!(told(&first, 2), ["started"]);
    first.page.dispatch_transition("pagehide", false);
    let stored = first.page.stored_entries();
    drop(first);
    let page = open_page();
    stored.iter().for_each(|(key, text)| page.store(key, text));
    let second = Visit::open_in(page, json!({ "namespace": "again" }));
    second.start().await;
    assert_eq!(told(&second, 2), ["resumed"]);
    second.tracker.end_session("logout");
    assert_eq!(told(&second, 5), ["logout"]);
}
