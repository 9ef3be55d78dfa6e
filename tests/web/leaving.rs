//! Hiding, leaving and coming back, by the events with which a browser says so.

use crate::page::Visit;
use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;

fn by(visit: &Visit, way: &str) -> Vec<Value> {
    visit.page.requests().into_iter().filter(|request| request["by"] == way).collect()
}

#[wasm_bindgen_test]
async fn hiding_sends_what_waits_in_a_request_that_outlives_the_page() {
    let visit = Visit::live(json!({ "flushSeconds": 600 })).await;
    visit.log("click", json!(1));
    visit.page.set_hidden(true);
    let request = visit.page.request(1).await;
    assert_eq!((&request["by"], &request["keepalive"]), (&json!("fetch"), &json!(true)));
    assert_eq!(request["body"]["events"][0]["eventType"], "click");
    assert_eq!(request["body"]["heartbeat"]["activity"], "hidden");
    assert!(request["body"].get("end").is_none(), "a page that is hidden has not left");
    assert_eq!(visit.state()["person"], "hidden");
    visit.page.set_hidden(false);
    assert_eq!(visit.page.request(2).await["body"]["heartbeat"]["activity"], "active");
}

#[wasm_bindgen_test]
async fn leaving_hands_events_and_a_provisional_end_to_one_beacon() {
    let visit = Visit::live(json!({ "flushSeconds": 600, "debounceMilliseconds": 60_000 })).await;
    visit.log("click", json!(1));
    visit.tracker.change_section("docs", false);
    visit.page.dispatch_transition("pagehide", false);
    let beacons = by(&visit, "beacon");
    assert_eq!(beacons.len(), 1, "at once, for nobody waits in a page that leaves");
    let beacon = &beacons[0];
    assert!(beacon["url"].as_str().unwrap().ends_with("/api/sessions/batch"));
    assert_eq!(beacon["contentType"], "text/plain;charset=UTF-8");
    let body = &beacon["body"];
    assert_eq!(body["token"], "write-token");
    assert_eq!(body["events"][0]["eventType"], "click");
    assert_eq!(body["events"][1]["section"], "docs", "a section that had no time to hold goes along");
    assert_eq!(body["end"]["reason"], "app_close");
}

#[wasm_bindgen_test]
async fn a_frozen_page_that_is_then_discarded_says_goodbye_once() {
    let visit = Visit::live(json!({})).await;
    visit.page.dispatch("document", "freeze");
    visit.page.dispatch_transition("pagehide", true);
    assert_eq!(by(&visit, "beacon").len(), 1);
}

#[wasm_bindgen_test]
async fn a_beacon_the_browser_refuses_is_made_smaller_and_no_event_is_left_behind_or_sent_twice() {
    let visit = Visit::live(json!({ "flushSeconds": 600 })).await;
    let logged: Vec<_> = (0..3).map(|_| visit.log("long", json!("x".repeat(1_000)))).collect();
    visit.page.refuse_beacons_over(2_500);
    visit.page.dispatch_transition("pagehide", false);
    assert!(!by(&visit, "refused beacon").is_empty());
    let taken = by(&visit, "beacon");
    let events = taken.iter().flat_map(|beacon| beacon["body"]["events"].as_array().unwrap().clone());
    let ids: Vec<_> = events.map(|event| event["eventId"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids, logged);
    let ends = taken.iter().filter(|beacon| beacon["body"].get("end").is_some()).count();
    assert_eq!(ends, 1);
    assert_eq!(taken.last().unwrap()["body"]["end"]["reason"], "app_close");
}

#[wasm_bindgen_test]
async fn a_browser_that_throws_at_a_beacon_keeps_the_events_for_a_return() {
    let visit = Visit::live(json!({ "flushSeconds": 600 })).await;
    let event = visit.log("click", json!(1));
    visit.page.break_beacons();
    visit.page.dispatch_transition("pagehide", true);
    visit.page.is_unharmed().await;
    visit.page.dispatch_transition("pageshow", true);
    assert_eq!(visit.page.request(1).await["body"]["events"][0]["eventId"], event);
}

#[wasm_bindgen_test]
async fn a_backend_without_write_tokens_is_told_by_a_request_that_bears_the_token_and_outlives_the_page() {
    let visit = Visit::open_with_tokens(json!({}), json!(["one"]));
    visit.page.answer(200, json!({ "sessionId": "s-1" }));
    visit.start().await;
    visit.page.dispatch_transition("pagehide", false);
    let end = &visit.page.requests()[1];
    assert_eq!((&end["by"], &end["keepalive"]), (&json!("fetch"), &json!(true)), "a beacon carries no header");
    assert_eq!(end["authorization"], "Bearer one");
    assert_eq!(end["body"]["reason"], "app_close");
}

#[wasm_bindgen_test]
async fn a_page_out_of_the_back_forward_cache_goes_on_with_its_session() {
    let visit = Visit::live(json!({})).await;
    visit.page.dispatch_transition("pagehide", true);
    let goodbye = visit.page.request(1).await;
    visit.page.dispatch_transition("pageshow", true);
    let back = visit.page.request(2).await;
    assert_eq!(back["body"]["sessionId"], goodbye["body"]["sessionId"]);
    assert!(back["body"]["epoch"].as_u64() > goodbye["body"]["epoch"].as_u64(), "newer than the goodbye");
    assert!(back["body"]["heartbeat"].is_object());
    assert_eq!(visit.state()["status"], "live");
    let event = visit.log("click", json!(1));
    assert_eq!(visit.page.request(3).await["body"]["events"][0]["eventId"], event);
}

#[wasm_bindgen_test]
async fn a_page_that_was_frozen_goes_on_with_its_session() {
    let visit = Visit::live(json!({})).await;
    visit.page.dispatch("document", "freeze");
    visit.page.dispatch("document", "resume");
    let (goodbye, back) = (visit.page.request(1).await, visit.page.request(2).await);
    assert!(back["body"]["epoch"].as_u64() > goodbye["body"]["epoch"].as_u64());
}

#[wasm_bindgen_test]
async fn a_page_that_is_shown_for_the_first_time_has_not_been_away() {
    let visit = Visit::live(json!({})).await;
    visit.page.dispatch_transition("pageshow", false);
    visit.page.is_unharmed().await;
    assert_eq!(visit.page.requests().len(), 1);
}

#[wasm_bindgen_test]
async fn inputs_within_a_second_are_one_activity_wherever_they_happen() {
    let visit = Visit::live(json!({})).await;
    visit.page.dispatch_input("pointerdown", 10_000.0, false);
    visit.page.dispatch_input("keydown", 10_500.0, false);
    visit.page.dispatch_input("pointerdown", 10_999.0, true);
    // It does not bubble, and comes exactly one second after the first.
    visit.page.dispatch_input("scroll", 11_000.0, true);
    visit.page.dispatch_transition("pagehide", false);
    assert_eq!(visit.page.request(1).await["body"]["heartbeat"]["activityCount"], 2);
}
