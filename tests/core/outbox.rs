//! What a page stores until it is acknowledged, what it cannot store, and what it finds of it when it was away.

use crate::offline::{bodies, carrying, leave_refused, next_page, offline};
use crate::page::{NOON, Page, Storage, events};
use serde_json::json;
use session_tracker::ledger::DropReason;
use session_tracker::session::EndReason;
use session_tracker::time::Millis;
use session_tracker::tracker::Input;

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
    page.storage.full_for.set(Some(""));
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
    page.storage.full_for.set(Some(""));
    page.log("click");
    page.lose_all();
    assert!(page.storage.names("out:").is_empty());
    page.storage.full_for.set(None);
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

#[test]
fn what_storage_refuses_is_counted_if_its_tab_crashes_and_what_it_took_is_not() {
    let mut page = Page::live();
    page.log("stored");
    page.storage.full_for.set(Some("out:"));
    page.log("only here");
    let losses = &page.storage.records()[0].sessions[0].losses;
    assert_eq!(losses.ranges(DropReason::NotStored).collect::<Vec<_>>(), [(2, 2)]);
    let storage = page.storage.clone();
    page.crash();
    let mut next = Page::open_with(json!({}), storage, NOON + 200_000);
    next.start();
    next.accept_all();
    let ledger = next.tracker.ledger();
    assert_eq!((ledger.accepted(), ledger.delivered()), (2, 1));
    assert_eq!(ledger.dropped().collect::<Vec<_>>(), [(DropReason::NotStored.name(), 1)]);
}

#[test]
fn what_somebody_erased_is_stored_anew_and_the_rest_stays_where_it_is() {
    let mut page = offline(2);
    page.lose_all();
    let (record, entries) = (page.storage.names("tab:"), page.storage.names("out:"));
    for name in record.iter().chain(&entries[1..]) {
        page.storage.entries.borrow_mut().remove(name);
    }
    for _ in 0..7 {
        page.seconds(10);
        page.lose_all();
    }
    assert_eq!(page.storage.names("tab:"), record);
    let stored = page.storage.names("out:");
    assert_eq!((stored.len(), stored.contains(&entries[0]), stored.contains(&entries[1])), (2, true, false));
    assert!(page.storage.records()[0].sessions[0].losses.is_empty());
}

#[test]
fn a_page_whose_record_is_there_does_not_read_what_it_stored() {
    let mut page = offline(1);
    for _ in 0..12 {
        page.seconds(10);
        page.accept_all();
    }
    assert!(page.asked.iter().any(|prefix| prefix == "tab:"));
    assert!(page.asked.iter().all(|prefix| !prefix.starts_with("out:")), "{:?}", page.asked);
}

#[test]
fn an_ended_page_whose_record_somebody_erased_writes_none() {
    let mut page = Page::live();
    let mut other = page.another();
    page.end(EndReason::Logout);
    page.accept_all();
    other.accept_all();
    page.storage.entries.borrow_mut().clear();
    page.seconds(61);
    assert!(page.storage.names("tab:").is_empty());
}

#[test]
fn a_page_that_returns_keeps_at_once_what_storage_had_no_room_for_when_it_left() {
    let mut page = Page::live();
    page.storage.full_for.set(Some(""));
    page.log("only in memory");
    leave_refused(&mut page);
    page.storage.full_for.set(None);
    page.come_back();
    page.lose();
    assert_eq!(page.storage.names("out:").len(), 1);
    page.log("after the return");
    assert_eq!(page.storage.names("out:").len(), 2);
}

#[test]
fn a_session_that_follows_a_full_storage_is_kept_at_once() {
    let mut page = Page::live();
    page.end(EndReason::Manual);
    page.accept_all();
    page.seconds(60);
    page.storage.full_for.set(Some(""));
    page.put(Input::Visible(false));
    page.storage.full_for.set(None);
    page.start();
    page.log("kept");
    assert_eq!(page.storage.names("out:").len(), 1);
}

#[test]
fn a_page_that_is_turned_to_every_few_seconds_asks_storage_again_all_the_same() {
    let mut page = Page::live();
    page.storage.full_for.set(Some(""));
    page.log("only in memory");
    page.storage.full_for.set(None);
    for _ in 0..3 {
        page.seconds(20);
        page.lose_all();
        page.put(Input::Visible(true));
    }
    page.lose_all();
    assert_eq!(page.storage.names("out:").len(), 1);
}
