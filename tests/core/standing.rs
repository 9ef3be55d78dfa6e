//! Tokens that are refused, and sessions that the backend does not know, does not want, or names otherwise.

use crate::page::{NOON, Page, Storage, events};
use serde_json::json;
use session_tracker::session::{EndReason, State};
use session_tracker::tracker::{Credential, Input, Notice};

const UNKNOWN: &str = r#"{"type":"urn:session-tracker:problem:session-not-found"}"#;

#[test]
fn a_refused_bearer_is_asked_for_anew_once() {
    let mut page = Page::open();
    page.start();
    page.answer(401, r#"{"type":"x:token-expired"}"#);
    assert_eq!(page.awaited().credential, Credential::FreshBearer);
    page.answer(401, r#"{"type":"x:token-expired"}"#);
    assert!(page.sent.is_empty(), "after that it waits");
    page.seconds(1);
    assert_eq!(page.awaited().credential, Credential::FreshBearer);
    page.accept();
    assert!(matches!(page.state(), State::Live(..)));
}

#[test]
fn a_refused_write_token_is_renewed_by_a_start_with_the_same_id() {
    let mut page = Page::live();
    let id = page.session();
    page.log("one");
    page.put(Input::Flush);
    page.answer(401, r#"{"type":"x:token-invalid"}"#);
    assert_eq!(page.awaited().route.path(), "/start");
    assert_eq!(page.body()["sessionId"], id.as_str());
    page.answer(200, &format!(r#"{{"sessionId":"{id}","token":"renewed","profile":"full"}}"#));
    assert_eq!(page.body()["token"], "renewed");
    assert_eq!(events(&page.body()), ["one"]);
    assert_eq!(page.notices.iter().filter(|notice| **notice == Notice::Started).count(), 1, "it had started already");
}

#[test]
fn the_answer_to_another_sessions_start_is_not_this_ones() {
    let mut page = Page::open();
    page.start();
    page.log("of the first");
    page.lose();
    page.end(EndReason::Manual);
    page.start();
    let second = page.session();
    page.seconds(1);
    assert_ne!(page.body()["sessionId"], second.as_str());
    page.accept_start();
    assert!(matches!(page.state(), State::Starting(_)), "{:?}", page.state());
    assert!(!page.notices.contains(&Notice::Started));
}

#[test]
fn a_session_the_backend_does_not_know_is_started_once_more() {
    let mut page = Page::live();
    page.log("one");
    page.put(Input::Flush);
    page.answer(404, UNKNOWN);
    assert_eq!(page.awaited().route.path(), "/start");
    page.accept();
    assert_eq!(events(&page.body()), ["one"]);
    page.log("two");
    page.answer(404, UNKNOWN);
    assert_eq!(page.tracker.ledger().dropped().collect::<Vec<_>>(), [("no_session", 1)]);
    assert_eq!(page.tracker.pending(), (1, 0), "what it has not refused may still be taken");
}

#[test]
fn a_session_that_is_past_and_remains_unknown_is_given_up_as_a_whole() {
    let mut page = Page::live();
    for _ in 0..5 {
        page.tracker.log("large".into(), Some(format!("\"{}\"", "x".repeat(30_000))), page.now).unwrap();
    }
    page.end(EndReason::Logout);
    page.answer(404, UNKNOWN);
    page.start();
    page.accept_start();
    assert!(page.tracker.pending().0 > 0, "there is more of it than fits into one request");
    page.answer(404, UNKNOWN);
    assert_eq!(page.tracker.ledger().dropped().collect::<Vec<_>>(), [("no_session", 5)]);
    assert_eq!((page.awaited().route.path(), page.body()["sessionId"].as_str()), ("/start", Some(&*page.session())));
}

#[test]
fn a_token_that_is_refused_for_somebody_who_is_not_here_costs_their_events_only_after_a_start_was_refused_too() {
    let mut theirs = Page::open_with(json!({ "userId": "ada" }), Storage::default(), NOON);
    theirs.start();
    theirs.accept_start();
    theirs.log("ada's");
    theirs.beacon_quota = 0;
    theirs.leave();
    let mut page = theirs.open_another(json!({ "userId": "grace" }));
    page.start();
    assert_eq!(events(&page.body()), ["ada's"]);
    page.answer(401, r#"{"type":"x:token-invalid"}"#);
    let said = page.awaited();
    assert_eq!((said.route.path(), said.credential), ("/start", Credential::InBody), "grace's bearer is not ada's");
    assert_eq!(page.body()["sessionId"], theirs.session());
    page.answer(401, r#"{"type":"x:token-invalid"}"#);
    assert_eq!(page.tracker.ledger().dropped().collect::<Vec<_>>(), [("no_session", 1)]);
    assert_eq!(page.body()["sessionId"], page.session());
}

#[test]
fn a_start_that_is_refused_for_good_makes_the_tracker_inert() {
    let mut page = Page::open();
    page.log("held");
    page.start();
    page.answer(403, r#"{"type":"urn:x:forbidden","detail":"not you"}"#);
    assert_eq!(page.state(), State::Inert("refused"));
    assert_eq!(page.tracker.ledger().dropped().collect::<Vec<_>>(), [("no_session", 1)]);
    page.seconds(3_600);
    assert!(page.sent.is_empty());
}

#[test]
fn a_section_that_was_pending_when_the_start_was_refused_is_no_event() {
    let mut page = Page::open();
    page.start();
    page.go_to("docs");
    page.answer(403, r#"{"type":"urn:x:forbidden"}"#);
    page.put(Input::Visible(false));
    page.leave();
    assert!(page.beacons.is_empty() && page.sent.is_empty());
    assert_eq!(page.tracker.ledger().accepted(), 0);
}

#[test]
fn a_backend_may_choose_another_id() {
    let mut page = Page::open();
    page.start();
    let other = "019ca945-0a00-7000-8000-00000000ffff";
    page.answer(200, &format!(r#"{{"sessionId":"{other}","token":"t","profile":"full"}}"#));
    assert_eq!(page.session(), other);
    page.log("one");
    page.put(Input::Flush);
    assert_eq!(page.body()["sessionId"], other);
}

#[test]
fn the_servers_times_hold_unless_the_host_insists() {
    let mut page = Page::open();
    start_with_a_beat_of_ten_seconds(&mut page);
    page.seconds(10);
    assert_eq!(page.awaited().route.path(), "/heartbeat");
    let options = json!({ "heartbeatSeconds": 20 });
    let mut insisting = Page::open_with(options, Storage::default(), NOON);
    start_with_a_beat_of_ten_seconds(&mut insisting);
    insisting.seconds(10);
    assert!(insisting.sent.is_empty());
}

fn start_with_a_beat_of_ten_seconds(page: &mut Page) {
    page.start();
    let id = page.session();
    page.answer(
        201,
        &format!(r#"{{"sessionId":"{id}","token":"t","profile":"full","config":{{"heartbeatSeconds":10}}}}"#),
    );
}
