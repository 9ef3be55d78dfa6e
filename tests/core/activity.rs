//! Whether the person is there: heartbeats, idle spells, and how long the page was in use.

use crate::page::{NOON, Page, Storage};
use serde_json::json;
use session_tracker::limits::IDLE;
use session_tracker::presence::Person;
use session_tracker::session::State;
use session_tracker::time::Millis;
use session_tracker::tracker::{Credential, Input};

#[test]
fn a_visible_page_beats_every_thirty_seconds() {
    let mut page = Page::live();
    let mut beats = 0;
    for _ in 0..10 {
        page.seconds(30);
        assert_eq!(page.awaited().route.path(), "/heartbeat");
        assert_eq!(page.awaited().credential, Credential::InBody);
        assert!(page.body().get("section").is_none(), "where the person is, the events say");
        page.accept();
        beats += 1;
    }
    assert_eq!(beats, 10);
    assert_eq!(page.state(), page.state());
}

#[test]
fn a_heartbeat_that_falls_due_with_events_travels_with_them() {
    let mut page = Page::live();
    page.seconds(26);
    page.log("late");
    page.pass(Millis(4_999));
    assert_eq!(page.paths(), ["/heartbeat"]);
    page.log("during the beat");
    page.seconds(6);
    page.accept();
    assert_eq!(page.awaited().route.path(), "/batch");
    assert!(page.body().get("heartbeat").is_none());
}

#[test]
fn a_hidden_page_says_so_once_and_does_not_beat() {
    let mut page = Page::live();
    page.put(Input::Visible(false));
    assert_eq!(page.awaited().route.path(), "/heartbeat");
    assert_eq!(page.body()["heartbeat"]["activity"], "hidden");
    assert!(page.awaited().keepalive);
    page.accept();
    page.seconds(1_200);
    assert!(page.sent.is_empty(), "a hidden page is silent");
    page.put(Input::Visible(true));
    assert_eq!(page.body()["heartbeat"]["activity"], "active");
}

#[test]
fn a_person_without_input_for_five_minutes_is_idle_until_the_next_input() {
    let mut page = Page::live();
    for _ in 0..10 {
        page.seconds(30);
        page.accept_all();
    }
    assert!(matches!(page.state(), State::Live(_, Person::Idle)));
    page.put(Input::Activity);
    assert!(matches!(page.state(), State::Live(_, Person::Active)));
    assert_eq!(page.body()["heartbeat"]["activity"], "active");
}

#[test]
fn a_person_who_becomes_idle_is_said_to_be_at_once() {
    let mut page = Page::live();
    page.seconds(10);
    page.put(Input::Activity);
    for _ in 1..IDLE.seconds() {
        page.seconds(1);
        page.accept_all();
    }
    page.seconds(1);
    assert_eq!(page.body()["heartbeat"]["activity"], "idle", "between two beats");
}

#[test]
fn other_tabs_learn_of_a_person_who_is_back_though_the_backend_does_not_answer() {
    let mut page = Page::live();
    for _ in 1..IDLE.seconds() {
        page.seconds(1);
        page.accept_all();
    }
    page.seconds(1);
    page.lose();
    let person = |page: &Page| page.storage.records()[0].person;
    assert_eq!(person(&page), Person::Idle);
    page.put(Input::Activity);
    assert_eq!(person(&page), Person::Active);
}

#[test]
fn an_event_that_ends_an_idle_spell_says_the_active_time_up_to_it() {
    let mut page = Page::live();
    for _ in 0..10 {
        page.seconds(30);
        page.accept_all();
    }
    page.seconds(17);
    page.log("back again");
    assert_eq!(page.body()["heartbeat"]["activeSeconds"], 317);
}

#[test]
fn active_time_counts_while_the_backend_makes_the_page_wait() {
    let mut page = Page::open_with(json!({ "persistence": "none" }), Storage::default(), NOON);
    page.start();
    page.accept();
    page.seconds(30);
    page.answer_after(429, r#"{"type":"x:rate-limited"}"#, Some(Millis::from_seconds(600)));
    page.seconds(602);
    let active = page.body()["heartbeat"]["activeSeconds"].as_f64().expect("a number");
    assert!((630.0..632.0).contains(&active), "{active} of the 630 s and a little jitter that have passed");
}

#[test]
fn active_time_counts_in_full_between_heartbeats_that_are_far_apart() {
    for heartbeat in [5, 600] {
        let mut page = Page::open_with(json!({ "heartbeatSeconds": heartbeat }), Storage::default(), NOON);
        page.start();
        page.accept();
        for _ in 0..599 {
            page.seconds(1);
            page.accept_all();
        }
        page.put(Input::Visible(false));
        assert_eq!(page.body()["heartbeat"]["activeSeconds"], 599, "with a heartbeat of {heartbeat} s");
    }
}

#[test]
fn active_time_is_visible_and_focused_time_and_no_sleep() {
    let mut page = Page::live();
    page.seconds(10);
    page.put(Input::Focused(false));
    page.seconds(7);
    page.put(Input::Focused(true));
    page.seconds(5);
    page.sleep(Millis::from_seconds(3_000));
    page.put(Input::Visible(false));
    assert_eq!(page.body()["heartbeat"]["activeSeconds"], 15);
}

#[test]
fn an_interval_of_two_beats_counts_and_a_longer_one_was_sleep() {
    for (millis, active) in [(60_000, 60.0), (60_001, 0.0), (4_000_000, 0.0)] {
        let mut page = Page::live();
        page.now.mono = page.now.mono.after(Millis(millis));
        page.put(Input::Visible(false));
        assert_eq!(page.body()["heartbeat"]["activeSeconds"].as_f64(), Some(active), "after {millis} ms");
    }
}

#[test]
fn a_sleep_takes_nothing_from_the_active_time_up_to_the_last_input() {
    let mut page = Page::live();
    page.seconds(7);
    page.put(Input::Activity);
    page.now.mono = page.now.mono.after(Millis::from_seconds(90));
    page.put(Input::Activity);
    page.accept_all();
    page.seconds(5);
    page.put(Input::Visible(false));
    assert_eq!(page.body()["heartbeat"]["activeSeconds"], 12);
}
