//! A page that had left and is there again: what it takes back, what it says again, and when it begins anew.

use crate::offline::{bodies, carrying, leave_refused, next_page};
use crate::page::{Page, events, parsed};
use serde_json::json;
use session_tracker::limits::RESUME;
use session_tracker::session::{EndReason, State};
use session_tracker::time::Millis;
use session_tracker::tracker::Input;

#[test]
fn a_page_that_comes_back_takes_its_goodbye_back_with_a_higher_epoch() {
    let mut page = Page::live();
    let id = page.session();
    page.leave();
    assert_eq!(parsed(&page.beacons[0].body)["epoch"], 1);
    page.seconds(60);
    page.come_back();
    assert_eq!(page.session(), id);
    assert_eq!(page.awaited().route.path(), "/heartbeat");
    assert_eq!(page.body()["epoch"], 2);
    page.accept();
    page.seconds(30);
    assert_eq!(page.awaited().route.path(), "/heartbeat");
}

#[test]
fn a_page_that_comes_back_after_another_one_was_there_goes_on_from_where_that_one_was() {
    let mut first = Page::live();
    first.seconds(10);
    first.leave();
    let options = json!({ "section": "pricing" });
    let mut second = Page::open_with(options, first.storage.clone(), first.now.wall.0 + 1_000);
    second.start();
    second.accept_all();
    second.seconds(20);
    second.accept_all();
    second.leave();
    first.sleep(Millis(30_000));
    first.come_back();
    assert_eq!(first.body()["epoch"], 3, "above the epoch of the page between");
    assert_eq!(events(&first.body()), ["-> home"]);
    assert_eq!(first.body()["heartbeat"]["activeSeconds"], 30);
}

#[test]
fn what_was_handed_over_is_sent_again_by_a_page_that_comes_back() {
    let mut page = Page::live();
    let id = page.log("maybe").unwrap();
    page.leave();
    page.come_back();
    assert_eq!(page.body()["events"][0]["eventId"], id.to_string());
    assert_eq!(page.tracker.ledger().delivered(), 0, "nobody heard an answer");
    page.answer(200, r#"{"accepted":[],"duplicates":[0],"rejected":[]}"#);
    assert_eq!(page.tracker.ledger().delivered(), 1);
}

#[test]
fn a_page_that_comes_back_too_late_begins_anew() {
    for (away, is_late) in [(RESUME, false), (Millis(RESUME.0 + 1), true)] {
        let mut page = Page::live();
        let first = page.session();
        page.leave();
        page.sleep(away);
        page.come_back();
        assert_eq!(page.session() != first, is_late, "after {away:?}");
        assert_eq!(page.body().get("previousId").is_some(), is_late);
    }
}

#[test]
fn a_final_end_that_left_by_beacon_is_said_again_by_a_page_that_comes_back() {
    let mut page = Page::live();
    page.end(EndReason::Logout);
    page.lose();
    page.leave();
    let farewell = parsed(&page.beacons[0].body);
    assert_eq!((&farewell["reason"], farewell.get("heartbeat")), (&json!("logout"), None), "nobody is there any more");
    page.come_back();
    assert_eq!(page.body()["reason"], "logout");
    page.accept();
    assert!(matches!(page.state(), State::Ended(_, EndReason::Logout)));
}

#[test]
fn a_page_that_came_back_before_its_start_was_answered_takes_its_goodbye_back() {
    let mut page = Page::open();
    page.start();
    page.leave();
    assert_eq!(parsed(&page.beacons[0].body)["end"]["reason"], "app_close");
    page.come_back();
    page.put(Input::Visible(true));
    page.accept_start();
    assert_eq!(page.body()["epoch"], 2, "higher than the goodbye's");
    assert_eq!(page.body()["heartbeat"]["activity"], "active");
}

#[test]
fn a_goodbye_that_overtook_a_request_ends_nothing_for_the_page_that_came_back() {
    let mut page = Page::live();
    let id = page.session();
    page.log("one");
    page.put(Input::Flush);
    page.leave();
    page.come_back();
    let ended = r#"{"accepted":[0],"status":"ended","endReason":"app_close"}"#;
    page.answer(200, ended);
    assert_eq!((page.session(), page.awaited().route.path()), (id.clone(), "/heartbeat"));
    page.answer(200, ended);
    assert_eq!((page.session(), page.awaited().route.path()), (id.clone(), "/heartbeat"));
    assert!(page.body()["epoch"].as_u64() > Some(2), "higher each time, for another page may have said goodbye too");
    assert!(page.body()["epoch"].as_u64() > Some(100), "above another tab that went through a hundred pages meanwhile");
    page.answer(200, ended);
    assert_ne!(page.session(), id, "a backend that takes nothing back is not asked for ever");
}

#[test]
fn a_session_whose_start_only_a_beacon_said_is_started_by_the_page_that_comes_back() {
    let mut page = Page::open();
    page.start();
    page.log("of the first");
    page.leave();
    page.sleep(Millis::from_seconds(31 * 60));
    page.come_back();
    let second = page.session();
    page.leave();
    page.come_back();
    // The first session's start was never answered, so nothing else could be sent meanwhile.
    let first = page.body()["sessionId"].clone();
    page.answer(200, &format!(r#"{{"sessionId":{first},"token":"t","profile":"full"}}"#));
    page.accept();
    assert_eq!(page.awaited().route.path(), "/start");
    assert_eq!(page.body()["sessionId"], second.as_str());
    page.accept_all();
    assert!(matches!(page.state(), State::Live(..)));
}

#[test]
fn a_page_that_was_refused_and_comes_back_leaves_to_others_what_a_dead_one_left() {
    let mut dead = Page::live();
    let mut page = dead.open_another(json!({}));
    page.start();
    page.seconds(1);
    page.lose();
    page.seconds(20);
    dead.log("left");
    leave_refused(&mut dead);
    page.seconds(9);
    page.answer(403, r#"{"detail":"this account is closed"}"#);
    assert_eq!(page.tracker.state(), State::Inert("refused"));
    assert_eq!(events(&page.body()), ["left"], "which it had taken over");
    page.leave();
    page.come_back();
    page.lose_all();
    page.seconds(10);
    assert!(page.beacons.is_empty(), "it is no page that leaves: {:?}", page.beacons);
    let sent = bodies(&mut next_page(&page, 1));
    let [sent] = carrying(&sent)[..] else { panic!("{sent:#?}") };
    assert_eq!(events(sent), ["left"]);
    assert!(page.storage.names("out:").is_empty());
}
