//! What the network does wrong, and a backend that will not take a request.

use crate::page::{Page, events};
use serde_json::json;
use session_tracker::session::State;
use session_tracker::time::Millis;
use session_tracker::tracker::{Input, Notice};

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
    page.leave();
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
        (200, r#"{"accepted":[],"duplicates":[],"rejected":[]}"#),
        (204, ""),
        (404, "<h1>404</h1>"),
        (502, ""),
        (302, ""),
    ] {
        let mut page = Page::live();
        page.log("one");
        page.put(Input::Flush);
        page.answer(status, body);
        assert_eq!((page.tracker.ledger().delivered(), page.sent.len()), (0, 0), "{status} {body}");
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
    let heartbeat = page.body();
    assert!(heartbeat.get("events").is_none());
    assert_eq!(
        heartbeat["dropped"],
        json!([{ "reason": "rejected", "count": 1, "seq": [[1, 1]] }]),
        "it is told at once"
    );
    page.accept();
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
fn a_page_knows_whether_the_backend_answers() {
    let mut page = Page::live();
    assert!(!page.tracker.is_down());
    page.log("click");
    page.put(Input::Flush);
    page.lose();
    assert!(page.tracker.is_down());
    page.seconds(5);
    page.accept_all();
    assert!(!page.tracker.is_down());
}

#[test]
fn a_heartbeat_that_was_lost_is_sent_again_and_what_waits_for_company_still_does() {
    let mut page = Page::live();
    page.seconds(30);
    page.log("click");
    page.lose();
    page.seconds(1);
    assert_eq!(page.awaited().route.path(), "/heartbeat");
}

#[test]
fn events_that_were_lost_are_sent_again_and_say_nothing_of_the_person_that_they_did_not() {
    let mut page = Page::live();
    page.log("click");
    page.put(Input::Flush);
    page.lose();
    page.seconds(1);
    assert_eq!((events(&page.body()), page.body().get("heartbeat")), (vec!["click".into()], None));
}

#[test]
fn a_backend_of_the_core_profile_is_told_of_no_losses() {
    let mut page = Page::live_core();
    page.log("bad");
    page.put(Input::Flush);
    page.answer(422, r#"{"type":"urn:x:invalid-request"}"#);
    assert!(page.sent.is_empty(), "it has no word for them: {:?}", page.paths());
}
