//! Starting and ending.

use crate::page::{NOON, Page, Storage, events};
use serde_json::json;
use session_tracker::presence::Person;
use session_tracker::session::{EndReason, State};
use session_tracker::time::Millis;
use session_tracker::tracker::{Credential, Notice};

#[test]
fn nothing_is_sent_before_the_start() {
    let mut page = Page::open();
    page.seconds(600);
    assert!(page.sent.is_empty());
    assert_eq!(page.state(), State::Idle);
}

#[test]
fn a_start_says_who_and_where_and_is_sent_once() {
    let mut page = Page::open_with(json!({ "userId": "ada", "section": "docs" }), Storage::default(), NOON);
    page.start();
    page.start();
    assert_eq!(page.awaited().route.path(), "/start");
    assert_eq!(page.awaited().credential, Credential::Bearer);
    let body = page.body();
    assert_eq!(body["userId"], "ada");
    assert_eq!(body["section"], "docs");
    assert_eq!(body["epoch"], 1);
    assert_eq!(body["startedAt"], "2026-03-01T12:00:00.000Z");
    assert_eq!(body["deviceInfo"]["os"], "Linux");
    assert!(body.get("lastSeq").is_none(), "no event has a number yet");
    page.accept();
    assert!(matches!(page.state(), State::Live(_, Person::Active)));
    assert_eq!(page.notices, [Notice::Started, Notice::Settled]);
}

#[test]
fn events_logged_before_the_start_succeeds_are_held_and_sent_after_it() {
    let mut page = Page::open();
    page.log("early");
    page.seconds(60);
    assert!(page.sent.is_empty());
    page.start();
    page.log("while starting");
    assert_eq!(page.paths(), ["/start"]);
    page.accept();
    assert_eq!(page.awaited().route.path(), "/batch");
    assert_eq!(events(&page.body()), ["early", "while starting"]);
    assert_eq!(page.body()["events"][0]["seq"], 1);
    assert_eq!(page.body()["lastSeq"], 2);
}

#[test]
fn an_end_takes_what_waits_along_and_is_told_once() {
    let mut page = Page::live();
    page.log("last");
    page.end(EndReason::Logout);
    assert_eq!(page.awaited().route.path(), "/batch");
    assert_eq!(page.body()["end"]["reason"], "logout");
    assert_eq!(events(&page.body()), ["last"]);
    assert!(matches!(page.state(), State::Ended(Some(_), EndReason::Logout)));
    page.accept();
    page.end(EndReason::Manual);
    assert!(page.sent.is_empty());
    assert!(page.notices.contains(&Notice::Ended(EndReason::Logout)));
    assert_eq!(page.notices.last(), Some(&Notice::Settled));
    page.seconds(3_600);
    assert!(page.sent.is_empty(), "no heartbeat after an end");
}

#[test]
fn an_end_with_nothing_queued_is_a_request_of_its_own() {
    let mut page = Page::live();
    page.end(EndReason::Manual);
    assert_eq!(page.awaited().route.path(), "/end");
    assert_eq!(page.body()["reason"], "manual");
    assert_eq!(page.body()["endedAt"], "2026-03-01T12:00:00.000Z");
}

#[test]
fn an_end_during_the_start_waits_for_the_start() {
    let mut page = Page::open();
    page.start();
    page.log("only");
    page.end(EndReason::Manual);
    assert_eq!(page.paths(), ["/start"]);
    page.accept();
    assert_eq!(page.body()["end"]["reason"], "manual");
    assert_eq!(events(&page.body()), ["only"]);
}

#[test]
fn a_start_after_an_end_is_another_session() {
    let mut page = Page::live();
    let first = page.session();
    page.end(EndReason::Manual);
    page.accept();
    page.start();
    assert_ne!(page.session(), first);
    assert_eq!(page.body()["epoch"], 1);
}

#[test]
fn what_an_ended_session_owes_is_sent_before_the_next_one_starts() {
    let mut page = Page::live();
    let first = page.session();
    page.log("last of the first");
    page.end(EndReason::Manual);
    page.lose();
    page.start();
    page.log("first of the second");
    page.seconds(1);
    assert_eq!(page.body()["sessionId"], first.as_str());
    assert_eq!(events(&page.body()), ["last of the first"]);
    page.accept();
    assert_eq!(page.awaited().route.path(), "/start");
    assert_ne!(page.body()["sessionId"], first.as_str());
}

#[test]
fn a_session_lasts_a_day_at_most_by_comparison_with_the_clock() {
    let mut page = Page::live();
    let first = page.session();
    page.sleep(Millis::from_seconds(86_400));
    page.log("the next day");
    assert_ne!(page.session(), first);
    assert!(page.notices.contains(&Notice::Ended(EndReason::Timeout)));
    assert_eq!(page.awaited().route.path(), "/start");
    assert_eq!(page.body()["previousId"], first.as_str());
    page.accept();
    assert_eq!(events(&page.body()), ["the next day"]);
}
