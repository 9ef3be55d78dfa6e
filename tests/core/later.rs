//! What the browser sends for a page that dies: what waits, and a goodbye from the only tab.

use crate::page::{Page, events, parsed};
use serde_json::{Value, json};
use session_tracker::session::EndReason;
use session_tracker::tracker::Input;

fn held(page: &Page) -> Value {
    parsed(page.held.as_ref().expect("the browser holds a request"))
}

#[test]
fn a_page_that_dies_says_what_waited_and_goodbye() {
    let mut page = Page::live();
    page.seconds(2);
    page.log("last words");
    page.seconds(1);
    let said = held(&page);
    assert_eq!(events(&said), ["last words"]);
    assert_eq!((&said["sessionId"], &said["lastSeq"]), (&json!(page.session()), &json!(1)));
    assert_eq!(said["end"]["reason"], "app_close");
    // An end as old as its sending is dated by the server at its receipt.
    assert_eq!(said["end"]["endedAt"], said["sentAt"]);
    assert!(said["token"].is_string());
}

#[test]
fn it_settles_nothing() {
    let mut page = Page::live();
    page.log("click");
    page.seconds(5);
    assert_eq!(events(&page.body()), ["click"]);
    assert!(page.body().get("end").is_none());
    assert_eq!(page.tracker.ledger().delivered(), 0);
    page.accept();
    page.seconds(1);
    assert!(held(&page).get("events").is_none(), "what is acknowledged need not be said");
}

#[test]
fn it_is_written_anew_once_a_second_at_most() {
    let mut page = Page::live();
    page.seconds(2);
    page.log("first");
    page.log("second");
    assert_eq!(events(&held(&page)), ["first"]);
    page.pass(session_tracker::time::Millis(999));
    assert_eq!(events(&held(&page)), ["first"]);
    page.pass(session_tracker::time::Millis(1));
    assert_eq!(events(&held(&page)), ["first", "second"]);
}

#[test]
fn it_holds_sixteen_kibibytes_and_the_oldest_first() {
    let mut page = Page::live();
    page.seconds(2);
    for n in 0..20 {
        page.tracker.log(n.to_string(), Some(format!("\"{}\"", "x".repeat(2_000))), page.now).unwrap();
    }
    page.seconds(1);
    let said = held(&page);
    assert_eq!(said["events"][0]["eventType"], "0");
    assert!(page.held.as_ref().unwrap().len() <= 17 * 1_024);
    assert_eq!(said["end"]["reason"], "app_close", "what did not fit is stored after the end, by the next page");
}

#[test]
fn a_page_that_can_speak_for_itself_takes_it_back_first() {
    type Going = fn(&mut Page);
    let hides: Going = |page| page.put(Input::Visible(false));
    let ends: Going = |page| page.end(EndReason::Logout);
    for going in [hides, Page::leave, ends] {
        let mut page = Page::live();
        page.seconds(1);
        page.log("click");
        assert!(page.held.is_some());
        going(&mut page);
        assert!(page.held.is_none());
    }
}

#[test]
fn nothing_is_said_for_a_session_that_the_backend_refused() {
    let mut page = Page::live();
    page.seconds(2);
    page.log("click");
    page.seconds(1);
    assert!(page.held.is_some());
    page.put(Input::Flush);
    page.answer(401, r#"{"type":"token-invalid"}"#);
    page.answer(403, r#"{"type":"forbidden"}"#);
    assert!(page.held.is_none(), "the page has counted as dropped what this would have sent");
}

#[test]
fn a_page_that_is_back_has_it_held_again() {
    let mut page = Page::live();
    page.leave();
    page.seconds(2);
    page.come_back();
    page.accept_all();
    assert!(page.held.is_some());
}

#[test]
fn of_two_tabs_neither_says_goodbye_for_both() {
    let mut first = Page::live();
    let mut second = first.another();
    first.look_around();
    for tab in [&mut first, &mut second] {
        tab.log("click");
        tab.seconds(1);
        assert!(held(tab).get("end").is_none());
        tab.accept_all();
    }
}

#[test]
fn a_backend_of_the_core_profile_gets_none() {
    let mut page = Page::live_core();
    page.log("click");
    page.seconds(2);
    assert!(page.held.is_none());
}

#[test]
fn a_backend_that_gave_no_token_gets_none_for_nobody_could_add_the_hosts_bearer() {
    let mut page = Page::open();
    page.start();
    let id = page.session();
    page.answer(201, &format!(r#"{{"sessionId":"{id}","profile":"full"}}"#));
    page.log("click");
    page.seconds(2);
    assert!(page.held.is_none());
}
