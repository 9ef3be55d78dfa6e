//! The tracker of a front end that is written in Rust.

use crate::page::{Page, open_page, options};
use serde_json::{Value, json};
use session_tracker::front::Visit;
use session_tracker::session::{EndReason, State};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use wasm_bindgen_test::wasm_bindgen_test;

fn open(given: Value) -> (Page, Visit) {
    let page = open_page();
    let visit = Visit::open(&options(given), None);
    (page, visit)
}

#[wasm_bindgen_test]
async fn start_is_done_when_the_backend_has_the_session_and_again_when_it_had_it() {
    let (page, visit) = open(json!({ "metadata": { "plan": "M" } }));
    let id = visit.start().await.expect("the session's id");
    assert!(matches!(visit.state(), State::Live(..)));
    let start = page.request(0).await;
    assert_eq!((&start["body"]["sessionId"], &start["body"]["metadata"]), (&json!(id), &json!({ "plan": "M" })));
    assert_eq!(visit.start().await, Some(id));
    page.is_unharmed().await;
}

#[wasm_bindgen_test]
async fn a_start_that_finds_no_backend_is_done_too_and_the_tracker_goes_on_trying() {
    let (page, visit) = open(json!({}));
    page.fail();
    assert_eq!(visit.start().await, None);
    assert!(matches!(visit.state(), State::Starting(_)));
    page.dispatch("self", "online");
    page.until("the session is live", || matches!(visit.state(), State::Live(..))).await;
}

#[wasm_bindgen_test]
async fn a_flush_is_done_when_what_waits_is_delivered() {
    let (page, visit) = open(json!({ "flushSeconds": 600 }));
    visit.start().await;
    let event = visit.log_event("click", &json!({ "name": "buy" })).expect("the event's id");
    visit.flush().await;
    assert_eq!(visit.ledger().delivered(), 1);
    let sent = &page.request(1).await["body"]["events"][0];
    assert_eq!((&sent["eventId"], &sent["eventData"]), (&json!(event), &json!({ "name": "buy" })));
    visit.end(EndReason::Logout).await;
    assert!(matches!(visit.state(), State::Ended(_, EndReason::Logout)));
}

#[wasm_bindgen_test]
async fn a_flush_within_a_time_is_done_then_though_nobody_answers() {
    let page = open_page();
    let silent = js_sys::Function::new_no_args("return new Promise(() => {})");
    let visit = Visit::open(&options(json!({})), Some(&silent));
    visit.log_event("click", &()).expect("the event's id");
    // Its bearer never comes, and nobody waits for it here.
    let mut start = pin!(visit.start());
    assert!(poll_fn(|context| Poll::Ready(start.as_mut().poll(context).is_pending())).await);
    visit.flush_within(20).await;
    assert_eq!(visit.ledger().delivered(), 0);
    page.is_unharmed().await;
}

#[wasm_bindgen_test]
async fn the_address_says_where_the_person_is() {
    let (page, visit) = open(json!({ "section": "elsewhere", "debounceMilliseconds": 0 }));
    visit.start().await;
    visit.follow_address();
    let path = path_here();
    let expected = path.split('/').find(|segment| !segment.is_empty()).unwrap_or("home").to_owned();
    page.until("the section is reported", || page.requests().len() > 1).await;
    assert_eq!(page.request(1).await["body"]["events"][0]["section"], expected);
}

fn path_here() -> String {
    js_sys::eval("location.pathname").unwrap().as_string().unwrap()
}

#[wasm_bindgen_test]
async fn dropping_it_says_goodbye_and_leaves_nothing_behind() {
    let (page, visit) = open(json!({}));
    visit.start().await;
    drop(visit);
    assert_eq!(page.request(1).await["body"]["reason"], "app_close");
    assert_eq!((page.timers(), page.listeners()), (0, 0));
    page.is_unharmed().await;
}
