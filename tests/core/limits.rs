//! When a session is over by itself: after a day, after an hour in which nobody ran, and on request without input; and what is said before.

use crate::page::{NOON, Page, Storage, events, parsed};
use serde_json::json;
use session_tracker::session::{EndReason, State};
use session_tracker::time::{Millis, Wall};
use session_tracker::tracker::{Input, Notice};

const HOUR: Millis = Millis::from_seconds(3_600);

fn minutes(count: u64) -> Millis {
    Millis::from_seconds(60 * count)
}

/// Time passes in a live page whose backend takes everything.
fn pass(page: &mut Page, seconds: u64) {
    for _ in 0..seconds / 10 {
        page.seconds(10);
        page.accept_all();
    }
}

fn warnings(page: &Page) -> usize {
    page.notices.iter().filter(|notice| **notice == Notice::Expiring).count()
}

fn with_inactivity() -> Page {
    let mut page = Page::open_with(json!({ "inactivityMinutes": 30 }), Storage::default(), NOON);
    page.start();
    page.accept_start();
    page
}

#[test]
fn a_page_that_did_not_run_for_an_hour_begins_another_session() {
    for (slept, is_over) in [(Millis(HOUR.0 - 1), false), (HOUR, true)] {
        let mut page = Page::live();
        let before = page.session();
        page.sleep(slept);
        page.log("awake again");
        assert_eq!(page.session() != before, is_over, "after {slept:?}");
        if is_over {
            assert_eq!(page.body()["previousId"], before.as_str());
            page.accept();
            assert_eq!(events(&page.body()), ["awake again"], "which has what comes then");
        }
    }
}

#[test]
fn the_backend_may_say_how_long_that_is() {
    let mut page = Page::open();
    page.start();
    let id = page.session();
    page.answer(
        201,
        &format!(r#"{{"sessionId":"{id}","token":"t","profile":"full","config":{{"timeoutSeconds":600}}}}"#),
    );
    page.sleep(minutes(10));
    page.put(Input::Wake);
    assert_ne!(page.session(), id);
}

#[test]
fn a_tab_that_slept_while_another_one_ran_is_still_in_the_session() {
    let mut asleep = Page::live();
    let mut awake = asleep.another();
    asleep.put(Input::Visible(false));
    asleep.accept_all();
    pass(&mut awake, 7_200);
    asleep.now = awake.now;
    // What the driver does before it says that a page is shown.
    asleep.look_around();
    asleep.put(Input::Visible(true));
    assert_eq!(asleep.session(), awake.session());
    assert!(matches!(asleep.state(), State::Live(..)));
}

#[test]
fn a_tab_that_was_frozen_while_another_one_ran_is_still_in_the_session() {
    let mut frozen = Page::live();
    let mut awake = frozen.another();
    frozen.leave();
    pass(&mut awake, 7_200);
    frozen.now = awake.now;
    frozen.come_back();
    assert_eq!(frozen.session(), awake.session());
    assert!(matches!(frozen.state(), State::Live(..)));
}

#[test]
fn without_the_option_nobody_need_do_anything() {
    let mut page = Page::live();
    let before = page.session();
    pass(&mut page, 5 * 3_600);
    assert_eq!(page.session(), before);
    assert_eq!(warnings(&page), 0);
}

#[test]
fn a_session_without_input_ends_when_that_was_too_long_and_the_next_input_begins_another() {
    let mut page = with_inactivity();
    let before = page.session();
    page.seconds(600);
    page.accept_all();
    page.put(Input::Activity);
    page.accept_all();
    pass(&mut page, 1_790);
    assert!(matches!(page.state(), State::Live(..)));
    page.seconds(60);
    assert!(matches!(page.state(), State::Ended(_, EndReason::Timeout)));
    let said = page.body();
    assert_eq!((&said["reason"], &said["endedAt"]), (&json!("timeout"), &json!("2026-03-01T12:40:00.000Z")));
    page.accept_all();
    pass(&mut page, 3_600);
    assert!(page.sent.is_empty() && matches!(page.state(), State::Ended(..)), "an empty page begins nothing");
    page.put(Input::Activity);
    assert_eq!((page.awaited().route.path(), &page.body()["previousId"]), ("/start", &json!(before)));
    page.accept();
    assert!(matches!(page.state(), State::Live(..)));
}

#[test]
fn an_event_is_input_too_and_is_taken_in_by_the_session_that_it_begins() {
    let mut page = with_inactivity();
    let before = page.session();
    page.sleep(minutes(31));
    page.log("back");
    let said = page.body();
    assert_eq!((&said["sessionId"], &said["endedAt"]), (&json!(before), &json!("2026-03-01T12:30:00.000Z")));
    page.accept();
    page.accept_start();
    page.seconds(5);
    assert_eq!(events(&page.body()), ["back"]);
}

#[test]
fn input_in_another_tab_counts() {
    let mut page = with_inactivity();
    let mut other = page.open_another(json!({ "inactivityMinutes": 30 }));
    other.start();
    other.accept_all();
    page.put(Input::Focused(false));
    for _ in 0..6 {
        other.put(Input::Activity);
        for tab in [&mut page, &mut other] {
            pass(tab, 600);
        }
    }
    assert!(matches!(page.state(), State::Live(..)));
}

#[test]
fn an_end_that_the_host_wants_is_not_undone_by_input() {
    let mut page = with_inactivity();
    pass(&mut page, 1_860);
    page.end(EndReason::Logout);
    page.put(Input::Activity);
    assert!(matches!(page.state(), State::Ended(_, EndReason::Logout)));
}

#[test]
fn five_minutes_before_the_end_it_is_said_once() {
    let mut page = with_inactivity();
    pass(&mut page, 25 * 60 - 20);
    assert_eq!(warnings(&page), 0);
    pass(&mut page, 60);
    assert_eq!(warnings(&page), 1);
    pass(&mut page, 120);
    assert_eq!(warnings(&page), 1);
    page.put(Input::Activity);
    pass(&mut page, 25 * 60 + 40);
    assert_eq!(warnings(&page), 2, "and again when it comes so far again");
}

#[test]
fn it_is_said_of_a_page_that_nobody_has_in_view_and_of_a_very_long_session() {
    let mut page = Page::live();
    page.put(Input::Visible(false));
    page.accept_all();
    pass(&mut page, 54 * 60);
    assert_eq!(warnings(&page), 0);
    pass(&mut page, 120);
    assert_eq!(warnings(&page), 1, "the backend hears nothing of it");

    let mut page = Page::live();
    pass(&mut page, 24 * 3_600 - 6 * 60);
    assert_eq!(warnings(&page), 0);
    pass(&mut page, 120);
    assert_eq!(warnings(&page), 1);
}

#[test]
fn it_is_not_said_of_a_tab_beside_one_that_beats() {
    let mut leader = Page::live();
    let mut other = leader.another();
    for _ in 0..120 {
        for tab in [&mut leader, &mut other] {
            pass(tab, 60);
        }
    }
    assert_eq!((warnings(&leader), warnings(&other)), (0, 0));
}

#[test]
fn a_page_that_the_browser_discarded_has_not_crashed() {
    for (discarded, end) in [(false, json!("crash")), (true, json!(null))] {
        let before = Page::live();
        let mut page = Page::open_with(
            json!({ "wasDiscarded": discarded }),
            before.storage.clone(),
            before.now.wall.0 + minutes(31).0,
        );
        page.start();
        let said = parsed(&page.awaited().body);
        assert_eq!((&said["previousId"], &said["previousEnd"]), (&json!(before.session()), &end));
    }
}

#[test]
fn a_calendar_that_is_set_back_and_right_again_ends_nothing() {
    let mut page = Page::live();
    let before = page.session();
    let right = page.now.wall;
    page.now.wall = Wall(right.0 - HOUR.0 * 2);
    page.log("in the wrong hour");
    page.now.wall = right;
    page.log("in the right one");
    assert_eq!(page.session(), before);
}
