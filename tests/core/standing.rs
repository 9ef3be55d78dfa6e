//! Tokens that are refused, and sessions that the backend does not know, has ended, or names otherwise.

use crate::page::{NOON, Page, Storage, events};
use serde_json::json;
use session_tracker::limits::PAST_SESSIONS;
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
fn an_end_that_another_tab_wished_for_is_not_followed_by_what_the_backend_says_of_it() {
    let mut page = Page::live();
    let mut other = page.another();
    other.log("just before");
    page.end(EndReason::Logout);
    page.accept_all();
    other.look_around();
    other.answer(200, r#"{"accepted":[0],"status":"ended","endReason":"timeout"}"#);
    assert!(matches!(other.state(), State::Ended(_, EndReason::Logout)), "{:?}", other.state());
    assert_eq!(other.notices.iter().filter(|notice| matches!(notice, Notice::Ended(_))).count(), 1);
}

#[test]
fn eight_sessions_that_are_over_wait_for_a_backend_and_the_oldest_gives_way_to_a_ninth() {
    let mut page = Page::open();
    for _ in 0..PAST_SESSIONS {
        page.start();
        page.log("click");
        page.end(EndReason::Manual);
    }
    page.start();
    assert_eq!(page.tracker.ledger().dropped().count(), 0);
    page.end(EndReason::Manual);
    page.start();
    assert_eq!(page.tracker.ledger().dropped().collect::<Vec<_>>(), [("no_session", 1)]);
}

#[test]
fn a_session_that_timed_out_is_followed_by_another_and_keeps_its_events() {
    let mut page = Page::live();
    let first = page.session();
    page.log("of the first");
    page.put(Input::Visible(false));
    assert_eq!(page.body()["heartbeat"]["activity"], "hidden");
    page.answer(410, r#"{"type":"urn:x:session-ended"}"#);
    let second = page.session();
    assert_ne!(second, first);
    assert!(page.notices.contains(&Notice::Ended(EndReason::Timeout)));
    assert_eq!(page.body()["sessionId"], first.as_str(), "what belonged to the first is sent to the first");
    assert!(page.body().get("heartbeat").is_none());
    page.accept();
    assert_eq!(page.awaited().route.path(), "/start");
    assert_eq!(page.body()["previousId"], first.as_str());
    page.accept();
    assert!(matches!(page.state(), State::Live(..)));
    assert_eq!(page.tracker.ledger().delivered(), 1);
}

#[test]
fn a_backend_that_takes_nothing_of_an_ended_session_is_not_asked_for_ever() {
    let mut page = Page::live_core();
    page.go_to("docs");
    page.seconds(6);
    let over = r#"{"type":"urn:x:session-ended"}"#;
    page.answer(410, over);
    assert_eq!(
        page.awaited().route.path(),
        "/update",
        "the change belongs to the old session, which may still take it"
    );
    page.answer(410, over);
    assert_eq!(page.tracker.ledger().dropped().collect::<Vec<_>>(), [("no_session", 1)]);
    assert_eq!(page.awaited().route.path(), "/start");
}

#[test]
fn nor_is_it_when_the_application_had_ended_the_session() {
    let mut page = Page::live_core();
    page.go_to("docs");
    page.end(EndReason::Logout);
    page.answer(410, r#"{"type":"urn:x:session-ended"}"#);
    assert_eq!(page.tracker.ledger().dropped().collect::<Vec<_>>(), [("no_session", 1)]);
    page.answer(200, "{}");
    assert!(page.sent.is_empty());
}

/// The backend ended the session and believes its token no longer, while an event of it waits.
fn over_with_a_void_token() -> (Page, String) {
    let mut page = Page::live();
    let id = page.session();
    page.log("one");
    page.put(Input::Flush);
    page.answer(401, r#"{"type":"x:token-invalid"}"#);
    page.answer(410, r#"{"type":"x:session-ended"}"#);
    assert_eq!(page.awaited().route.path(), "/start", "a new token comes from a start");
    assert_eq!(page.body()["sessionId"], id.as_str());
    assert_eq!(page.body()["end"]["reason"], "timeout", "which is answered if it says the end too");
    (page, id)
}

#[test]
fn a_token_is_renewed_for_the_events_of_a_session_that_is_over() {
    let (mut page, id) = over_with_a_void_token();
    page.answer(200, &format!(r#"{{"sessionId":"{id}","token":"renewed","profile":"full","status":"ended"}}"#));
    assert_eq!(page.body()["token"], "renewed");
    assert_eq!(events(&page.body()), ["one"]);
    page.accept_all();
    assert_eq!(page.tracker.ledger().delivered(), 1);
    assert!(matches!(page.state(), State::Live(..)));
}

#[test]
fn a_session_that_was_over_before_its_start_was_answered_still_takes_its_events() {
    let mut page = Page::open();
    page.start();
    let id = page.session();
    page.log("one");
    page.lose();
    page.seconds(1);
    page.answer(410, r#"{"type":"x:session-ended"}"#);
    assert_eq!(page.body()["end"]["reason"], "timeout");
    page.answer(200, &format!(r#"{{"sessionId":"{id}","token":"t","profile":"full","status":"ended"}}"#));
    assert_eq!(page.body()["sessionId"], id.as_str());
    assert_eq!(events(&page.body()), ["one"]);
}

#[test]
fn a_backend_that_renews_no_token_of_an_ended_session_is_not_asked_for_ever() {
    let (mut page, id) = over_with_a_void_token();
    page.answer(410, r#"{"type":"x:session-ended"}"#);
    assert_eq!(page.tracker.ledger().dropped().collect::<Vec<_>>(), [("no_session", 1)]);
    assert_eq!(page.body()["previousId"], id.as_str(), "the next session begins");
}

#[test]
fn a_session_that_was_replaced_is_not_followed_by_another() {
    let mut page = Page::live();
    page.seconds(30);
    page.answer(410, r#"{"type":"urn:x:session-ended","endReason":"replaced"}"#);
    assert!(matches!(page.state(), State::Ended(_, EndReason::Replaced)));
    page.seconds(3_600);
    assert!(page.sent.is_empty());
}

#[test]
fn a_batch_that_finds_the_session_ended_opens_another() {
    let mut page = Page::live();
    let first = page.session();
    page.log("late");
    page.put(Input::Flush);
    page.answer(200, r#"{"accepted":[0],"status":"ended","endReason":"timeout"}"#);
    assert_eq!(page.tracker.ledger().delivered(), 1);
    assert_eq!(page.body()["previousId"], first.as_str());
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
