//! Sessions that are over at the backend or here: what still belongs to them, what follows them, and what is not asked for ever.

use crate::page::{Page, events};
use session_tracker::limits::PAST_SESSIONS;
use session_tracker::session::{EndReason, State};
use session_tracker::tracker::{Input, Notice};

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

#[test]
fn nor_is_it_asked_for_each_event_of_an_ended_session_that_it_does_not_know() {
    let mut page = Page::live_core();
    for n in 0..5 {
        page.log(&n.to_string());
    }
    page.end(EndReason::Logout);
    let unknown = r#"{"type":"urn:session-tracker:problem:session-not-found"}"#;
    page.answer(404, unknown);
    page.answer(200, &format!(r#"{{"sessionId":"{}"}}"#, page.session()));
    page.answer(404, unknown);
    assert_eq!(page.tracker.ledger().dropped().collect::<Vec<_>>(), [("no_session", 5)]);
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
