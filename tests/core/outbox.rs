//! What is not acknowledged when a page goes is sent by the next one: under its own session, tab and number, and once.

use crate::page::{NOON, Page, Storage, events};
use serde_json::{Value, json};
use session_tracker::ledger::DropReason;
use session_tracker::session::EndReason;
use session_tracker::time::Millis;
use session_tracker::tracker::Input;

/// A page whose backend is down, with so many events.
fn offline(count: usize) -> Page {
    let mut page = Page::live();
    for n in 0..count {
        page.log(&format!("event {n}"));
    }
    page
}

fn leave_refused(page: &mut Page) {
    page.beacon_quota = 0;
    page.leave();
}

fn next_page(page: &Page, seconds: u64) -> Page {
    let mut next = Page::open_with(json!({}), page.storage.clone(), page.now.wall.0 + seconds * 1_000);
    next.start();
    next
}

/// Every body the page sends while the backend takes all of it.
fn bodies(page: &mut Page) -> Vec<Value> {
    let mut bodies = Vec::new();
    page.put(Input::Flush);
    while !page.sent.is_empty() {
        bodies.push(page.body());
        page.accept();
    }
    bodies
}

fn carrying(bodies: &[Value]) -> Vec<&Value> {
    bodies.iter().filter(|body| body["events"].is_array()).collect()
}

#[test]
fn an_event_is_stored_until_it_is_acknowledged() {
    let mut page = offline(2);
    assert_eq!(page.storage.names("out:").len(), 2);
    page.seconds(5);
    assert_eq!(page.storage.names("out:").len(), 2, "what travels may never arrive");
    page.answer(200, r#"{"accepted":[0],"duplicates":[],"rejected":[]}"#);
    assert_eq!(page.storage.names("out:").len(), 1);
    page.seconds(5);
    page.answer(200, r#"{"accepted":[],"duplicates":[],"rejected":[{"index":0}]}"#);
    assert!(page.storage.names("out:").is_empty());
}

#[test]
fn nothing_is_stored_before_the_start() {
    let mut page = Page::open();
    page.log("held");
    page.go_to("docs");
    page.seconds(60);
    assert!(page.storage.entries.borrow().is_empty());
    page.start();
    assert_eq!(page.storage.names("out:").len(), 1);
}

#[test]
fn the_next_page_sends_what_the_last_one_could_not() {
    let mut page = offline(3);
    let session = page.session();
    let token = format!("write-{session}");
    leave_refused(&mut page);
    let tab = page.storage.names("tab:").remove(0);
    let mut next = next_page(&page, 1);
    let bodies = bodies(&mut next);
    let [sent] = carrying(&bodies)[..] else { panic!("{bodies:#?}") };
    assert_eq!(events(sent), ["event 0", "event 1", "event 2"]);
    assert_eq!(sent["sessionId"], json!(session));
    assert_eq!(sent["token"], json!(token));
    assert_eq!(format!("tab:{}", sent["tabId"].as_str().unwrap()), tab);
    assert_eq!((&sent["lastSeq"], &sent["events"][0]["seq"]), (&json!(3), &json!(1)));
    assert!(page.storage.names("out:").is_empty());
    assert!(!page.storage.names("tab:").contains(&tab), "nothing of the first page stays behind");
    assert_eq!((next.tracker.ledger().accepted(), next.tracker.ledger().delivered()), (3, 3));
}

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
fn what_two_tabs_left_is_taken_over_by_one_page() {
    let mut first = offline(2);
    let mut second = next_page(&first, 0);
    second.accept_all();
    second.log("event 2");
    leave_refused(&mut first);
    leave_refused(&mut second);
    let mut next = next_page(&second, 1);
    let bodies = bodies(&mut next);
    let mut sent: Vec<_> = carrying(&bodies).into_iter().flat_map(events).collect();
    sent.sort();
    assert_eq!(sent, ["event 0", "event 1", "event 2"]);
    assert!(next.storage.names("out:").is_empty());
    assert_eq!(next.storage.names("tab:").len(), 1, "only the living one's record is left");
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

#[test]
fn what_belongs_to_another_person_goes_under_that_persons_session_and_token() {
    let mut page = Page::open_with(json!({ "userId": "ada" }), Storage::default(), NOON);
    page.start();
    page.accept_start();
    page.log("ada's");
    let (session, storage) = (page.session(), page.storage.clone());
    leave_refused(&mut page);
    let mut next = Page::open_with(json!({ "userId": "grace" }), storage, NOON + 1_000);
    next.start();
    next.log("grace's");
    let bodies = bodies(&mut next);
    let theirs = |name: &str| {
        let of = |body: &&&Value| events(body).iter().any(|event| event == name);
        let bodies = carrying(&bodies);
        (bodies.iter().find(of).unwrap()["sessionId"].clone(), bodies.iter().find(of).unwrap()["token"].clone())
    };
    assert_eq!(theirs("ada's"), (json!(session), json!(format!("write-{session}"))));
    assert_eq!(theirs("grace's").0, json!(next.session()));
}

#[test]
fn a_session_that_was_never_announced_is_announced_by_the_next_page() {
    let mut page = Page::open();
    page.start();
    page.log("offline from the start");
    page.lose();
    let session = page.session();
    leave_refused(&mut page);
    let mut next = next_page(&page, 3_600);
    assert_ne!(next.session(), session, "too late to go on with it");
    let bodies = bodies(&mut next);
    let sent = carrying(&bodies)[0];
    assert_eq!(sent["sessionId"], json!(session));
    assert_eq!(events(sent), ["offline from the start"]);
    let start = bodies.iter().find(|body| body["sessionId"] == json!(session)).unwrap();
    assert_eq!(start["startedAt"], "2026-03-01T12:00:00.000Z");
    assert_eq!(start["replace"], "none", "what is over takes nobody's place");
}

#[test]
fn a_logout_that_nobody_heard_is_said_by_the_next_page() {
    let mut page = Page::live();
    let session = page.session();
    page.end(EndReason::Logout);
    page.lose();
    leave_refused(&mut page);
    let mut next = next_page(&page, 10);
    assert_ne!(next.session(), session);
    let bodies = bodies(&mut next);
    let end = bodies.iter().find(|body| body["sessionId"] == json!(session)).unwrap();
    assert_eq!((&end["reason"], &end["endedAt"]), (&json!("logout"), &json!("2026-03-01T12:00:00.000Z")));
}

#[test]
fn what_storage_had_no_room_for_is_counted_when_its_tab_crashes() {
    let mut page = Page::live();
    let data = format!("\"{}\"", "x".repeat(30_000));
    for _ in 0..10 {
        page.tracker.log("large".into(), Some(data.clone()), page.now).unwrap();
    }
    page.put(Input::Wake);
    let stored: usize = page.storage.entries.borrow().values().map(String::len).sum();
    assert!(stored <= 256 * 1024 + 4_096, "{stored} bytes");
    let storage = page.storage.clone();
    page.crash();
    let mut next = Page::open_with(json!({}), storage, NOON + 200_000);
    next.start();
    next.accept_all();
    let ledger = next.tracker.ledger();
    assert_eq!((ledger.accepted(), ledger.delivered()), (10, 8));
    assert_eq!(ledger.dropped().collect::<Vec<_>>(), [(DropReason::NotStored.name(), 2)]);
}

#[test]
fn the_server_is_told_what_was_lost_with_a_crashed_tab() {
    let mut page = Page::live();
    let data = format!("\"{}\"", "x".repeat(30_000));
    for _ in 0..10 {
        page.tracker.log("large".into(), Some(data.clone()), page.now).unwrap();
    }
    page.put(Input::Wake);
    let mut next = Page::open_with(json!({}), page.storage.clone(), NOON + 200_000);
    next.start();
    let bodies = bodies(&mut next);
    let dropped = &carrying(&bodies)[0]["dropped"];
    assert_eq!(*dropped, json!([{ "reason": "not_stored", "count": 2, "seq": [[9, 10]] }]));
    assert_eq!(carrying(&bodies)[0]["lastSeq"], 10);
}

#[test]
fn what_another_tab_delivered_while_a_page_was_away_is_that_tabs() {
    let mut page = offline(1);
    leave_refused(&mut page);
    let mut next = next_page(&page, 1);
    next.accept_all();
    page.sleep(Millis(5_000));
    page.come_back();
    page.log("event 1");
    assert_eq!(carrying(&bodies(&mut page)).iter().flat_map(|body| events(body)).collect::<Vec<_>>(), ["event 1"]);
    assert_eq!((page.tracker.ledger().accepted(), page.tracker.ledger().delivered()), (1, 1));
    assert!(page.storage.names("out:").is_empty());
    assert_eq!(page.storage.names("tab:").len(), 2);
}

#[test]
fn what_another_tab_is_still_trying_to_send_when_a_page_returns_is_that_tabs() {
    let mut page = offline(1);
    leave_refused(&mut page);
    let mut next = next_page(&page, 1);
    next.lose();
    page.come_back();
    assert_eq!(page.tracker.pending(), (0, 0));
    next.seconds(60);
    next.accept_all();
    assert_eq!(next.tracker.ledger().delivered(), 1);
}

#[test]
fn what_nobody_took_over_while_a_page_was_away_is_still_its_own() {
    let mut page = offline(3);
    leave_refused(&mut page);
    page.sleep(Millis(600_000));
    page.come_back();
    assert_eq!((page.tracker.ledger().accepted(), page.tracker.pending().1), (3, 3));
    assert_eq!(events(&page.body()), ["event 0", "event 1", "event 2"]);
    assert_eq!(page.body()["lastSeq"], 3);
    page.accept_all();
    assert!(page.storage.names("out:").is_empty());
    assert_eq!(page.storage.names("tab:").len(), 1, "its place from before is given up");
}

#[test]
fn a_page_that_returns_keeps_what_storage_never_took() {
    let mut page = Page::live();
    page.storage.is_full.set(true);
    page.log("only here");
    leave_refused(&mut page);
    let mut next = next_page(&page, 1);
    next.accept_all();
    page.come_back();
    assert_eq!(events(&page.body()), ["only here"]);
}

#[test]
fn what_storage_refuses_is_offered_again_when_there_may_be_room() {
    let mut page = Page::live();
    page.storage.is_full.set(true);
    page.log("click");
    page.lose_all();
    assert!(page.storage.names("out:").is_empty());
    page.storage.is_full.set(false);
    page.log("another");
    assert!(page.storage.names("out:").is_empty(), "no task pays for a storage that was full a moment ago");
    page.seconds(1);
    page.lose_all();
    leave_refused(&mut page);
    assert_eq!(page.storage.names("out:").len(), 1, "both in one entry");
    assert!(page.storage.records()[0].sessions[0].losses.is_empty(), "nothing is only in memory");
}

#[test]
fn with_nothing_kept_nothing_is_left_and_nothing_is_taken_up() {
    let mut page = Page::open_with(json!({ "persistence": "none" }), Storage::default(), NOON);
    page.start();
    page.accept_all();
    page.log("click");
    leave_refused(&mut page);
    assert!(page.storage.entries.borrow().is_empty());
}

#[test]
fn garbage_among_the_stored_events_costs_only_itself() {
    let mut page = offline(2);
    leave_refused(&mut page);
    let names = page.storage.names("out:");
    page.storage.entries.borrow_mut().insert(names[0].clone(), "3 400\n1\n1\n".into());
    let mut next = next_page(&page, 1);
    let bodies = bodies(&mut next);
    assert_eq!(carrying(&bodies).iter().flat_map(|body| events(body)).collect::<Vec<_>>(), ["event 1"]);
    assert!(page.storage.names("out:").is_empty());
    assert_eq!(next.storage.records()[0].sessions[0].id.as_str(), next.session());
}

#[test]
fn what_is_acknowledged_is_not_kept_though_it_was_stored_with_what_is_not() {
    let mut page = Page::live();
    let data = format!("\"{}\"", "x".repeat(20_000));
    for _ in 0..8 {
        page.tracker.log("large".into(), Some(data.clone()), page.now).unwrap();
    }
    page.put(Input::Wake);
    assert_eq!(page.storage.names("out:").len(), 1);
    assert_eq!(events(&page.body()).len(), 4);
    page.accept();
    page.seconds(5);
    page.lose();
    leave_refused(&mut page);
    page.come_back();
    let bodies = bodies(&mut page);
    let numbers: Vec<_> =
        carrying(&bodies).iter().flat_map(|body| body["events"].as_array().unwrap().clone()).collect();
    assert_eq!(numbers.iter().map(|event| event["seq"].as_u64().unwrap()).collect::<Vec<_>>(), [5, 6, 7, 8]);
}

#[test]
fn what_is_settled_makes_room_for_what_comes_next() {
    let mut page = Page::live();
    let data = format!("\"{}\"", "x".repeat(20_000));
    let log = |page: &mut Page, count: usize| {
        for _ in 0..count {
            page.tracker.log("large".into(), Some(data.clone()), page.now).unwrap();
        }
        page.put(Input::Wake);
    };
    log(&mut page, 12);
    page.accept();
    page.accept();
    log(&mut page, 3);
    assert!(page.storage.records()[0].sessions[0].losses.is_empty(), "all that waits is stored");
}
