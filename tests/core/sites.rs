//! Sibling origins of a common domain: one session, each origin beating for itself, and an end only when the last of them is left.
//! Their storage is apart; all that passes between them is one cookie for each.

use crate::domain::Domain;
use crate::page::{NOON, Page, Storage, events, parsed};
use serde_json::json;
use session_tracker::id::Id;
use session_tracker::record::Record;
use session_tracker::section::Section;
use session_tracker::session::{EndReason, State};
use session_tracker::time::{Millis, Wall};
use session_tracker::tracker::{Input, Notice};

/// A page of this origin, at the moment of that other one.
fn page(domain: &Domain, origin: &'static str, at: Option<&Page>) -> Page {
    let storage = Storage::of_origin(domain.at(origin));
    let mut page = Page::open_with(json!({}), storage, at.map_or(NOON, |at| at.now.wall.0));
    page.now = at.map_or(page.now, |at| at.now);
    page
}

fn live(domain: &Domain, origin: &'static str, at: Option<&Page>) -> Page {
    let mut page = page(domain, origin, at);
    page.start();
    page.accept_all();
    page
}

fn two() -> (Domain, [Page; 2]) {
    let domain = Domain::default();
    let a = live(&domain, "a", None);
    let b = live(&domain, "b", Some(&a));
    (domain, [a, b])
}

/// Lets time pass on all origins, second by second. Gives how many heartbeats each sent.
fn pass(pages: &mut [Page], seconds: u64) -> Vec<usize> {
    let mut beats = vec![0; pages.len()];
    for _ in 0..seconds {
        for (page, beats) in pages.iter_mut().zip(&mut beats) {
            page.seconds(1);
            *beats += page.sent.iter().filter(|request| parsed(&request.body).get("heartbeat").is_some()).count();
            page.accept_all();
        }
    }
    beats
}

fn goodbyes(page: &Page) -> usize {
    page.beacons.iter().filter(|beacon| beacon.body.contains("app_close")).count()
}

#[test]
fn two_origins_are_one_session_and_each_beats_for_itself() {
    let (_, mut pages) = two();
    assert_eq!(pages[0].session(), pages[1].session());
    let beats = pass(&mut pages, 600);
    assert!(beats.iter().all(|beats| (19..=21).contains(beats)), "{beats:?}");
}

#[test]
fn leaving_one_of_two_origins_ends_nothing_and_leaving_the_last_one_does() {
    let (_, mut pages) = two();
    pass(&mut pages, 95);
    let [mut a, b] = pages;
    a.leave();
    assert_eq!(goodbyes(&a), 0);
    let mut rest = [b];
    pass(&mut rest, 20);
    rest[0].leave();
    assert_eq!(goodbyes(&rest[0]), 1);
}

#[test]
fn a_navigation_to_another_origin_continues_the_session_with_its_start() {
    let domain = Domain::default();
    let mut a = live(&domain, "a", None);
    pass(std::slice::from_mut(&mut a), 90);
    let State::Live(there, _) = a.state() else { panic!("{:?}", a.state()) };
    a.leave();
    assert_eq!(goodbyes(&a), 1, "as far as it knows it was the last");
    let mut b = page(&domain, "b", Some(&a));
    b.seconds(2);
    b.start();
    let start = b.body();
    assert_eq!(start["sessionId"], json!(a.session()));
    assert_eq!(start["startedAt"], json!("2026-03-01T12:00:00.000Z"), "{start}");
    assert_eq!(start["epoch"], json!(2), "so the goodbye is taken back");
    b.accept_start();
    let State::Live(here, _) = b.state() else { panic!("{:?}", b.state()) };
    assert_eq!(here.started, there.started);
}

#[test]
fn whoever_comes_back_has_the_last_word_on_the_end() {
    let (_, [mut a, mut b]) = two();
    a.leave();
    pass(std::slice::from_mut(&mut b), 5);
    b.leave();
    assert_eq!((goodbyes(&a), goodbyes(&b)), (0, 1));
    let farewell = parsed(&b.beacons.last().expect("a goodbye").body)["epoch"].as_u64();
    a.seconds(5);
    a.come_back();
    assert!(a.body()["epoch"].as_u64() > farewell, "{} after {farewell:?}", a.body());
}

#[test]
fn active_time_goes_on_where_the_other_origin_left_it() {
    let domain = Domain::default();
    let mut a = live(&domain, "a", None);
    pass(std::slice::from_mut(&mut a), 90);
    a.leave();
    let mut b = [live(&domain, "b", Some(&a))];
    pass(&mut b, 29);
    b[0].seconds(1);
    assert_eq!(b[0].body()["heartbeat"]["activeSeconds"], json!(120));
}

#[test]
fn an_origin_that_was_silent_for_two_minutes_keeps_nothing_open() {
    for (silent, ended) in [(110, 0), (155, 1)] {
        let (_, [a, b]) = two();
        a.crash();
        let mut b = [b];
        pass(&mut b, silent);
        b[0].leave();
        assert_eq!(goodbyes(&b[0]), ended, "after {silent} s");
    }
}

#[test]
fn an_end_on_one_origin_is_an_end_on_the_others() {
    let (domain, [mut a, mut b]) = two();
    a.end(EndReason::Logout);
    a.accept_all();
    b.look_around();
    assert!(matches!(b.state(), State::Ended(_, EndReason::Logout)), "{:?}", b.state());
    assert!(b.sent.is_empty(), "the backend knows");
    assert_ne!(live(&domain, "c", Some(&a)).session(), a.session());
}

#[test]
fn two_origins_that_open_at_the_same_moment_agree_on_one_session() {
    let domain = Domain::default();
    let (mut a, mut b) = (page(&domain, "a", None), page(&domain, "b", None));
    a.put(Input::Start);
    b.put(Input::Start);
    assert_ne!(a.session(), b.session());
    a.accept_all();
    b.accept_all();
    let mut pages = [a, b];
    pass(&mut pages, 61);
    assert_eq!(pages[0].session(), pages[1].session());
}

#[test]
fn what_stands_for_another_origin_is_never_taken_over() {
    let (_, [a, b]) = two();
    a.crash();
    let mut b = [b];
    pass(&mut b, 400);
    let own = b[0].storage.records().pop().expect("its own record");
    assert!(own.claims.is_empty() && own.sessions.len() == 1, "{own:?}");
}

#[test]
fn a_session_that_was_left_too_long_ago_is_not_taken_up() {
    let domain = Domain::default();
    let mut a = live(&domain, "a", None);
    a.leave();
    let after = |minutes: u64| {
        let mut b = page(&domain, "b", Some(&a));
        b.pass(Millis::from_seconds(minutes * 60));
        b.start();
        b.session()
    };
    assert_eq!(after(29), a.session());
    assert_ne!(after(31), a.session());
}

/// What a backend may say to a start that names a session of somebody else.
const REFUSALS: [(u16, &str); 4] = [
    (404, r#"{"type":"urn:session-tracker:problem:session-not-found","status":404}"#),
    (409, r#"{"type":"urn:session-tracker:problem:conflict","status":409,"detail":"No."}"#),
    (410, r#"{"type":"urn:session-tracker:problem:session-ended","status":410,"endReason":"logout"}"#),
    (422, r#"{"type":"urn:session-tracker:problem:invalid-request","status":422,"detail":"No."}"#),
];

#[test]
fn a_session_that_is_not_the_visitors_gives_way_to_one_of_their_own_and_nothing_is_lost() {
    for (status, problem) in REFUSALS {
        let domain = Domain::default();
        let a = live(&domain, "a", None);
        let mut b = page(&domain, "b", Some(&a));
        b.seconds(1);
        b.log("before the answer");
        b.start();
        b.log("while it travels");
        assert_eq!(b.session(), a.session());
        b.answer(status, problem);
        assert_ne!(b.session(), a.session(), "after {status}");
        let start = b.body();
        assert_eq!((&start["epoch"], start.get("previousId")), (&json!(1), None), "{start}");
        b.accept_start();
        assert_eq!(b.notices.iter().filter(|notice| **notice == Notice::Started).count(), 1);
        assert_eq!(events(&b.body()), ["-> home", "before the answer", "while it travels"]);
        b.accept_all();
        let own = b.session();
        let mut pages = [a, b];
        pass(&mut pages, 300);
        let [a, mut b] = pages;
        assert_eq!(b.session(), own, "and it stays there, whatever the other origin tells");
        assert_ne!(a.session(), own);
        b.leave();
        assert_eq!(goodbyes(&b), 1, "the other's being there keeps nothing open");
    }
}

#[test]
fn a_session_of_this_page_is_refused_as_ever() {
    let domain = Domain::default();
    let mut a = page(&domain, "a", None);
    a.start();
    a.answer(409, REFUSALS[1].1);
    assert_eq!(a.state(), State::Inert("refused"));
}

#[test]
fn a_forged_cookie_can_lead_to_a_session_of_ones_own_but_not_to_a_loop() {
    let (domain, [a, b]) = two();
    let forged = domain.at("a");
    forged.forge(|record: &mut Record| {
        let session = record.sessions.last_mut().expect("a session");
        session.id = Id::parse("00000000-0000-7000-8000-000000000000").expect("an id");
        session.name = session.id.clone();
        record.seen = Wall(NOON + 30_000);
    });
    drop(a);
    let mut starts = 0;
    let mut b = b;
    for _ in 0..600 {
        b.seconds(1);
        while let Some(request) = b.sent.first() {
            let is_forged = request.body.contains("00000000-0000-7000");
            starts += usize::from(request.route.path() == "/start");
            if is_forged && request.route.path() == "/start" {
                b.answer(404, REFUSALS[0].1);
            } else {
                b.accept();
            }
        }
    }
    assert!(matches!(b.state(), State::Live(..)), "{:?}", b.state());
    assert!(starts <= 2, "{starts} starts");
}

#[test]
fn a_page_says_its_own_section_after_another_origins() {
    let domain = Domain::default();
    let mut a = live(&domain, "a", None);
    a.leave();
    let mut b = page(&domain, "b", Some(&a));
    b.put(Input::Section { section: Section::parse("checkout").expect("a name"), at_once: true });
    b.start();
    b.accept_start();
    assert_eq!(events(&b.body()), ["-> checkout"]);
}

#[test]
fn the_two_readings_of_a_record_agree() {
    let own =
        Record::read("tab:0198f3a2-7b5c-7def-8123-000000000001", include_str!("records/own.txt")).expect("a record");
    let current = own.current().expect("a session");
    assert_eq!(current.id.as_str(), "0198f3a2-7b5c-7def-8123-0000000000a2");
    assert_eq!((own.over.len(), own.claims.len(), own.sessions.len()), (1, 1, 2));
    let spelt = own.clone().write(own.sessions.clone().iter_mut());
    assert_eq!(spelt, include_str!("records/own.txt"));
    let told = Record::read("tab:at-1tx3hk2", include_str!("records/told.txt")).expect("a record");
    assert!(told.is_elsewhere());
    let session = told.current().expect("a session");
    assert_eq!((session.id.as_str(), session.name.as_str()), (current.id.as_str(), current.name.as_str()));
    assert_eq!((session.epoch, session.started, &*session.user), (current.epoch, current.started, "ada"));
    assert_eq!((told.seen, told.left, told.person, told.ended), (own.seen, own.left, own.person, own.ended));
    assert_eq!((told.activities, told.active, &told.device), (own.activities, own.active, &own.device));
    assert!(session.token.is_empty() && session.subject.is_empty() && told.visitor.is_empty());
}
