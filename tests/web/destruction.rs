//! A tracker that is let go of leaves the page as it found it.

use crate::page::Visit;
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn a_destroyed_tracker_leaves_no_timer_and_no_listener() {
    let visit = Visit::live(json!({ "flushSeconds": 600, "debounceMilliseconds": 60_000 })).await;
    visit.log("click", json!(1));
    visit.tracker.change_section("docs", false);
    assert_eq!(visit.page.timers(), 1, "all its timers are one");
    assert!(visit.page.listeners() > 0);
    visit.tracker.destroy();
    assert_eq!((visit.page.timers(), visit.page.listeners()), (0, 0));
}

#[wasm_bindgen_test]
async fn it_says_goodbye_as_a_closing_page_does() {
    let visit = Visit::live(json!({ "flushSeconds": 600 })).await;
    let event = visit.log("click", json!(1));
    visit.tracker.destroy();
    visit.tracker.destroy();
    assert_eq!(visit.page.requests().len(), 2, "once");
    let goodbye = &visit.page.requests()[1];
    assert_eq!(goodbye["by"], "beacon");
    assert_eq!(goodbye["body"]["events"][0]["eventId"], event);
    assert_eq!(goodbye["body"]["end"]["reason"], "app_close");
    assert_eq!(visit.state(), json!({ "status": "inert", "reason": "destroyed" }));
}

#[wasm_bindgen_test]
async fn nothing_wakes_it_again() {
    let visit = Visit::live(json!({})).await;
    visit.tracker.destroy();
    let sent = visit.page.requests().len();
    visit.page.set_hidden(true);
    visit.page.set_hidden(false);
    visit.page.dispatch_transition("pagehide", true);
    visit.page.dispatch_transition("pageshow", true);
    visit.page.dispatch("self", "online");
    visit.page.dispatch_input("pointerdown", 1e9, false);
    visit.tracker.initialize_session();
    visit.tracker.flush();
    visit.tracker.end_session("manual");
    visit.tracker.change_section("docs", true);
    assert_eq!(visit.tracker.log_event("late".into(), None), None);
    visit.page.is_unharmed().await;
    assert_eq!(visit.page.requests().len(), sent);
    assert_eq!((visit.page.timers(), visit.page.listeners()), (0, 0));
}

#[wasm_bindgen_test]
async fn an_answer_that_comes_after_it_is_gone_does_no_harm() {
    let visit = Visit::open(json!({}));
    visit.tracker.initialize_session();
    visit.tracker.destroy();
    visit.page.is_unharmed().await;
    assert_eq!(visit.state()["status"], "inert");
    assert_eq!((visit.page.timers(), visit.page.listeners()), (0, 0));
}

#[wasm_bindgen_test]
async fn a_discarded_tracker_tells_nobody_and_leaves_nothing_behind() {
    let visit = Visit::live(json!({ "flushSeconds": 600 })).await;
    visit.log("click", json!(1));
    visit.tracker.flush();
    visit.log("click", json!(2));
    let (sent, heard) = (visit.page.requests().len(), visit.page.heard());
    visit.tracker.discard();
    let stored = visit.page.stored_keys();
    visit.page.dispatch("self", "online");
    visit.page.dispatch_transition("pagehide", false);
    visit.page.is_unharmed().await;
    visit.tracker.destroy();
    assert_eq!(visit.page.requests().len(), sent, "neither an end nor what waited, and no retry of what travelled");
    assert_eq!(visit.page.heard(), heard);
    assert_eq!(visit.page.stored_keys(), stored);
    assert_eq!((visit.page.timers(), visit.page.listeners()), (0, 0));
}
