//! Events on their way: in order, word for word, by a real alarm.

use crate::page::Visit;
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn events_come_out_in_the_order_of_the_calls_with_their_data_word_for_word() {
    let visit = Visit::open(json!({}));
    let first = visit.log("first", json!({ "size": "Größe M 😀", "n": [1, 2.5, null] }));
    let second = visit.tracker.log_event("second".into(), None).unwrap();
    // A number that no float holds: nobody reads the data before the server.
    let third = visit.tracker.log_event("third".into(), Some(r#"{"n":12345678901234567890,  "x":1}"#.into())).unwrap();
    visit.start().await;
    let batch = visit.page.request(1).await;
    let events = batch["body"]["events"].as_array().unwrap();
    let ids: Vec<_> = events.iter().map(|event| event["eventId"].as_str().unwrap()).collect();
    assert_eq!(ids, [first, second, third]);
    assert_eq!(events[0]["eventData"], json!({ "size": "Größe M 😀", "n": [1, 2.5, null] }));
    assert!(events[1].get("eventData").is_none());
    assert!(batch["text"].as_str().unwrap().contains(r#""eventData":{"n":12345678901234567890,  "x":1}"#));
    assert_eq!([&events[0]["seq"], &events[1]["seq"], &events[2]["seq"]], [1, 2, 3]);
}

#[wasm_bindgen_test]
async fn events_wait_for_company_until_the_alarm_rings() {
    let visit = Visit::live(json!({ "flushSeconds": 0.03 })).await;
    visit.log("one", json!(1));
    visit.log("two", json!(2));
    assert_eq!(visit.page.requests().len(), 1, "only the start has left");
    let batch = visit.page.request(1).await;
    assert_eq!(batch["body"]["events"].as_array().unwrap().len(), 2);
}

#[wasm_bindgen_test]
async fn a_section_counts_once_it_has_held() {
    let visit = Visit::live(json!({ "debounceMilliseconds": 20 })).await;
    visit.tracker.change_section("slip", false);
    visit.tracker.change_section("docs", false);
    assert_eq!(visit.state()["section"], "home");
    let batch = visit.page.request(1).await;
    let events = batch["body"]["events"].as_array().unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["eventType"], "section_change");
    assert_eq!(events[0]["section"], "docs");
    assert_eq!(visit.state()["section"], "docs");
}

#[wasm_bindgen_test]
async fn the_page_says_that_it_is_there_as_often_as_the_backend_wants() {
    let visit = Visit::open(json!({}));
    let config = json!({ "heartbeatSeconds": 0.03 });
    visit.page.answer(200, json!({ "sessionId": "s-1", "token": "t", "profile": "full", "config": config }));
    visit.start().await;
    for number in 1..=3 {
        let beat = visit.page.request(number).await;
        assert!(beat["url"].as_str().unwrap().ends_with("/heartbeat"), "{beat}");
        assert_eq!(beat["body"]["heartbeat"]["activity"], "active");
    }
}

#[wasm_bindgen_test]
async fn a_backend_that_asks_for_seconds_is_given_them() {
    let visit = Visit::open(json!({ "persistence": "none" }));
    visit.page.answer_text(503, json!({ "retry-after": "20" }), "{}");
    visit.tracker.initialize_session();
    // Whoever waits for an answer looks up after 30 s.
    visit.page.until("the alarm is set", || visit.page.soonest_timer() < 25_000.0).await;
    assert!((19_900.0..=21_001.0).contains(&visit.page.soonest_timer()), "{}", visit.page.soonest_timer());
}

#[wasm_bindgen_test]
async fn a_backend_that_names_a_date_is_not_asked_before() {
    let visit = Visit::open(json!({ "persistence": "none" }));
    let date = js_sys::Date::new(&(js_sys::Date::now() + 20_000.0).into()).to_utc_string();
    visit.page.answer_text(429, json!({ "retry-after": String::from(date) }), "{}");
    visit.tracker.initialize_session();
    // Whoever waits for an answer looks up after 30 s.
    visit.page.until("the alarm is set", || visit.page.soonest_timer() < 25_000.0).await;
    // The date has whole seconds, and up to one of jitter is added.
    assert!((18_000.0..=21_001.0).contains(&visit.page.soonest_timer()), "{}", visit.page.soonest_timer());
}

#[wasm_bindgen_test]
async fn a_network_that_is_back_is_tried_at_once() {
    let visit = Visit::open(json!({}));
    visit.page.stop_timers();
    visit.page.answer_text(503, json!({}), "{}");
    visit.tracker.initialize_session();
    visit.page.until("the retry waits for its alarm", || visit.page.soonest_timer() <= 1_001.0).await;
    visit.page.dispatch("self", "online");
    visit.page.until("the session is live", || visit.state()["status"] == "live").await;
}

#[wasm_bindgen_test]
async fn a_backend_that_asked_for_time_gets_it_even_if_the_network_is_back() {
    let visit = Visit::open(json!({ "persistence": "none" }));
    visit.page.answer_text(503, json!({ "retry-after": "20" }), "{}");
    visit.tracker.initialize_session();
    // Whoever waits for an answer looks up after 30 s.
    visit.page.until("the alarm is set", || visit.page.soonest_timer() < 25_000.0).await;
    visit.page.dispatch("self", "online");
    assert_eq!(visit.page.requests().len(), 1);
}
