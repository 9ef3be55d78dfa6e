//! Who takes over what a tab left, when, and when nothing is left of that tab.

use crate::offline::{bodies, carrying, leave_refused, next_page, offline};
use crate::page::{NOON, Page, events};
use serde_json::json;
use session_tracker::session::EndReason;
use session_tracker::time::Millis;
use session_tracker::tracker::Input;

const NIGHT: Millis = Millis::from_seconds(9 * 3_600);

#[test]
fn a_crashed_tabs_events_are_sent_when_it_has_been_silent_for_two_minutes() {
    let page = offline(1);
    let (session, storage) = (page.session(), page.storage.clone());
    page.crash();
    let mut next = Page::open_with(json!({}), storage, NOON + 1_000);
    next.start();
    next.accept_all();
    next.seconds(118);
    next.accept_all();
    assert_eq!(next.tracker.ledger().delivered(), 0, "it may only be slow");
    next.seconds(31);
    next.accept_all();
    assert_eq!(next.tracker.ledger().delivered(), 1);
    assert_eq!(next.session(), session);
}

#[test]
fn of_two_pages_that_open_only_one_sends_what_was_left() {
    let mut page = offline(2);
    leave_refused(&mut page);
    let mut first = next_page(&page, 1);
    let mut second = next_page(&page, 1);
    first.accept_all();
    second.accept_all();
    first.seconds(31);
    second.seconds(31);
    first.accept_all();
    second.accept_all();
    assert_eq!((first.tracker.ledger().delivered(), second.tracker.ledger().delivered()), (2, 0));
}

#[test]
fn what_was_taken_over_is_not_taken_over_again_while_it_waits() {
    let mut page = offline(2);
    leave_refused(&mut page);
    let mut next = next_page(&page, 1);
    next.accept();
    next.lose();
    next.look_around();
    next.seconds(300);
    next.accept_all();
    next.seconds(60);
    next.accept_all();
    assert_eq!((next.tracker.ledger().accepted(), next.tracker.ledger().delivered()), (2, 2));
}

#[test]
fn what_an_adopter_could_not_send_either_is_the_next_ones() {
    let mut page = offline(2);
    leave_refused(&mut page);
    let mut adopter = next_page(&page, 1);
    leave_refused(&mut adopter);
    let mut next = next_page(&adopter, 1);
    let bodies = bodies(&mut next);
    assert_eq!(carrying(&bodies).iter().flat_map(|body| events(body)).collect::<Vec<_>>(), ["event 0", "event 1"]);
    assert_eq!(page.storage.names("tab:").len(), 1, "only the living one's record is left");
    assert!(page.storage.names("out:").is_empty());
}

/// Time passes in a page whose backend takes everything.
fn run(page: &mut Page, seconds: u64) {
    for _ in 0..seconds / 10 {
        page.accept_all();
        page.seconds(10);
    }
    page.accept_all();
}

#[test]
fn a_slow_tab_that_stores_more_while_its_business_is_taken_over_loses_nothing() {
    let mut slow = offline(1);
    let mut next = next_page(&slow, 1);
    run(&mut next, 150);
    assert_eq!(next.tracker.ledger().delivered(), 1);
    // Its record, which would say that it lives, waits for a timer.
    slow.log("one more");
    slow.crash();
    run(&mut next, 60);
    assert_eq!(next.tracker.ledger().delivered(), 2);
}

#[test]
fn a_slow_tab_that_is_heard_again_keeps_its_record() {
    let mut slow = Page::live();
    let (mut next, place) = (slow.another(), slow.storage.names("tab:").remove(0));
    run(&mut next, 150);
    slow.now = next.now;
    slow.put(Input::Visible(false));
    assert!(next.storage.records().iter().any(|record| !record.claims.is_empty()), "it was thought to be gone");
    for _ in 0..4 {
        run(&mut next, 30);
        run(&mut slow, 30);
        assert!(next.storage.names("tab:").contains(&place));
    }
    assert!(next.storage.records().iter().all(|record| record.claims.is_empty()), "and nobody claims it");
}

#[test]
fn a_page_that_slept_asks_who_lives_before_it_clears_up() {
    let mut slow = Page::live();
    let mut next = slow.another();
    run(&mut next, 150);
    // Both sleep through a night, and the one that was thought to be gone is the first to wake, in a session that its record did not tell of.
    next.now.mono = next.now.mono.after(NIGHT);
    next.now.wall = next.now.wall.after(NIGHT);
    slow.now = next.now;
    slow.put(Input::Wake);
    slow.log("one more");
    assert_eq!(slow.storage.names("out:").len(), 1);
    next.put(Input::Wake);
    assert_eq!(next.storage.names("out:").len(), 1);
}

#[test]
fn a_page_that_slept_leaves_those_who_wake_with_it_the_time_to_say_so() {
    let slow = Page::live();
    let place = slow.storage.names("tab:").remove(0);
    // The clock was set, so that a tab which has just spoken seems to be gone.
    let mut next = next_page(&slow, 200);
    next.accept_all();
    assert!(next.storage.records().iter().any(|record| !record.claims.is_empty()), "it is thought to be gone");
    next.seconds(60);
    next.accept_all();
    assert!(next.storage.names("tab:").contains(&place), "what it says as it wakes, nobody sees at the same moment");
    next.seconds(30);
    assert!(!next.storage.names("tab:").contains(&place));
}

#[test]
fn a_tab_that_crashed_leaves_no_record_behind_however_many_tabs_live() {
    let page = offline(1);
    let mut others = [page.another(), page.another()];
    page.crash();
    for _ in 0..10 {
        others.iter_mut().for_each(|other| run(other, 30));
    }
    assert_eq!(others[0].storage.names("tab:").len(), 2);
    assert!(others[0].storage.names("out:").is_empty());
}

#[test]
fn a_page_that_tidies_up_behind_another_writes_its_own_record_at_once() {
    let mut page = Page::live();
    page.leave();
    let next = next_page(&page, 1);
    let records = next.storage.records();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].current().map(|session| session.epoch), Some(2), "the start is not answered yet");
}

#[test]
fn an_end_that_was_taken_over_is_not_lost_with_whoever_took_it_over() {
    let mut page = Page::live();
    let session = page.session();
    page.end(EndReason::Logout);
    page.lose();
    leave_refused(&mut page);
    let mut adopter = next_page(&page, 10);
    adopter.lose();
    adopter.crash();
    let mut next = next_page(&page, 200);
    let bodies = bodies(&mut next);
    let end = bodies.iter().find(|body| body["sessionId"] == json!(session)).expect("something of the first session");
    assert_eq!(end["reason"], "logout");
}

#[test]
fn what_a_page_found_of_its_own_when_it_was_back_is_not_lost_with_it() {
    let mut page = offline(2);
    leave_refused(&mut page);
    page.sleep(Millis(60_000));
    page.come_back();
    let storage = page.storage.clone();
    let at = page.now.wall.0;
    page.crash();
    let mut next = Page::open_with(json!({}), storage, at + 200_000);
    next.start();
    next.accept_all();
    assert_eq!(next.tracker.ledger().delivered(), 2);
}

#[test]
fn a_tab_whose_session_has_ended_still_sends_what_another_one_left() {
    let mut page = Page::live();
    let mut other = page.another();
    other.log("click");
    page.end(EndReason::Logout);
    page.accept_all();
    leave_refused(&mut other);
    page.seconds(31);
    assert_eq!(events(&page.body()), ["click"]);
}

#[test]
fn of_all_that_hear_of_a_tabs_leaving_the_one_that_leads_takes_over() {
    let mut leader = Page::live();
    let (mut second, mut leaving) = (leader.another(), leader.another());
    leaving.log("click");
    leave_refused(&mut leaving);
    second.look_around();
    assert!(second.sent.is_empty());
    leader.look_around();
    assert_eq!(events(&leader.body()), ["click"]);
}

#[test]
fn a_tab_that_leaves_while_anothers_business_waits_is_taken_over_too() {
    let mut leader = Page::live();
    let mut leaving = [leader.another(), leader.another()];
    for (n, page) in leaving.iter_mut().enumerate() {
        page.log(&format!("event {n}"));
        leave_refused(page);
        leader.look_around();
        leader.lose_all();
    }
    leader.seconds(5);
    leader.accept_all();
    assert_eq!(leader.tracker.ledger().delivered(), 2);
}

#[test]
fn what_is_settled_by_the_answer_that_ends_the_session_is_not_taken_over_again() {
    let mut page = offline(1);
    let over = page.session();
    leave_refused(&mut page);
    let mut next = next_page(&page, 1);
    assert_eq!(events(&next.body()), ["event 0"]);
    next.answer(200, r#"{"accepted":[0],"status":"ended","endReason":"timeout"}"#);
    assert_ne!(next.session(), over);
    for body in bodies(&mut next) {
        assert_ne!(body["sessionId"], over, "its goodbye would be another end: {body}");
    }
}
