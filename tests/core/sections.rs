//! Moving around.

use crate::page::{NOON, Page, Storage, events};
use serde_json::json;
use session_tracker::section::Section;
use session_tracker::session::{EndReason, State};
use session_tracker::time::Millis;
use session_tracker::tracker::Input;

fn flushed(page: &mut Page) -> Vec<String> {
    page.put(Input::Flush);
    if page.sent.is_empty() {
        return Vec::new();
    }
    let events = events(&page.body());
    page.accept();
    events
}

#[test]
fn a_section_counts_after_it_has_held_for_a_second() {
    let mut page = Page::live();
    page.go_to("pricing");
    page.pass(Millis(999));
    assert!(flushed(&mut page).is_empty());
    page.pass(Millis(1));
    assert_eq!(flushed(&mut page), ["-> pricing"]);
}

#[test]
fn passing_through_does_not_count() {
    let mut page = Page::live();
    for section in ["a", "b", "c"] {
        page.go_to(section);
        page.pass(Millis(500));
    }
    page.seconds(1);
    assert_eq!(flushed(&mut page), ["-> c"]);
}

#[test]
fn the_same_section_twice_is_nothing() {
    let mut page = Page::live();
    page.go_to("home");
    page.seconds(2);
    page.go_to("pricing");
    page.pass(Millis(500));
    page.go_to("home");
    page.seconds(2);
    assert!(flushed(&mut page).is_empty());
}

#[test]
fn a_section_that_may_not_wait_counts_at_once() {
    let mut page = Page::live();
    page.put(Input::Section { section: Section::parse("now").expect("a name"), at_once: true });
    assert_eq!(flushed(&mut page), ["-> now"]);
}

#[test]
fn a_pending_section_goes_out_when_the_page_hides() {
    let mut page = Page::live();
    page.go_to("pricing");
    page.put(Input::Visible(false));
    assert_eq!(events(&page.body()), ["-> pricing"]);
}

#[test]
fn events_carry_the_section_in_which_they_happened() {
    let mut page = Page::live();
    page.go_to("pricing");
    page.log("on the way");
    page.seconds(1);
    page.log("there");
    page.put(Input::Flush);
    let sections: Vec<_> =
        page.body()["events"].as_array().unwrap().iter().map(|event| event["section"].clone()).collect();
    assert_eq!(sections, ["home", "pricing", "pricing"]);
}

#[test]
fn a_section_chosen_before_the_start_is_where_the_session_begins() {
    let mut page = Page::open();
    page.go_to("docs");
    page.seconds(1);
    page.start();
    assert_eq!(page.body()["section"], "docs");
    page.accept();
    assert!(page.sent.is_empty());
    let State::Live(here, _) = page.state() else { panic!("live") };
    assert_eq!(here.section.as_str(), "docs");
}

#[test]
fn a_section_that_is_pending_while_one_session_follows_another_counts_in_the_second() {
    let mut page = Page::live();
    page.put(Input::Flush);
    page.seconds(30);
    page.go_to("docs");
    page.answer(410, r#"{"type":"urn:x:session-ended"}"#);
    page.accept_start();
    page.seconds(6);
    assert_eq!(events(&page.body()), ["-> docs"]);
    assert_eq!(page.body()["sessionId"], page.session().as_str());
}

#[test]
fn a_section_chosen_between_two_sessions_is_where_the_second_begins() {
    let mut page = Page::live();
    page.end(EndReason::Logout);
    page.accept();
    page.go_to("login");
    page.seconds(1);
    page.start();
    assert_eq!(page.body()["section"], "login");
    page.accept();
    assert!(page.sent.is_empty(), "which is no event of either");
}

#[test]
fn section_names_have_one_to_two_hundred_characters() {
    assert!(Section::parse(" ").is_none());
    assert_eq!(Section::parse(" a ").unwrap().as_str(), "a");
    assert!(Section::parse(&"ü".repeat(200)).is_some());
    assert!(Section::parse(&"ü".repeat(201)).is_none());
}

fn dwells(page: &mut Page) -> Vec<Option<f64>> {
    page.put(Input::Flush);
    let dwells = page.body()["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["eventData"]["dwellSeconds"].as_f64())
        .collect();
    page.accept();
    dwells
}

#[test]
fn a_change_says_how_long_the_section_was_in_use_that_it_leaves() {
    let mut page = Page::live();
    page.seconds(20);
    page.put(Input::Focused(false));
    page.seconds(60);
    page.put(Input::Focused(true));
    page.pass(Millis(2_500));
    page.accept_all();
    page.go_to("docs");
    page.seconds(1);
    assert_eq!(
        dwells(&mut page),
        [Some(23.5)],
        "in view and in focus, to the end of the second in which the next one held"
    );
    page.seconds(4);
    page.go_to("team");
    page.seconds(1);
    assert_eq!(dwells(&mut page), [Some(5.0)]);
}

#[test]
fn a_page_of_the_visit_says_it_for_the_page_before() {
    let mut page = Page::live();
    page.seconds(20);
    page.accept_all();
    page.leave();
    let mut next = page.open_another(json!({ "section": "docs" }));
    next.start();
    next.accept();
    assert_eq!(dwells(&mut next), [Some(20.0)]);
    next.seconds(7);
    next.leave();
    page.now = next.now;
    page.come_back();
    assert_eq!(events(&page.body()), ["-> home"]);
    assert_eq!(
        page.body()["events"][0]["eventData"]["dwellSeconds"].as_f64(),
        Some(7.0),
        "and so does one that comes back"
    );
}

#[test]
fn beside_a_tab_that_is_still_open_nobody_knows() {
    let mut page = Page::live();
    page.seconds(20);
    let mut beside = page.open_another(json!({ "section": "docs" }));
    beside.start();
    beside.accept();
    assert_eq!(dwells(&mut beside), [None]);
}

#[test]
fn a_router_that_replaces_what_it_pushed_goes_to_one_place_even_where_nothing_must_hold() {
    let mut page = Page::open_with(json!({ "debounceMilliseconds": 0 }), Storage::default(), NOON);
    page.start();
    page.accept_start();
    page.go_to("pushed");
    page.go_to("replaced");
    page.pass(Millis(1));
    assert_eq!(flushed(&mut page), ["-> replaced"]);
}
