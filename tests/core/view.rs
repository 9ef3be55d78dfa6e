//! What can be seen of the tracker: its state and its ledger as the page gets them, and when the page is told that the state is another.

use crate::page::{NOON, Page, Storage, parsed};
use serde_json::json;
use session_tracker::limits::IDLE;
use session_tracker::section::Section;
use session_tracker::session::EndReason;
use session_tracker::tracker::Input;
use session_tracker::wire::Route;

fn at_once(page: &mut Page, section: &str) {
    page.put(Input::Section { section: Section::parse(section).expect("a name"), at_once: true });
}

#[test]
fn the_state_says_how_it_stands_and_only_what_there_is() {
    let mut page = Page::open();
    let state = |page: &Page| parsed(&page.tracker.describe_state());
    assert_eq!(state(&page), json!({ "status": "idle" }));
    page.log("early");
    assert_eq!(state(&page), json!({ "status": "idle" }), "a session that nobody has started is none");
    page.start();
    let id = page.session();
    let here = |status: &str| json!({ "status": status, "sessionId": id, "startedAt": NOON, "section": "home" });
    assert_eq!(state(&page), here("starting"));
    page.accept_all();
    let mut live = here("live");
    live["person"] = json!("active");
    assert_eq!(state(&page), live);
    page.put(Input::Visible(false));
    live["person"] = json!("hidden");
    assert_eq!(state(&page), live);
    page.end(EndReason::Logout);
    assert_eq!(state(&page), json!({ "status": "ended", "reason": "logout", "sessionId": id }));
    page.put(Input::Close);
    assert_eq!(state(&page), json!({ "status": "inert", "reason": "destroyed" }));
}

#[test]
fn the_page_is_told_of_each_change_of_the_state_and_of_nothing_else() {
    let mut page = Page::open();
    let glimpse = |page: &Page| page.tracker.glimpse();
    let before = glimpse(&page);
    page.put(Input::Visible(false));
    page.put(Input::Visible(true));
    assert_eq!(glimpse(&page), before, "whoever has not begun is not looked at");
    let changes: [fn(&mut Page); 10] = [
        Page::start,
        Page::accept_start,
        |page| at_once(page, "docs"),
        |page| at_once(page, "team"),
        |page| page.put(Input::Visible(false)),
        |page| page.put(Input::Visible(true)),
        |page| page.pass(IDLE),
        |page| page.put(Input::Activity),
        |page| page.end(EndReason::Manual),
        Page::start,
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let before = glimpse(&page);
        change(&mut page);
        assert_ne!(glimpse(&page), before, "change {number}");
        let told = glimpse(&page);
        page.put(Input::Flush);
        page.put(Input::Wake);
        assert_eq!(glimpse(&page), told, "after change {number}");
    }
}

#[test]
fn the_ledger_says_where_every_event_is_and_names_only_what_happened() {
    let mut page = Page::live();
    page.log("rejected");
    page.log("delivered");
    page.put(Input::Flush);
    page.answer(200, r#"{"accepted":[1],"duplicates":[],"rejected":[{"index":0}]}"#);
    page.accept_all();
    page.log("travels");
    page.put(Input::Flush);
    page.log("waits");
    page.log("waits too");
    page.tracker.log(String::new(), None, page.now).expect_err("it has no type");
    assert_eq!(
        parsed(&page.tracker.describe_ledger()),
        json!({
            "accepted": 5, "delivered": 1, "queued": 2, "inFlight": 1,
            "dropped": { "rejected": 1 }, "refused": { "invalid_type": 1 },
        })
    );
}

#[test]
fn the_driver_learns_where_a_request_went_as_long_as_its_answer_is_awaited() {
    let mut page = Page::live();
    page.log("click");
    page.put(Input::Flush);
    let id = page.awaited().id;
    assert_eq!(page.tracker.route_of(id), Some(Route::Batch));
    page.accept();
    assert_eq!(page.tracker.route_of(id), None);
}

#[test]
fn a_session_is_resumed_if_an_earlier_page_began_it() {
    let mut first = Page::live();
    assert!(!first.tracker.is_resumed());
    first.leave();
    let mut second = first.open_another(json!({}));
    assert!(!second.tracker.is_resumed(), "there is none yet");
    second.start();
    assert!(second.tracker.is_resumed());
}

#[test]
fn the_person_is_whom_the_backend_says_or_else_the_host() {
    let mut page = Page::open_with(json!({ "userId": "ada" }), Storage::default(), NOON);
    page.start();
    assert_eq!(page.tracker.user(), "ada");
    let id = page.session();
    page.answer(201, &format!(r#"{{"sessionId":"{id}","userId":"idp|ada","token":"t","profile":"full"}}"#));
    assert_eq!(page.tracker.user(), "idp|ada");
}

#[test]
fn the_device_is_the_one_that_the_start_names() {
    let mut page = Page::open();
    page.start();
    assert_eq!(page.body()["deviceId"], page.tracker.device());
    let nameless = Page::open_with(json!({ "persistence": "none" }), Storage::default(), NOON);
    assert_eq!(nameless.tracker.device(), "");
}

#[test]
fn the_page_is_told_when_the_backend_calls_the_session_by_another_name() {
    for (name, is_told) in [(None, false), (Some("z-mapped"), true)] {
        let mut page = Page::live();
        page.log("click");
        page.put(Input::Flush);
        page.answer(401, r#"{"type":"x:token-expired"}"#);
        let (before, id) = (page.tracker.glimpse(), page.session());
        let name = name.unwrap_or(&id);
        page.answer(200, &format!(r#"{{"sessionId":"{name}","token":"t","profile":"full"}}"#));
        assert_eq!(page.tracker.glimpse() != before, is_told, "{name}");
    }
}
