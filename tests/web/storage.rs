//! What one page leaves for the next, and storage that cannot be trusted or had.

use crate::page::{Page, Visit, open_page};
use serde_json::json;
use session_tracker::record::Record;
use session_tracker::session::EndReason;
use wasm_bindgen_test::wasm_bindgen_test;

const KEY: &str = "session-tracker:tab:019ca945-0a00-7000-8000-0000000000aa";

/// The keys of storage that begin so.
fn keys(page: &Page, prefix: &str) -> Vec<String> {
    let keys: Vec<String> = serde_json::from_value(page.stored_keys()).unwrap();
    keys.into_iter().filter(|key| key.starts_with(prefix)).collect()
}

/// The record of the one tab that has one.
fn record(page: &Page, namespace: &str) -> Record {
    let keys = keys(page, &format!("{namespace}:tab:"));
    assert_eq!(keys.len(), 1, "{keys:?}");
    let name = keys[0].strip_prefix(&format!("{namespace}:")).unwrap();
    Record::read(name, &page.stored(&keys[0]).unwrap()).unwrap()
}

#[wasm_bindgen_test]
async fn a_session_is_written_down_under_the_keys_of_its_namespace_and_no_other() {
    let visit = Visit::live(json!({ "namespace": "shop", "flushSeconds": 600 })).await;
    visit.log("click", json!(1));
    visit.page.until("the event is stored", || !keys(&visit.page, "shop:out:").is_empty()).await;
    assert_eq!(keys(&visit.page, "shop:").len(), keys(&visit.page, "").len());
    let record = record(&visit.page, "shop");
    let session = &record.sessions[0];
    assert_eq!((session.id.as_str(), &*session.token), (visit.state()["sessionId"].as_str().unwrap(), "write-token"));
    assert_eq!(record.device.unwrap().as_str(), visit.page.request(0).await["body"]["deviceId"].as_str().unwrap());
}

#[wasm_bindgen_test]
async fn the_next_page_takes_the_session_up() {
    let first = Visit::live(json!({ "flushSeconds": 600 })).await;
    let (session, device) =
        (first.state()["sessionId"].clone(), first.page.request(0).await["body"]["deviceId"].clone());
    first.page.dispatch_transition("pagehide", false);
    let key = keys(&first.page, "session-tracker:tab:").remove(0);
    let left = first.page.stored(&key).unwrap();
    drop(first);

    let page = open_page();
    page.store(&key, &left);
    let second = Visit::open_in(page, json!({}));
    second.start().await;
    let start = second.page.request(0).await;
    assert_eq!(start["body"]["sessionId"], session);
    assert_eq!(start["body"]["epoch"], 2);
    assert_eq!(start["body"]["deviceId"], device);
    assert_eq!(second.state()["sessionId"], session);
    assert!(second.page.stored(&key).is_none(), "the record of the page that left is not needed any more");
}

#[wasm_bindgen_test]
async fn an_event_is_stored_at_the_end_of_the_task_and_erased_when_it_is_acknowledged() {
    let visit = Visit::live(json!({ "flushSeconds": 600 })).await;
    visit.log("first", json!(1));
    visit.log("second", json!("{}[]\"\\ é"));
    assert!(keys(&visit.page, "session-tracker:out:").is_empty(), "one entry holds all events of a task");
    visit.page.until("the events are stored", || keys(&visit.page, "session-tracker:out:").len() == 1).await;
    let entry = visit.page.stored(&keys(&visit.page, "session-tracker:out:")[0]).unwrap();
    let events: Vec<&str> = entry.lines().filter(|line| line.contains("eventType")).collect();
    assert!(events[0].contains(r#""eventType":"first""#));
    assert!(events[1].contains(json!({ "eventData": "{}[]\"\\ é" }).to_string().trim_matches(['{', '}'])), "{entry}");
    visit.tracker.flush();
    visit.page.until("the events are delivered", || visit.ledger()["delivered"] == 2).await;
    assert!(keys(&visit.page, "session-tracker:out:").is_empty());
}

#[wasm_bindgen_test]
async fn what_a_page_left_undelivered_is_sent_by_the_next_one() {
    let first = Visit::live(json!({ "flushSeconds": 600 })).await;
    let session = first.state()["sessionId"].clone();
    first.log("left behind", json!({ "n": 1 }));
    first.page.until("the event is stored", || !keys(&first.page, "session-tracker:out:").is_empty()).await;
    first.page.refuse_beacons_over(0);
    first.page.dispatch_transition("pagehide", false);
    let left: Vec<_> = keys(&first.page, "").into_iter().map(|key| (first.page.stored(&key).unwrap(), key)).collect();
    drop(first);

    let page = open_page();
    for (text, key) in &left {
        page.store(key, text);
    }
    let second = Visit::open_in(page, json!({}));
    second.start().await;
    second.page.until("the event is delivered", || second.ledger()["delivered"] == 1).await;
    assert_eq!(second.ledger()["accepted"], 1);
    let requests = second.page.requests();
    let sent = requests.iter().find(|sent| sent["body"]["events"].is_array()).unwrap();
    assert_eq!(sent["body"]["sessionId"], session);
    assert_eq!(sent["body"]["events"][0]["eventData"]["n"], 1);
    assert!(left.iter().all(|(_, key)| second.page.stored(key).is_none()), "nothing of the first page stays behind");
}

#[wasm_bindgen_test]
async fn an_ended_session_is_not_taken_up() {
    let visit = Visit::live(json!({})).await;
    visit.tracker.end_session("logout");
    let record = record(&visit.page, "session-tracker");
    assert_eq!(record.ended, Some(EndReason::Logout));
    assert!(record.device.is_some());
}

#[wasm_bindgen_test]
async fn garbage_in_storage_is_as_if_nothing_were_there() {
    let (cut, mistyped, newer) = ("3 400\nd-1\n", "3 6\n[]\n{}\n", "4 2\n\n\n");
    for garbage in ["", "null", "[]", "{", cut, mistyped, newer, "\u{0}\u{ffff}"] {
        let page = open_page();
        page.store(KEY, garbage);
        let visit = Visit::open_in(page, json!({}));
        visit.start().await;
        assert_eq!(visit.page.request(0).await["body"]["epoch"], 1, "{garbage}");
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
    page.store(KEY, "3 4\nd-1\n");
    let visit = Visit::open_in(page, json!({ "persistence": "none" }));
    visit.start().await;
    visit.page.dispatch_transition("pagehide", false);
    assert!(visit.page.request(0).await["body"].get("deviceId").is_none());
    assert_eq!(visit.page.stored(KEY).unwrap(), "3 4\nd-1\n");
}

#[wasm_bindgen_test]
async fn while_consent_is_pending_nothing_is_read_and_then_the_session_is_found() {
    let first = Visit::live(json!({})).await;
    let session = first.state()["sessionId"].clone();
    first.page.dispatch_transition("pagehide", false);
    let stored = first.page.stored_entries();
    drop(first);

    let page = open_page();
    for (key, text) in &stored {
        page.store(key, text);
    }
    page.hold_consent(true);
    let visit = Visit::open_in(page, json!({}));
    let event = visit.log("early", json!(1));
    assert_eq!(visit.page.stored_entries(), stored);
    visit.page.hold_consent(false);
    visit.start().await;
    assert_eq!(visit.state()["sessionId"], session);
    assert_eq!(visit.page.request(1).await["body"]["events"][0]["eventId"], event);
}

#[wasm_bindgen_test]
async fn a_page_that_the_browser_had_discarded_has_not_crashed() {
    let gone = Visit::live(json!({ "namespace": "gone" })).await;
    let mut left = record(&gone.page, "gone");
    drop(gone);
    let half_an_hour_and_more = 31 * 60_000;
    left.seen.0 -= half_an_hour_and_more;
    left.beaten.0 -= half_an_hour_and_more;
    let key = format!("gone:tab:{}", left.place.as_str());
    let text = left.write(left.sessions.clone().iter_mut());
    for (was_discarded, end) in [(false, json!("crash")), (true, json!(null))] {
        let page = open_page();
        page.store(&key, &text);
        page.set_discarded(was_discarded);
        let visit = Visit::open_in(page, json!({ "namespace": "gone" }));
        visit.start().await;
        let start = visit.page.request(0).await;
        assert_eq!(
            (&start["body"]["previousId"], &start["body"]["previousEnd"]),
            (&json!(left.sessions[0].id.as_str()), &end)
        );
    }
}
