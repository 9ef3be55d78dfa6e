//! What a tab that is gone could not send is sent by another one: under its own session, tab and number, and once.

use crate::offline::{bodies, carrying, leave_refused, next_page, offline};
use crate::page::{NOON, Page, Storage, events};
use serde_json::{Value, json};
use session_tracker::session::{EndReason, State};
use session_tracker::tracker::Input;

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
fn each_event_goes_under_the_tab_that_gave_it_its_number() {
    let mut first = offline(2);
    let names = |page: &Page| page.storage.names("tab:");
    let tab = names(&first).remove(0);
    let mut second = next_page(&first, 0);
    let other = names(&first).into_iter().find(|name| *name != tab).expect("two tabs");
    second.accept_all();
    second.log("event 2");
    leave_refused(&mut first);
    leave_refused(&mut second);
    let mut next = next_page(&second, 1);
    let bodies = bodies(&mut next);
    let said =
        |body: &&Value| (format!("tab:{}", body["tabId"].as_str().unwrap()), events(body), body["lastSeq"].clone());
    let mut said: Vec<_> = carrying(&bodies).iter().map(said).collect();
    said.sort_by_key(|(_, events, _)| events.clone());
    assert_eq!(
        said,
        [(tab, vec!["event 0".into(), "event 1".into()], json!(2)), (other, vec!["event 2".into()], json!(1))]
    );
}

#[test]
fn what_one_tab_left_of_two_sessions_goes_to_each() {
    let mut page = offline(1);
    let first = page.session();
    page.end(EndReason::Logout);
    page.lose();
    page.start();
    let second = page.session();
    page.log("of the second");
    leave_refused(&mut page);
    let mut next = next_page(&page, 3_600);
    let bodies = bodies(&mut next);
    let said: Vec<_> = carrying(&bodies).iter().map(|body| (body["sessionId"].clone(), events(body))).collect();
    assert_eq!(said, [(json!(first), vec!["event 0".into()]), (json!(second), vec!["of the second".into()])]);
}

#[test]
fn what_a_backend_of_the_core_profile_did_not_get_is_sent_one_by_one() {
    let mut page = Page::live_core();
    page.log("one");
    page.log("two");
    leave_refused(&mut page);
    let mut next = next_page(&page, 3_600);
    for event in ["one", "two"] {
        assert_eq!((next.awaited().route.path(), &next.body()["eventType"]), ("/log-event", &json!(event)));
        next.answer(201, "{}");
    }
}

#[test]
fn a_goodbye_that_nobody_heard_is_taken_back_by_the_next_page() {
    let mut page = offline(1);
    leave_refused(&mut page);
    let mut next = next_page(&page, 1);
    let bodies = bodies(&mut next);
    assert_eq!(carrying(&bodies).len(), 1);
    assert!(bodies.iter().all(|body| body.get("end").is_none() && body.get("reason").is_none()), "{bodies:#?}");
}

#[test]
fn a_goodbye_that_was_heard_is_taken_back_by_the_next_pages_start_alone() {
    let mut page = offline(1);
    leave_refused(&mut page);
    let mut next = next_page(&page, 1);
    next.answer(200, r#"{"accepted":[0],"status":"ended","endReason":"app_close"}"#);
    assert_eq!((next.awaited().route.path(), &next.body()["epoch"]), ("/start", &json!(2)));
}

#[test]
fn what_waited_offline_while_its_session_timed_out_is_sent_to_that_session_and_ends_no_other() {
    let page = offline(2);
    let (session, storage) = (page.session(), page.storage.clone());
    page.crash();
    let mut next = Page::open_with(json!({}), storage, NOON + 61 * 60_000);
    next.start();
    let here = next.session();
    assert_ne!(here, session);
    assert_eq!(next.body()["sessionId"], json!(session), "what is owed goes first");
    assert_eq!(events(&next.body()), ["event 0", "event 1"]);
    assert!(next.body().get("heartbeat").is_none(), "nobody is in that one any more");
    next.answer(200, r#"{"accepted":[0,1],"status":"ended","endReason":"timeout"}"#);
    assert_eq!(next.body()["sessionId"], json!(here));
    assert_eq!((&next.body()["previousId"], &next.body()["previousEnd"]), (&json!(session), &json!("crash")));
    next.accept_all();
    assert!(matches!(next.state(), State::Live(..)));
    assert_eq!((next.session(), next.tracker.ledger().delivered()), (here, 2));
    assert!(next.storage.names("out:").is_empty());
}
