//! Leaving, and being refused at the door.

use crate::page::{Page, events, parsed};
use serde_json::json;
use session_tracker::session::State;
use session_tracker::tracker::{Input, Output};

fn said(page: &Page) -> Vec<String> {
    page.beacons.iter().flat_map(|beacon| events(&parsed(&beacon.body))).collect()
}

#[test]
fn one_beacon_says_everything_that_was_left() {
    let mut page = Page::live();
    page.log("one");
    page.go_to("pricing");
    page.leave();
    assert_eq!(page.beacons.len(), 1);
    let body = parsed(&page.beacons[0].body);
    assert_eq!(page.beacons[0].route.path(), "/batch");
    assert_eq!(events(&body), ["one", "-> pricing"]);
    assert_eq!(body["end"]["reason"], "app_close");
    assert!(body["token"].is_string());
    assert_eq!(body["heartbeat"]["activityCount"], 2);
}

#[test]
fn a_page_with_nothing_queued_says_goodbye_alone() {
    let mut page = Page::live();
    page.leave();
    assert_eq!(page.beacons[0].route.path(), "/end");
    assert_eq!(parsed(&page.beacons[0].body)["reason"], "app_close");
    page.leave();
    page.put(Input::Visible(false));
    assert_eq!(page.beacons.len(), 1);
    assert!(page.sent.is_empty());
}

#[test]
fn what_is_already_travelling_is_not_handed_over_again() {
    let mut page = Page::live();
    page.log("travelling");
    page.put(Input::Flush);
    page.log("waiting");
    page.leave();
    assert_eq!(said(&page), ["waiting"]);
}

/// Has sent four events of 20 kB, which is more than the keepalive quota.
fn with_a_large_request() -> Page {
    let mut page = Page::live();
    for n in 0..4 {
        page.tracker.log(n.to_string(), Some(format!("\"{}\"", "x".repeat(20_000))), page.now).unwrap();
    }
    page.put(Input::Flush);
    assert!(!page.awaited().keepalive);
    page
}

#[test]
fn what_travels_in_a_request_that_dies_with_the_page_is_handed_over_with_the_rest() {
    let mut page = with_a_large_request();
    page.log("waiting");
    page.beacon_quota = usize::MAX;
    page.leave();
    assert_eq!(said(&page), ["0", "1", "2", "3", "waiting"]);
    assert_eq!(page.cancelled.len(), 1);
}

#[test]
fn what_travels_in_a_request_that_dies_with_the_page_is_sent_anew_in_ones_that_do_not_as_it_hides() {
    let mut page = with_a_large_request();
    page.put(Input::Visible(false));
    assert_eq!(page.cancelled.len(), 1);
    let request = page.sent.pop().expect("another request");
    assert_eq!((events(&parsed(&request.body)), request.keepalive), (vec!["0".into()], true));
}

#[test]
fn a_visit_shorter_than_one_round_trip_is_one_beacon() {
    let mut page = Page::open();
    page.start();
    page.log("only");
    page.leave();
    assert_eq!(page.beacons.len(), 1);
    let body = parsed(&page.beacons[0].body);
    assert_eq!(page.beacons[0].route.path(), "/start");
    assert_eq!(events(&body), ["only"]);
    assert_eq!(body["end"]["reason"], "app_close");
    assert_eq!(body["platform"], "web");
}

#[test]
fn nothing_leaves_a_page_that_never_started() {
    let mut page = Page::open();
    page.log("held");
    page.leave();
    assert!(page.beacons.is_empty());
}

#[test]
fn many_events_leave_in_requests_of_sixteen_kibibytes_and_the_last_one_ends() {
    let mut page = Page::live();
    for n in 0..40 {
        page.tracker.log(n.to_string(), Some(format!("\"{}\"", "x".repeat(998))), page.now).unwrap();
    }
    page.leave();
    assert_eq!(said(&page).len(), 40);
    for beacon in &page.beacons {
        assert!(beacon.body.len() <= 17 * 1024);
    }
    let ends: Vec<_> = page.beacons.iter().map(|beacon| parsed(&beacon.body).get("end").is_some()).collect();
    assert_eq!(ends, [false, false, false, true]);
    let beats: Vec<_> = page.beacons.iter().map(|beacon| parsed(&beacon.body).get("heartbeat").is_some()).collect();
    assert_eq!(beats, ends, "the last word says how long the page was in use");
}

#[test]
fn a_session_that_the_backend_may_not_know_ends_with_the_last_of_its_events_too() {
    let mut page = Page::open();
    page.start();
    for n in 0..20 {
        page.tracker.log(n.to_string(), Some(format!("\"{}\"", "x".repeat(998))), page.now).unwrap();
    }
    page.leave();
    let said: Vec<_> =
        page.beacons.iter().map(|beacon| (beacon.route.path(), parsed(&beacon.body).get("end").is_some())).collect();
    assert_eq!(said, [("/start", false), ("/start", true)]);
}

#[test]
fn a_refused_beacon_is_halved_and_what_does_not_fit_stays_queued() {
    let mut page = Page::live();
    for n in 0..16 {
        page.tracker.log(n.to_string(), Some(format!("\"{}\"", "x".repeat(778))), page.now).unwrap();
    }
    page.beacon_quota = 6_000;
    page.leave();
    let handed = said(&page).len();
    assert!((4..=6).contains(&handed), "{handed} events of about a kilobyte fit into 6,000 bytes");
    let (waiting, leased) = page.tracker.pending();
    assert_eq!((waiting, leased), (16 - handed, handed));
    assert!(events(&parsed(&page.beacons[0].body)).len() > 1, "as much at a time as there is room for");
}

#[test]
fn an_exit_ends_even_if_every_beacon_is_refused() {
    let mut page = Page::live();
    for n in 0..2_000 {
        page.tracker.log(n.to_string(), None, page.now).unwrap();
    }
    page.beacon_quota = 0;
    page.leave();
    assert!(page.beacons.is_empty());
    assert_eq!(page.tracker.pending(), (2_000, 0));
    assert!(page.refused < 16, "a browser that does not take one event is not asked again: {} times", page.refused);
}

#[test]
fn an_exit_never_makes_more_than_sixteen_requests() {
    let mut page = Page::live();
    page.beacon_quota = usize::MAX;
    for n in 0..400 {
        page.tracker.log(n.to_string(), Some(format!("\"{}\"", "x".repeat(998))), page.now).unwrap();
    }
    page.leave();
    assert_eq!(page.beacons.len(), 16);
}

#[test]
fn a_page_that_has_left_waits_for_nothing() {
    let mut page = Page::live();
    page.log("click");
    page.go_to("docs");
    page.leave();
    assert!(matches!(page.tracker.poll(page.now), Output::Sleep(None)));
}

#[test]
fn destroying_the_tracker_says_goodbye_and_is_the_end_of_it() {
    let mut page = Page::live();
    page.log("last");
    page.put(Input::Close);
    assert_eq!(said(&page), ["last"]);
    let farewell = parsed(&page.beacons[0].body);
    assert_eq!((&farewell["end"]["reason"], &farewell["heartbeat"]["activityCount"]), (&json!("app_close"), &json!(1)));
    assert_eq!(page.state(), State::Inert("destroyed"));
    page.come_back();
    page.put(Input::Start);
    page.seconds(3_600);
    assert!(page.sent.is_empty());
    assert!(page.tracker.log("after".into(), None, page.now).is_err());
}

#[test]
fn a_leaving_page_of_a_core_backend_makes_eight_requests_at_most() {
    let mut page = Page::live_core();
    for n in 0..20 {
        page.log(&n.to_string());
    }
    page.leave();
    assert_eq!(page.beacons.len(), 8);
    assert!(page.beacons.iter().all(|beacon| beacon.route.path() == "/log-event"));
}
