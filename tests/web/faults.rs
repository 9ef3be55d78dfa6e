//! A backend, a host and a browser at their worst. Nothing comes out into the page, and no event is lost.

use crate::page::{Page, Visit, open_page};
use serde_json::json;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

/// The session starts and an event is logged; the next answer is a bad one, and then the network is back.
async fn survives(spoil: fn(&Page)) {
    let visit = Visit::live(json!({})).await;
    // A retry may come after no time at all, before anybody has looked.
    visit.page.stop_timers();
    spoil(&visit.page);
    let event = visit.log("click", json!({ "name": "buy" }));
    visit.page.request(1).await;
    visit.page.until("the event waits again", || visit.ledger()["queued"] == 1).await;
    assert_eq!(visit.ledger()["delivered"], 0, "nothing has acknowledged it");
    visit.page.dispatch("self", "online");
    visit.page.until("the event is delivered", || visit.ledger()["delivered"] == 1).await;
    for request in &visit.page.requests()[1..] {
        assert_eq!(request["body"]["events"][0]["eventId"], event, "the same event under the same id");
    }
    visit.page.is_unharmed().await;
}

#[wasm_bindgen_test]
async fn a_network_that_fails_loses_nothing() {
    survives(Page::fail).await;
}

#[wasm_bindgen_test]
async fn a_portal_that_answers_html_has_acknowledged_nothing() {
    survives(|page| page.answer_text(200, json!({ "content-type": "text/html" }), "<!doctype html><p>Log in")).await;
}

#[wasm_bindgen_test]
async fn a_backend_that_answers_nothing_has_acknowledged_nothing() {
    survives(|page| page.answer_text(200, json!({}), "")).await;
}

#[wasm_bindgen_test]
async fn a_backend_that_breaks_down_loses_nothing() {
    survives(|page| page.answer_text(500, json!({ "retry-after": "soon" }), "Internal Server Error")).await;
}

#[wasm_bindgen_test]
async fn a_session_refused_for_good_is_told_and_tracks_nothing() {
    let visit = Visit::open(json!({}));
    let (kind, instance) = ("urn:session-tracker:problem:invalid-request", "r-1");
    visit.page.answer(422, json!({ "type": kind, "detail": "/userId: is not known here", "instance": instance }));
    visit.tracker.initialize_session();
    visit.page.until("the tracker has given up", || visit.state()["status"] == "inert").await;
    assert_eq!(visit.state(), json!({ "status": "inert", "reason": "refused" }));
    let heard = visit.page.heard();
    let error =
        heard.as_array().unwrap().iter().find(|heard| heard[0] == 1).expect("the host is told")[1].as_str().unwrap();
    assert!(error.starts_with("[SessionTracking] Failed to start session: /userId: is not known here"), "{error}");
    assert!(error.contains(kind) && error.contains(instance), "{error}");
}

#[wasm_bindgen_test]
async fn a_host_that_throws_when_asked_for_its_bearer_is_asked_again() {
    let page = open_page();
    page.throw_at_tokens();
    let visit = Visit::open_in(page, json!({}));
    visit.tracker.initialize_session();
    visit.page.until("the host is told that all was tried", || visit.page.heard().to_string().contains("[3,")).await;
    assert_eq!(visit.state()["status"], "starting");
    assert!(visit.page.requests().is_empty());
    assert_eq!(visit.page.timers(), 1, "the alarm for the next attempt");
    visit.page.is_unharmed().await;
}

#[wasm_bindgen_test]
async fn a_goodbye_that_fails_is_nobodys_to_catch() {
    let visit = Visit::open_with_tokens(json!({}), json!(["one"]));
    visit.page.answer(200, json!({ "sessionId": "s-1" }));
    visit.start().await;
    visit.page.fail();
    visit.page.dispatch_transition("pagehide", false);
    assert_eq!(visit.page.requests().len(), 2, "the end has left");
    visit.page.is_unharmed().await;
}

#[wasm_bindgen_test]
async fn statistics_that_cannot_be_read_are_the_callers_to_catch() {
    let visit = Visit::open(json!({}));
    visit.page.fail();
    assert!(JsFuture::from(visit.stats(30, true)).await.is_err());
    visit.page.is_unharmed().await;
}

#[wasm_bindgen_test]
async fn a_host_that_throws_when_told_does_not_stop_the_tracker() {
    let page = open_page();
    page.throw_when_told();
    let visit = Visit::open_in(page, json!({}));
    visit.start().await;
    visit.log("click", json!(1));
    visit.page.until("the event is delivered", || visit.ledger()["delivered"] == 1).await;
    visit.page.is_unharmed().await;
}
