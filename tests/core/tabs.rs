//! Several tabs of one origin: one session, one heart, and an end only when the last of them goes.

use crate::page::{Page, Storage, parsed};
use serde_json::json;
use session_tracker::time::Millis;
use session_tracker::tracker::Input;

/// Lets time pass in all tabs at once, second by second; the backend takes everything. Gives how many heartbeats it took.
fn pass(tabs: &mut [Page], seconds: u64) -> usize {
    let mut beats = 0;
    for _ in 0..seconds {
        for tab in &mut *tabs {
            tab.seconds(1);
            beats += tab.sent.iter().filter(|request| parsed(&request.body).get("heartbeat").is_some()).count();
            tab.accept_all();
        }
    }
    beats
}

fn tabs(count: usize) -> Vec<Page> {
    let mut tabs = vec![Page::live()];
    while tabs.len() < count {
        tabs.push(tabs[0].another());
    }
    tabs
}

fn goodbyes(tab: &Page) -> usize {
    tab.beacons.iter().filter(|beacon| beacon.body.contains("app_close")).count()
}

#[test]
fn ten_tabs_for_ten_minutes_are_one_session_and_twenty_heartbeats() {
    let mut tabs = tabs(10);
    assert!(tabs.iter().all(|tab| tab.session() == tabs[0].session()));
    let beats = pass(&mut tabs, 600);
    assert!((19..=21).contains(&beats), "{beats} heartbeats");
}

#[test]
fn every_tab_has_a_name_of_its_own() {
    let mut tabs = tabs(3);
    let names: Vec<_> = tabs
        .iter_mut()
        .map(|tab| {
            tab.log("click");
            tab.seconds(5);
            tab.body()["tabId"].to_string()
        })
        .collect();
    assert!(names[0] != names[1] && names[1] != names[2] && names[0] != names[2], "{names:?}");
}

#[test]
fn closing_one_of_three_tabs_ends_nothing_and_closing_the_last_one_does() {
    let mut tabs = tabs(3);
    for left in [2, 1, 0] {
        let mut closing = tabs.remove(0);
        closing.leave();
        assert_eq!(goodbyes(&closing), usize::from(left == 0), "{left} tabs left");
        pass(&mut tabs, 5);
    }
}

#[test]
fn a_hidden_tab_keeps_the_session_open_as_long_as_it_runs() {
    let mut tabs = tabs(2);
    tabs[0].put(Input::Visible(false));
    pass(&mut tabs, 600);
    let mut closing = tabs.remove(1);
    closing.leave();
    assert_eq!(goodbyes(&closing), 0);
}

#[test]
fn a_tab_that_crashed_keeps_the_session_open_for_two_minutes() {
    for (seconds, ended) in [(110, 0), (125, 1)] {
        let mut tabs = tabs(2);
        tabs.remove(0).crash();
        pass(&mut tabs, seconds);
        tabs[0].leave();
        assert_eq!(goodbyes(&tabs[0]), ended, "after {seconds} s");
    }
}

#[test]
fn the_lead_passes_within_one_beat_when_the_leader_hides_leaves_or_crashes() {
    type Going = fn(&mut Vec<Page>);
    let hides: Going = |tabs| tabs[0].put(Input::Visible(false));
    let leaves: Going = |tabs| tabs[0].leave();
    let crashes: Going = |tabs| tabs.remove(0).crash();
    let ends: Going = |tabs| tabs[0].put(Input::Close);
    for going in [hides, leaves, crashes, ends] {
        let mut tabs = tabs(3);
        pass(&mut tabs, 45);
        going(&mut tabs);
        tabs.iter_mut().for_each(Page::accept_all);
        assert!(pass(&mut tabs, 31) >= 1);
        let beats = pass(&mut tabs, 300);
        assert!((9..=11).contains(&beats), "{beats} heartbeats in five minutes");
    }
}

#[test]
fn a_tab_that_is_hidden_before_it_got_the_lead_gives_it_back() {
    let mut tabs = tabs(2);
    tabs[0].put(Input::Visible(false));
    tabs[0].put(Input::Led(true));
    assert!(pass(&mut tabs, 60) >= 1, "the other one could take it");
}

#[test]
fn time_counts_once_where_a_person_goes_from_tab_to_tab() {
    let mut tabs = tabs(2);
    tabs[1].put(Input::Focused(false));
    pass(&mut tabs, 40);
    for (from, to) in [(0, 1), (1, 0), (0, 1)] {
        tabs[from].put(Input::Focused(false));
        tabs[to].look_around();
        tabs[to].put(Input::Focused(true));
        tabs[from].look_around();
        pass(&mut tabs, 40);
    }
    tabs[0].leave();
    tabs[1].leave();
    let goodbye = parsed(&tabs[1].beacons[0].body);
    assert_eq!(goodbye["heartbeat"]["activeSeconds"].as_f64(), Some(160.0));
}

#[test]
fn what_another_tab_reached_counts_though_it_is_read_half_a_second_late() {
    let mut tabs = tabs(2);
    tabs[1].put(Input::Focused(false));
    pass(&mut tabs, 40);
    tabs[1].put(Input::Focused(true));
    tabs[0].put(Input::Focused(false));
    tabs[1].pass(Millis(500));
    tabs[1].look_around();
    tabs[1].pass(Millis(500));
    tabs[0].leave();
    tabs[1].leave();
    assert_eq!(parsed(&tabs[1].beacons[0].body)["heartbeat"]["activeSeconds"].as_f64(), Some(41.0));
}

#[test]
fn the_one_that_beats_says_that_the_person_is_active_in_another_tab() {
    let mut tabs = tabs(2);
    for _ in 0..6 {
        tabs[1].put(Input::Activity);
        pass(&mut tabs, 60);
    }
    tabs[0].look_around();
    while tabs[0].sent.is_empty() {
        tabs[0].seconds(1);
    }
    assert_eq!(tabs[0].body()["heartbeat"]["activity"], "active");
}

#[test]
fn without_storage_every_page_is_a_visit_of_its_own_and_beats() {
    let options = json!({ "persistence": "none" });
    let mut tabs: Vec<_> =
        (0..2).map(|n| Page::open_with(options.clone(), Storage::default(), 1_772_366_400_000 + n)).collect();
    for tab in &mut tabs {
        tab.start();
        tab.accept_all();
    }
    assert_eq!(pass(&mut tabs, 60), 4);
}

#[test]
fn the_time_that_a_tab_counted_stays_in_the_session_when_the_tab_is_gone() {
    let mut tabs = tabs(2);
    tabs[1].put(Input::Focused(false));
    pass(&mut tabs, 40);
    let mut gone = tabs.remove(0);
    gone.leave();
    pass(&mut tabs, 31);
    assert_eq!(tabs[0].storage.names("tab:").len(), 1, "its record went with it");
    let mut later = tabs[0].another();
    later.put(Input::Visible(false));
    assert_eq!(later.body()["heartbeat"]["activeSeconds"], 40);
}

#[test]
fn a_hidden_tab_does_not_ask_for_the_lead_and_one_that_leads_does_not_ask_again() {
    let mut tabs = tabs(2);
    tabs[1].put(Input::Visible(false));
    tabs[1].accept_all();
    tabs.iter_mut().for_each(|tab| tab.asked.clear());
    pass(&mut tabs, 120);
    assert!(tabs.iter().all(|tab| !tab.asked.contains(&"lead".into())));
}
