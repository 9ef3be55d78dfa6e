//! Who the session is of: a person signs in, another one does, and what was logged before is decided about late.

use crate::page::{NOON, Page, Storage, events};
use serde_json::json;
use session_tracker::session::{EndReason, State};
use session_tracker::tracker::{Credential, Input, Notice};

fn identify(page: &mut Page, user: &str) {
    page.put(Input::Identify(user.into()));
}

#[test]
fn a_login_ends_the_session_as_replaced_and_opens_one_that_names_it() {
    let mut page = Page::live();
    let before = page.session();
    page.log("as a visitor");
    identify(&mut page, "ada");
    let after = page.session();
    page.log("as ada");
    let said = page.body();
    assert_eq!((&said["sessionId"], &said["token"]), (&json!(before), &json!(format!("write-{before}"))));
    assert_eq!(events(&said), ["as a visitor"], "what waited belongs to the old session");
    assert_eq!(said["end"]["reason"], "replaced");
    page.accept();
    let start = page.awaited();
    assert_eq!((start.route.path(), start.credential), ("/start", Credential::FreshBearer));
    let said = page.body();
    assert_eq!((&said["userId"], &said["previousId"]), (&json!("ada"), &json!(before)));
    page.accept();
    page.seconds(5);
    assert_eq!((&page.body()["sessionId"], events(&page.body())), (&json!(after), vec!["as ada".into()]));
    assert!(page.notices.contains(&Notice::Ended(EndReason::Replaced)));
}

#[test]
fn the_same_name_again_is_nothing() {
    let mut page = Page::live();
    identify(&mut page, "ada");
    page.accept_all();
    let session = page.session();
    identify(&mut page, "ada");
    assert_eq!(page.session(), session);
    assert!(page.sent.is_empty());
}

#[test]
fn a_login_before_the_start_says_whose_the_session_is() {
    let mut page = Page::open();
    page.log("early");
    identify(&mut page, "ada");
    assert!(page.sent.is_empty(), "nothing is sent before the start");
    page.start();
    let said = page.body();
    assert_eq!((&said["userId"], said.get("previousId")), (&json!("ada"), None));
    page.accept();
    assert_eq!(events(&page.body()), ["early"]);
}

#[test]
fn a_login_before_the_start_does_not_take_over_what_was_somebody_elses() {
    let mut visitor = Page::live();
    visitor.leave();
    let mut page = visitor.open_another(json!({}));
    page.log("as the visitor");
    identify(&mut page, "ada");
    assert!(page.sent.is_empty(), "nothing is sent before the start");
    page.start();
    assert_eq!((&page.body()["sessionId"], events(&page.body())), (&json!(visitor.session()), vec![]));
    page.accept();
    assert_eq!(events(&page.body()), ["-> home", "as the visitor"][1..]);
    page.accept();
    assert_eq!(page.body()["userId"], "ada");
}

#[test]
fn all_tabs_that_learn_of_the_login_are_in_one_session() {
    let mut tabs = [Page::live(), Page::open()];
    tabs[1] = tabs[0].another();
    identify(&mut tabs[0], "ada");
    tabs[0].accept_all();
    tabs[1].look_around();
    assert!(matches!(tabs[1].state(), State::Ended(_, EndReason::Replaced)));
    tabs[1].accept_all();
    identify(&mut tabs[1], "ada");
    tabs[1].start();
    tabs[1].accept_all();
    assert_eq!(tabs[1].session(), tabs[0].session());
    for tab in &mut tabs {
        tab.look_around();
        tab.accept_all();
        assert!(matches!(tab.state(), State::Live(..)));
    }
}

#[test]
fn a_bearer_for_somebody_else_begins_another_session_and_speaks_for_no_other() {
    let mut page = Page::open();
    page.start();
    let visited = page.session();
    page.answer(201, &format!(r#"{{"sessionId":"{visited}","userId":"anon:1","token":"t","profile":"full"}}"#));
    page.log("as a visitor");
    page.leave();
    // The next page asks the host for a bearer, and by then somebody has signed in.
    let mut next = page.open_another(json!({}));
    next.start();
    assert_eq!(next.body()["sessionId"], visited.as_str());
    next.put(Input::Bearer("ada".into()));
    assert_eq!(next.cancelled.len(), 1, "what was about to be said is not");
    assert_eq!((events(&next.body()), next.awaited().credential), (vec!["as a visitor".into()], Credential::InBody));
    next.accept();
    let left = next.awaited();
    assert_eq!((left.route.path(), left.credential), ("/start", Credential::InBody));
    assert_eq!((&next.body()["token"], &next.body()["end"]["reason"]), (&json!("t"), &json!("replaced")));
    next.accept();
    assert_eq!((next.awaited().credential, &next.body()["reason"]), (Credential::InBody, &json!("replaced")));
    next.accept();
    assert_eq!(next.body()["previousId"], visited.as_str());
    assert_ne!(next.session(), visited);
    next.put(Input::Bearer("ada".into()));
    next.accept_all();
    assert!(matches!(next.state(), State::Live(..)));
    next.leave();
    let mut last = next.open_another(json!({}));
    last.start();
    last.put(Input::Bearer("ada".into()));
    assert_eq!((last.cancelled.len(), last.session()), (0, next.session()), "and a later page goes on in it");
}

#[test]
fn a_bearer_says_whose_a_new_session_is() {
    let mut page = Page::open();
    page.start();
    let session = page.session();
    page.put(Input::Bearer("ada".into()));
    // The backend may know the person by another name.
    page.answer(201, &format!(r#"{{"sessionId":"{session}","userId":"idp|ada","token":"t","profile":"full"}}"#));
    page.seconds(30);
    page.answer(401, r#"{"type":"x:token-expired"}"#);
    page.put(Input::Bearer("ada".into()));
    assert_eq!(page.session(), session);
}

#[test]
fn a_bearer_that_comes_after_the_end_begins_nothing() {
    let mut page = Page::live_core();
    page.put(Input::Bearer("ada".into()));
    page.end(EndReason::Logout);
    page.put(Input::Bearer("grace".into()));
    assert!(matches!(page.state(), State::Ended(_, EndReason::Logout)));
}

#[test]
fn what_was_logged_before_storage_could_be_read_goes_on_in_the_session_that_is_found() {
    let mut earlier = Page::live();
    earlier.leave();
    // Consent is pending: the page sees no records before it starts.
    let mut page = Page::open_with(json!({}), Storage::default(), NOON + 5_000);
    page.storage = earlier.storage.clone();
    page.go_to("docs");
    page.seconds(1);
    page.log("early");
    page.start();
    assert_eq!(page.session(), earlier.session());
    page.accept();
    assert_eq!(events(&page.body()), ["early", "-> docs"]);
    let numbers: Vec<_> = page.body()["events"].as_array().unwrap().iter().map(|event| event["seq"].clone()).collect();
    assert_eq!(numbers, [1, 2]);
}
