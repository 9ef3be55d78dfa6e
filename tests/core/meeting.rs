//! In which session the tabs of an origin meet: where two began, where one ended, and where another one goes on.

use crate::page::{NOON, Page, Storage, events};
use serde_json::json;
use session_tracker::id::Id;
use session_tracker::record::Record;
use session_tracker::session::{EndReason, State};
use session_tracker::time::Millis;
use session_tracker::tracker::Input;

fn two() -> [Page; 2] {
    let first = Page::live();
    let second = first.another();
    [first, second]
}

#[test]
fn two_tabs_that_open_at_the_same_moment_agree_on_one_session() {
    let mut first = Page::open();
    let mut second = first.open_another(json!({}));
    first.start();
    // The second has not seen the first one's record yet: another process's storage is read late.
    second.put(Input::Start);
    assert_ne!(first.session(), second.session());
    first.accept_all();
    second.accept_all();
    let (mut lower, mut higher) = if first.session() < second.session() { (first, second) } else { (second, first) };
    lower.look_around();
    higher.log("before it knew");
    let given_up = higher.session();
    higher.look_around();
    assert_eq!(higher.session(), lower.session());
    let devices: Vec<_> = lower.storage.records().iter().map(|record| record.device.clone()).collect();
    assert_eq!(devices[0], devices[1], "and on the name of their profile");
    let said = higher.body();
    assert_eq!((&said["sessionId"], &said["end"]["reason"]), (&json!(given_up), &json!("replaced")));
    assert_eq!(events(&said), ["before it knew"]);
    higher.accept_all();
    assert!(matches!(higher.state(), State::Live(..)));
}

#[test]
fn a_logout_in_one_tab_is_a_logout_in_all() {
    let mut tabs = two();
    tabs[0].end(EndReason::Logout);
    tabs[1].log("just before");
    tabs[1].look_around();
    assert!(matches!(tabs[1].state(), State::Ended(_, EndReason::Logout)));
    tabs[1].seconds(5);
    assert_eq!(events(&tabs[1].body()), ["just before"]);
    tabs[1].accept_all();
    tabs[1].seconds(300);
    assert!(tabs[1].sent.is_empty());
}

#[test]
fn a_tab_follows_another_one_into_the_next_session() {
    let mut tabs = two();
    let first = tabs[0].session();
    tabs[0].seconds(30);
    tabs[0].answer(410, r#"{"type":"session-ended","endReason":"timeout"}"#);
    tabs[0].accept_all();
    assert_ne!(tabs[0].session(), first);
    tabs[1].look_around();
    assert_eq!(tabs[1].session(), tabs[0].session());
    assert_eq!(tabs[1].awaited().route.path(), "/start");
    assert!(tabs[1].body().get("end").is_none(), "the backend knows how the first one ended");
}

#[test]
fn two_applications_of_one_origin_do_not_meet() {
    // The driver prefixes every name with the namespace; what comes from another one is not a record.
    let first = Page::live();
    let (name, text) = (first.storage.names("tab:").remove(0), first.storage.spelt_record());
    let mut other = Page::open_with(json!({}), Storage::of(&format!("shop:{name}"), &text), first.now.wall.0 + 1);
    other.start();
    assert_ne!(other.session(), first.session());
}

#[test]
fn two_tabs_agree_on_a_session_that_the_backend_calls_by_another_name() {
    let mut first = Page::open();
    let mut second = first.open_another(json!({}));
    first.start();
    second.put(Input::Start);
    let (mut lower, mut higher) = if first.session() < second.session() { (first, second) } else { (second, first) };
    let mapped = r#"{"sessionId":"z-mapped","token":"t","profile":"full"}"#;
    lower.answer(201, mapped);
    higher.accept_all();
    higher.look_around();
    higher.accept_all();
    higher.log("click");
    lower.look_around();
    higher.look_around();
    higher.seconds(5);
    assert_eq!((lower.session(), higher.session()), ("z-mapped".into(), "z-mapped".into()));
    assert_eq!(higher.body()["sessionId"], "z-mapped");
    assert_eq!(higher.body()["events"][0]["seq"], 1);
}

#[test]
fn a_person_who_logs_in_in_another_tab_takes_the_place_of_the_one_before() {
    let mut before = Page::live();
    before.seconds(10);
    let mut after = before.open_another(json!({ "userId": "ada" }));
    after.start();
    after.accept_all();
    after.look_around();
    before.look_around();
    assert!(matches!(before.state(), State::Ended(_, EndReason::Replaced)));
    assert_eq!(before.body()["reason"], "replaced");
    assert!(matches!(after.state(), State::Live(..)));
}

#[test]
fn a_page_does_not_go_on_in_a_session_that_ended_in_a_tab_though_another_one_has_not_heard_of_it() {
    let mut tabs = two();
    let over = tabs[0].session();
    tabs[0].end(EndReason::Logout);
    tabs[1].pass(Millis(1));
    tabs[1].put(Input::Visible(false));
    assert_eq!(tabs[1].session(), over, "it was seen last, and knows nothing yet");
    let mut page = tabs[1].open_another(json!({}));
    page.start();
    assert_ne!(page.session(), over);
}

#[test]
fn of_two_tabs_that_go_on_elsewhere_a_page_that_returns_comes_from_the_one_that_ran_last() {
    for (last, moves) in [(0, vec!["-> home"]), (1, vec![])] {
        let mut page = Page::live();
        let mut others = ["docs", "home"].map(|section| {
            let mut other = page.open_another(json!({ "section": section }));
            other.start();
            other.accept_all();
            other
        });
        page.leave();
        for (number, other) in others.iter_mut().enumerate() {
            other.seconds(if number == last { 2 } else { 1 });
            other.put(Input::Visible(false));
            other.accept_all();
        }
        page.now = others[last].now;
        page.come_back();
        assert_eq!(events(&page.body()), moves, "the one that ran last is number {last}");
    }
}

/// A session that began long before all others.
const OLD: &str = "00000000-0000-7000-8000-000000000001";

/// The other tab is in this session from here on, and has left those.
fn cross_over(other: &Page, session: &str, left: &[&str]) {
    let id = |text: &str| Id::parse(text).expect("an id");
    let mut entries = other.storage.entries.borrow_mut();
    let mut record = Record::read(&other.record, &entries[&other.record]).expect("its record");
    record.over = left.iter().map(|session| id(session)).collect();
    let mut sessions = record.sessions.clone();
    let current = sessions.last_mut().expect("its session");
    (current.id, current.name) = (id(session), id(session));
    entries.insert(other.record.clone(), record.write(sessions.iter_mut()));
}

#[test]
fn of_two_sessions_that_tabs_left_for_each_other_the_younger_one_goes_on() {
    let mut page = Page::live();
    let (other, younger) = (page.another(), page.session());
    cross_over(&other, OLD, &[]);
    page.look_around();
    assert_eq!(page.session(), OLD, "of two at the same moment they meet in the older one");
    cross_over(&other, &younger, &[OLD]);
    page.look_around();
    assert_eq!(page.session(), younger, "and nobody goes round in circles");
    page.look_around();
    assert_eq!(page.session(), younger);
}

#[test]
fn a_tab_does_not_follow_into_an_older_session_that_somebody_left() {
    let mut page = Page::live();
    let (other, third, own) = (page.another(), page.another(), page.session());
    cross_over(&third, &own, &[OLD]);
    cross_over(&other, OLD, &[&own]);
    page.look_around();
    assert_eq!(page.session(), own);
}

#[test]
fn a_tab_does_not_go_back_to_a_session_that_the_backend_ended() {
    let mut page = Page::live();
    let (other, ended) = (page.another(), page.session());
    page.seconds(30);
    page.answer(410, r#"{"type":"x:session-ended"}"#);
    cross_over(&other, OLD, &[]);
    page.look_around();
    assert_eq!(page.session(), OLD);
    cross_over(&other, &ended, &[OLD]);
    page.look_around();
    assert_eq!(page.session(), OLD);
}

#[test]
fn a_tab_does_not_go_back_to_a_session_in_which_another_one_logged_out() {
    let mut page = Page::live();
    let (other, mut third, younger) = (page.another(), page.another(), page.session());
    cross_over(&other, OLD, &[]);
    page.look_around();
    assert_eq!(page.session(), OLD);
    third.put(Input::End(EndReason::Logout));
    cross_over(&other, &younger, &[OLD]);
    page.look_around();
    assert_eq!(page.session(), OLD);
}

#[test]
fn a_tab_that_goes_back_to_a_session_goes_on_with_its_numbers_there() {
    let mut page = Page::live();
    let (other, session) = (page.another(), page.session());
    let log = |page: &mut Page| {
        page.log("click");
        page.put(Input::Flush);
        while page.awaited().route.path() == "/start" {
            page.accept();
        }
        let seq = page.body()["events"].as_array().unwrap().last().unwrap()["seq"].clone();
        page.accept_all();
        (page.session(), seq)
    };
    assert_eq!(log(&mut page), (session.clone(), json!(1)));
    cross_over(&other, OLD, &[]);
    page.look_around();
    page.accept_all();
    assert_eq!(log(&mut page), (OLD.into(), json!(1)));
    cross_over(&other, &session, &[OLD]);
    page.look_around();
    page.accept_all();
    assert_eq!(log(&mut page), (session, json!(2)));
}

#[test]
fn a_tab_tells_the_others_of_each_session_that_is_over() {
    let mut page = Page::live();
    let mut over = Vec::new();
    for _ in 0..3 {
        over.push(page.session());
        page.seconds(30);
        page.answer(410, r#"{"type":"x:session-ended"}"#);
        page.accept_all();
    }
    let told: Vec<_> = page.storage.records()[0].over.iter().map(|session| session.as_str().to_string()).collect();
    assert_eq!(told, over);
}

#[test]
fn nobody_goes_into_a_session_that_the_backend_called_over_when_asked_about_a_dead_tab() {
    const NIGHT: u64 = 9 * 3_600_000;
    let mut first = Page::open();
    first.start();
    first.log("of the first");
    first.sleep(Millis(NIGHT));
    let over = first.session();
    let mut second = Page::open_with(json!({}), first.storage.clone(), NOON + NIGHT);
    second.start();
    let here = second.session();
    assert_eq!(second.body()["sessionId"], json!(over), "the first one seems dead");
    second.answer(410, r#"{"type":"urn:x:session-ended","endReason":"timeout"}"#);
    second.accept_all();
    // It only slept, and hears what was said before.
    first.accept_start();
    second.look_around();
    assert_eq!(second.session(), here);
    first.look_around();
    assert_eq!(first.session(), here);
}
