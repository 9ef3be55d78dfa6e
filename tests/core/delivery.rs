//! When events travel, how many at a time, and what the ledger says of them.

use crate::page::{Page, events};
use session_tracker::event::Event;
use session_tracker::ledger::Refusal;
use session_tracker::limits::{EVENT_BYTES, QUEUE_BYTES, QUEUE_EVENTS};
use session_tracker::lines::Lines;
use session_tracker::record::VERSION;
use session_tracker::time::Millis;
use session_tracker::tracker::{Credential, Input, Notice};

fn data(bytes: usize) -> String {
    format!("\"{}\"", "x".repeat(bytes - 2))
}

#[test]
fn an_event_waits_five_seconds_for_company() {
    let mut page = Page::live();
    page.log("one");
    page.pass(Millis(4_000));
    page.log("two");
    page.pass(Millis(999));
    assert!(page.sent.is_empty());
    page.pass(Millis(1));
    assert_eq!(events(&page.body()), ["one", "two"]);
    assert_eq!(page.awaited().credential, Credential::InBody);
}

#[test]
fn twenty_events_wait_one_second_more() {
    let mut page = Page::live();
    for n in 0..20 {
        page.log(&n.to_string());
    }
    page.pass(Millis(999));
    assert!(page.sent.is_empty());
    page.pass(Millis(1));
    assert_eq!(page.body()["events"].as_array().unwrap().len(), 20);
}

#[test]
fn events_logged_while_a_request_travels_wait_for_company_too() {
    let mut page = Page::live();
    for n in 0..20 {
        page.log(&n.to_string());
    }
    page.pass(Millis(1_000));
    page.log("next");
    page.accept();
    page.pass(Millis(4_999));
    assert!(page.sent.is_empty());
    page.pass(Millis(1));
    assert_eq!(events(&page.body()), ["next"]);
}

#[test]
fn ninety_six_kibibytes_do_not_wait() {
    let mut page = Page::live();
    for _ in 0..4 {
        page.tracker.log("big".into(), Some(data(24_000)), page.now).unwrap();
    }
    page.put(Input::Wake);
    assert!(page.sent.is_empty());
    page.tracker.log("big".into(), Some(data(2_000)), page.now).unwrap();
    page.put(Input::Wake);
    assert_eq!(page.paths(), ["/batch"]);
}

#[test]
fn what_a_full_request_leaves_over_waits_for_company() {
    let mut page = Page::live();
    for _ in 0..4 {
        page.tracker.log("big".into(), Some(data(24_000)), page.now).unwrap();
    }
    page.tracker.log("left over".into(), Some(data(2_000)), page.now).unwrap();
    page.put(Input::Wake);
    assert_eq!(events(&page.body()), ["big"; 4]);
    page.accept();
    assert!(page.sent.is_empty());
    page.seconds(5);
    assert_eq!(events(&page.body()), ["left over"]);
}

#[test]
fn one_request_is_awaited_at_a_time_and_the_rest_follows() {
    let mut page = Page::live();
    page.log("first");
    page.put(Input::Flush);
    page.log("second");
    page.put(Input::Flush);
    assert_eq!(events(&page.body()), ["first"]);
    page.accept();
    assert_eq!(events(&page.body()), ["second"]);
    page.accept();
    assert_eq!(page.tracker.ledger().delivered(), 2);
}

#[test]
fn a_full_batch_may_die_with_the_page_and_an_answer_brings_the_rest_which_survives_it() {
    let mut page = Page::live();
    for _ in 0..10 {
        page.tracker.log("big".into(), Some(data(10_000)), page.now).unwrap();
    }
    page.put(Input::Flush);
    let mut sizes = Vec::new();
    while !page.sent.is_empty() {
        assert!(page.awaited().body.len() < 97 * 1024);
        sizes.push((events(&page.body()).len(), page.awaited().keepalive));
        page.accept();
    }
    assert_eq!(sizes, [(9, false), (1, true)]);
}

#[test]
fn duplicates_count_as_delivered_and_rejects_as_dropped() {
    let mut page = Page::live();
    for kind in ["new", "known", "bad", "unmentioned"] {
        page.log(kind);
    }
    page.put(Input::Flush);
    page.answer(200, r#"{"accepted":[0],"duplicates":[1],"rejected":[{"index":2,"type":"x","detail":"y"}]}"#);
    assert_eq!(page.tracker.ledger().delivered(), 2);
    assert_eq!(page.tracker.ledger().dropped().collect::<Vec<_>>(), [("rejected", 1)]);
    assert_eq!(events(&page.body()), ["unmentioned"], "what the answer is silent about is sent again");
    assert_eq!(page.body()["dropped"][0]["seq"][0], serde_json::json!([3, 3]));
}

#[test]
fn flush_settles_when_everything_is_acknowledged() {
    let mut page = Page::live();
    page.notices.clear();
    page.log("one");
    page.put(Input::Flush);
    assert!(page.notices.is_empty());
    page.accept();
    assert_eq!(page.notices, [Notice::Settled]);
    page.put(Input::Flush);
    assert_eq!(page.notices.len(), 2, "with nothing to send it settles at once");
}

#[test]
fn the_ledger_adds_up_at_any_time() {
    let mut page = Page::open();
    let adds_up = |page: &Page| {
        let ledger = page.tracker.ledger();
        let (queued, in_flight) = page.tracker.pending();
        let dropped: u64 = ledger.dropped().map(|(_, count)| count).sum();
        assert_eq!(ledger.accepted(), ledger.delivered() + queued as u64 + in_flight as u64 + dropped);
    };
    page.log("held");
    adds_up(&page);
    page.start();
    page.accept();
    adds_up(&page);
    page.log("waiting");
    adds_up(&page);
    page.answer(422, r#"{"detail":"no"}"#);
    adds_up(&page);
    page.put(Input::Flush);
    adds_up(&page);
    page.lose();
    adds_up(&page);
    page.leave();
    adds_up(&page);
}

#[test]
fn a_full_queue_refuses_the_new_event_and_says_so_to_the_server() {
    let mut page = Page::open();
    for _ in 0..QUEUE_EVENTS {
        assert!(page.tracker.log("e".into(), None, page.now).unwrap().is_some());
    }
    assert_eq!(page.tracker.log("one over".into(), None, page.now), Ok(None));
    assert_eq!(page.tracker.ledger().dropped().collect::<Vec<_>>(), [("queue_full", 1)]);
    page.start();
    page.accept();
    assert_eq!(page.body()["lastSeq"], 10_001);
    assert_eq!(page.body()["dropped"], serde_json::json!([{"reason":"queue_full","count":1,"seq":[[10_001,10_001]]}]));
    page.accept_all();
    assert_eq!(page.tracker.ledger().delivered(), 10_000);
}

#[test]
fn four_mebibytes_of_events_are_the_other_end_of_the_queue() {
    let mut page = Page::open();
    let mut taken = 0;
    while page.tracker.log("e".into(), Some(data(EVENT_BYTES)), page.now).unwrap().is_some() {
        taken += 1;
    }
    assert_eq!(taken, 127, "127 of 32,768 bytes with their envelopes are 4 MiB");
}

/// What the first event of a page takes beside its data and its number, as its page stores it.
fn envelope() -> usize {
    let mut page = Page::open();
    page.start();
    page.tracker.log("e".into(), Some(data(100)), page.now).unwrap();
    page.put(Input::Wake);
    let text = page.storage.entries.borrow().iter().find(|(name, _)| name.starts_with("out:")).unwrap().1.clone();
    let mut lines = Lines::read(VERSION, &text).expect("an entry");
    lines.number(&mut 0);
    let mut event = Event::default();
    event.carry(&mut lines);
    event.bytes() - "1".len() - 100
}

#[test]
fn the_last_byte_of_four_mebibytes_is_taken_and_one_more_is_not() {
    let envelope = envelope();
    let before: usize = (1..=127).map(|seq: u64| envelope + seq.to_string().len() + EVENT_BYTES).sum();
    let rest = QUEUE_BYTES - before - envelope - "128".len();
    for (bytes, is_taken) in [(rest, true), (rest + 1, false)] {
        let mut page = Page::open();
        for _ in 0..127 {
            page.tracker.log("e".into(), Some(data(EVENT_BYTES)), page.now).unwrap();
        }
        let last = page.tracker.log("e".into(), Some(data(bytes)), page.now).unwrap();
        assert_eq!(last.is_some(), is_taken, "{bytes} bytes where there is room for {rest}");
    }
}

#[test]
fn events_that_cannot_be_are_refused_by_name_and_have_no_number() {
    let mut page = Page::live();
    let now = page.now;
    let mut refused = |kind: &str, data: Option<String>| page.tracker.log(kind.into(), data, now).expect_err(kind);
    assert_eq!(refused("", None), Refusal::InvalidType);
    assert_eq!(refused(&"x".repeat(201), None), Refusal::InvalidType);
    assert_eq!(refused("section_change", None), Refusal::ReservedType);
    assert_eq!(refused("e", Some(data(EVENT_BYTES + 1))), Refusal::TooLarge);
    assert_eq!(refused("e", Some(r#""\ud83d""#.into())), Refusal::LoneSurrogate);
    assert_eq!(page.tracker.ledger().accepted(), 0);
    assert_eq!(page.tracker.ledger().refused().count(), 4);
    assert!(page.tracker.log("e".into(), Some(data(EVENT_BYTES)), now).unwrap().is_some());
    for whole in [r#""a backslash: \\ud83d""#, r#""ud83d""#, r#""\u0b85""#, r#""\ud7ff""#] {
        assert!(page.tracker.log("e".into(), Some(whole.into()), now).unwrap().is_some(), "{whole}");
    }
    assert!(page.tracker.log("x".repeat(200), None, now).unwrap().is_some());
}

#[test]
fn a_backend_with_the_core_profile_gets_one_event_a_request() {
    let mut page = Page::live_core();
    page.log("one");
    page.go_to("docs");
    page.seconds(5);
    assert_eq!(page.awaited().route.path(), "/log-event");
    assert_eq!(page.awaited().credential, Credential::Bearer, "no write token was given");
    assert_eq!(page.body()["eventType"], "one");
    page.answer(201, "{}");
    assert_eq!(page.awaited().route.path(), "/update");
    assert_eq!(page.body()["section"], "docs");
    assert_eq!(page.body()["seq"], 2);
    page.answer(200, "{}");
    assert_eq!(page.tracker.ledger().delivered(), 2);
    page.seconds(30);
    assert_eq!(page.awaited().route.path(), "/update");
    assert!(page.body().get("eventId").is_none(), "a heartbeat is a statement, no event");
    assert_eq!(page.body()["section"], "docs");
}
