//! What the network and the backend do wrong.

use crate::page::{NOON, Page, events};
use serde_json::json;
use session_tracker::session::{EndReason, State};
use session_tracker::time::Millis;
use session_tracker::tracker::{Credential, Input, Notice};

#[test]
fn a_start_that_fails_is_retried_with_the_same_id() {
    let mut page = Page::open();
    page.start();
    let id = page.session();
    page.lose();
    assert!(page.sent.is_empty());
    assert_eq!(page.notices, [Notice::Unreachable, Notice::Settled]);
    page.seconds(1);
    assert_eq!(page.body()["sessionId"], id.as_str());
    page.accept();
    assert!(matches!(page.state(), State::Live(..)));
}

#[test]
fn retries_wait_longer_up_to_a_minute_and_never_come_in_pairs() {
    let mut page = Page::live();
    page.log("one");
    page.put(Input::Flush);
    for failures in 0..12_u32 {
        page.answer(503, "<html>");
        let ceiling = Millis(1_000 << failures.min(6)).at_most(Millis(60_000));
        let failed_at = page.now.mono;
        while page.sent.is_empty() {
            page.pass(Millis(100));
        }
        let waited = page.now.mono.since(failed_at);
        assert!(waited.0 <= ceiling.0 + 100, "{waited:?} after {failures} failures");
    }
    page.accept_all();
    assert_eq!(page.tracker.ledger().delivered(), 1);
}

#[test]
fn retry_after_is_honoured_to_the_second() {
    let mut page = Page::live();
    page.log("one");
    page.put(Input::Flush);
    page.answer_after(429, r#"{"type":"x:rate-limited"}"#, Some(Millis(3_000)));
    page.pass(Millis(2_999));
    page.log("two");
    page.put(Input::Flush);
    assert!(page.sent.is_empty());
    page.pass(Millis(1_001));
    assert_eq!(events(&page.body()), ["one", "two"]);
}

#[test]
fn a_network_that_comes_back_is_tried_at_once() {
    let mut page = Page::live();
    page.log("one");
    page.put(Input::Flush);
    for _ in 0..7 {
        page.lose();
        page.put(Input::Online);
    }
    assert_eq!(page.sent.len(), 1);
}

#[test]
fn a_time_that_the_backend_asked_for_is_waited_for_whatever_else_happens() {
    let mut page = Page::live();
    page.log("one");
    page.put(Input::Flush);
    page.answer_after(429, r#"{"type":"x:rate-limited"}"#, Some(Millis(300_000)));
    page.put(Input::Online);
    assert!(page.sent.is_empty(), "the network was never the trouble");
    page.put(Input::Leaving);
    page.come_back();
    page.seconds(299);
    assert!(page.sent.is_empty(), "the page is back, the backend is not");
    page.seconds(2);
    assert_eq!(events(&page.body()), ["one"]);
}

#[test]
fn what_is_not_the_apis_json_acknowledges_nothing() {
    for (status, body) in [
        (200, "<html>Sign in to WiFi</html>"),
        (200, "[]"),
        (200, "{}"),
        (204, ""),
        (404, "<h1>404</h1>"),
        (502, ""),
        (302, ""),
    ] {
        let mut page = Page::live();
        page.log("one");
        page.put(Input::Flush);
        page.answer(status, body);
        assert_eq!(page.tracker.ledger().delivered(), 0, "{status} {body}");
        page.seconds(1);
        page.accept_all();
        assert_eq!(page.tracker.ledger().delivered(), 1, "{status} {body}");
    }
}

#[test]
fn a_request_without_an_answer_is_given_up_after_thirty_seconds() {
    let mut page = Page::live();
    page.log("one");
    page.put(Input::Flush);
    let first = page.awaited().id;
    page.pass(Millis(29_999));
    assert!(page.cancelled.is_empty());
    page.seconds(2);
    assert_eq!(page.cancelled, [first]);
    assert_eq!(events(&page.body()), ["one"]);
}

#[test]
fn an_answer_after_it_was_given_up_changes_nothing() {
    let mut page = Page::live();
    page.log("one");
    page.put(Input::Flush);
    let late = page.awaited().id;
    page.seconds(32);
    page.put(Input::Answered(late, session_tracker::wire::Verdict::Taken(Default::default())));
    assert_eq!(page.tracker.ledger().delivered(), 0);
    page.accept_all();
    assert_eq!(page.tracker.ledger().delivered(), 1);
}

#[test]
fn a_backend_that_will_never_take_an_event_is_not_asked_again() {
    let mut page = Page::live();
    page.log("bad");
    page.put(Input::Flush);
    page.answer(422, r#"{"type":"urn:x:invalid-request","detail":"No such thing.","instance":"r-17"}"#);
    page.seconds(20);
    assert!(page.sent.is_empty());
    assert!(page.notices.contains(&Notice::Refused("No such thing. urn:x:invalid-request in request r-17".into())));
    assert_eq!(page.tracker.ledger().dropped().collect::<Vec<_>>(), [("rejected", 1)]);
}

#[test]
fn a_backend_that_knows_no_problems_is_understood_all_the_same() {
    let mut page = Page::live();
    page.log("bad");
    page.put(Input::Flush);
    page.answer(400, r#"{"error":"bad session"}"#);
    assert!(page.notices.contains(&Notice::Refused("bad session".into())));
}

#[test]
fn a_problem_is_known_by_the_last_part_of_its_type() {
    for (kind, is_ours) in [
        ("session-not-found", true),
        ("urn:x:session-not-found", true),
        ("https://a.example/problems/session-not-found", true),
        ("https://a.example/no-session-not-found", false),
    ] {
        let mut page = Page::live();
        page.log("one");
        page.put(Input::Flush);
        page.answer(404, &format!(r#"{{"type":"{kind}"}}"#));
        let starts_again = page.paths() == ["/start"];
        assert_eq!(starts_again, is_ours, "{kind}");
    }
}

#[test]
fn too_large_a_batch_is_halved_down_to_the_event_that_is_to_blame() {
    let mut page = Page::live();
    for n in 0..4 {
        page.log(&n.to_string());
    }
    page.put(Input::Flush);
    page.answer(413, "<html>nginx</html>");
    assert_eq!(events(&page.body()), ["0", "1"]);
    page.answer(413, "");
    assert_eq!(events(&page.body()), ["0"]);
    page.answer(413, "");
    assert_eq!(page.tracker.ledger().dropped().collect::<Vec<_>>(), [("too_large", 1)]);
    page.accept_all();
    assert_eq!(page.tracker.ledger().delivered(), 3);
}

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
}

#[test]
fn a_session_the_backend_does_not_know_is_started_once_more() {
    let mut page = Page::live();
    page.log("one");
    page.put(Input::Flush);
    let unknown = r#"{"type":"urn:session-tracker:problem:session-not-found"}"#;
    page.answer(404, unknown);
    assert_eq!(page.awaited().route.path(), "/start");
    page.accept();
    assert_eq!(events(&page.body()), ["one"]);
    page.answer(404, unknown);
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
    page.put(Input::Leaving);
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
    page.start();
    let id = page.session();
    page.answer(
        201,
        &format!(r#"{{"sessionId":"{id}","token":"t","profile":"full","config":{{"heartbeatSeconds":10}}}}"#),
    );
    page.seconds(10);
    assert_eq!(page.awaited().route.path(), "/heartbeat");
    let options = json!({ "heartbeatSeconds": 20 });
    let mut insisting = Page::open_with(options, None, NOON);
    insisting.start();
    let id = insisting.session();
    insisting.answer(
        201,
        &format!(r#"{{"sessionId":"{id}","token":"t","profile":"full","config":{{"heartbeatSeconds":10}}}}"#),
    );
    insisting.seconds(10);
    assert!(insisting.sent.is_empty());
}
