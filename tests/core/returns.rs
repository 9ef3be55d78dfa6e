//! What the next page makes of what it finds: the session that it takes up, the one that it follows, and what it does not believe.

use crate::page::{NOON, Page, Storage, events, parsed};
use serde_json::json;
use session_tracker::limits::{MAX_SESSION, RESUME};
use session_tracker::record::Succession;
use session_tracker::session::{EndReason, State};
use session_tracker::time::Wall;
use session_tracker::tracker::Input;

#[test]
fn the_next_page_takes_the_session_up_with_its_totals_and_a_higher_epoch() {
    let mut first = Page::live();
    first.log("click");
    first.seconds(20);
    first.accept_all();
    first.leave();
    let options = json!({ "section": "pricing" });
    let mut second = Page::open_with(options, first.storage.clone(), first.now.wall.0 + 400);
    second.start();
    assert_eq!(second.session(), first.session());
    assert_eq!(second.body()["epoch"], 2);
    assert_eq!(second.body()["startedAt"], "2026-03-01T12:00:00.000Z");
    assert_eq!(second.body()["token"], parsed(&first.beacons[0].body)["token"]);
    second.accept();
    assert_eq!(events(&second.body()), ["-> pricing"]);
    assert_ne!(second.body()["tabId"], parsed(&first.beacons[0].body)["tabId"]);
    second.put(Input::Visible(false));
    second.accept();
    assert_eq!(second.body()["heartbeat"]["activeSeconds"], 20);
}

#[test]
fn a_page_after_the_resume_window_follows_instead() {
    let mut first = Page::live();
    first.leave();
    let gone = |wait| {
        let mut page = Page::open_with(json!({}), first.storage.copy(), first.now.wall.0 + wait);
        page.start();
        page.body()
    };
    assert_eq!(gone(1_800_000)["sessionId"], first.session().as_str());
    let late = gone(1_800_001);
    assert_ne!(late["sessionId"], first.session().as_str());
    assert_eq!(late["previousId"], first.session().as_str());
    assert!(late.get("previousEnd").is_none());
}

#[test]
fn a_page_that_vanished_without_a_word_counts_as_crashed_once_it_is_too_late_to_resume() {
    let first = Page::live();
    let mut page = Page::open_with(json!({}), first.storage.copy(), NOON + 1_800_001);
    page.start();
    assert_eq!(page.body()["previousEnd"], "crash");
}

#[test]
fn another_persons_session_is_not_taken_up() {
    let first = Page::live();
    let options = json!({ "userId": "grace" });
    let mut page = Page::open_with(options, first.storage.clone(), NOON + 1_000);
    page.start();
    assert_ne!(page.session(), first.session());
    assert_eq!(page.body()["previousId"], first.session().as_str());
    assert!(page.body().get("token").is_none());
}

#[test]
fn a_stored_time_in_the_future_is_not_believed() {
    let first = Page::live();
    let mut page = Page::open_with(json!({}), first.storage.copy(), NOON - 60_001);
    page.start();
    assert_ne!(page.session(), first.session());
    let mut within = Page::open_with(json!({}), first.storage.copy(), NOON - 60_000);
    within.start();
    assert_eq!(within.session(), first.session());
}

#[test]
fn a_session_that_began_in_the_future_is_not_believed_either() {
    let mut first = Page::live();
    let set_back = Wall(NOON - 3_600_000);
    first.now.wall = set_back;
    first.put(Input::Visible(false));
    let mut page = Page::open_with(json!({}), first.storage.clone(), set_back.0 + 1_000);
    page.start();
    assert_ne!(page.session(), first.session());
}

#[test]
fn a_session_is_taken_up_until_it_has_lasted_a_day() {
    let first = Page::live();
    let record = first.storage.records().remove(0);
    for (age, succession) in
        [(MAX_SESSION.0 - 1, Succession::Resume), (MAX_SESSION.0, Succession::Follow(Some(EndReason::Crash)))]
    {
        let mut session = record.current().expect("its session").clone();
        session.started = Wall(NOON - age);
        assert_eq!(record.succession(&session, "", Wall(NOON), RESUME, MAX_SESSION), succession, "after {age} ms");
    }
}

#[test]
fn garbage_in_storage_is_as_if_it_were_not_there() {
    let good = Page::live().storage.spelt_record();
    let cut = &good[..good.len() - 1];
    let other = good.replacen('3', "2", 1);
    for garbage in ["", "3", "3 ", "3 \n", "3 2\nx", "3 x\n", "{}", cut, &other] {
        let mut page =
            Page::open_with(json!({}), Storage::of("tab:019ca945-0a00-7000-8000-0000000000aa", garbage), NOON);
        page.start();
        assert!(page.body().get("previousId").is_none(), "{garbage:?}");
        page.accept();
    }
}

#[test]
fn nothing_is_saved_when_nothing_may_be() {
    let mut page = Page::open_with(json!({ "persistence": "none" }), Storage::default(), NOON);
    page.start();
    assert!(page.body().get("deviceId").is_none());
    page.accept();
    page.leave();
    assert!(page.storage.entries.borrow().is_empty());
}

#[test]
fn an_anonymous_visitor_is_known_again_by_the_token_that_the_backend_gave() {
    let mut first = Page::open();
    first.start();
    assert!(first.body().get("visitorToken").is_none());
    let id = first.session();
    first.answer(
        201,
        &format!(r#"{{"sessionId":"{id}","userId":"anon:1","token":"t","visitorToken":"v-1","profile":"full"}}"#),
    );
    first.end(EndReason::Logout);
    first.accept_all();
    first.leave();
    let mut next = Page::open_with(json!({}), first.storage.clone(), first.now.wall.0 + 86_400_000);
    next.start();
    next.accept_all();
    assert_eq!(next.tracker.visitor(), "v-1");
    next.end(EndReason::Logout);
    next.accept_all();
    next.start();
    assert_eq!(next.body()["visitorToken"], "v-1");
}

#[test]
fn a_goodbye_that_arrives_after_the_next_pages_start_is_the_older_word() {
    let mut page = Page::live();
    page.leave();
    let goodbye = parsed(&page.beacons[0].body);
    let mut next = page.open_another(json!({}));
    next.start();
    let start = next.body();
    assert_eq!(start["sessionId"], goodbye["sessionId"]);
    assert!(start["epoch"].as_u64() > goodbye["epoch"].as_u64(), "by this the backend knows which came later");
    next.accept_start();
    next.seconds(30);
    // A backend that goes by arrival has ended the session.
    next.answer(200, r#"{"status":"ended","endReason":"app_close"}"#);
    assert_eq!(next.body()["sessionId"], goodbye["sessionId"]);
    assert_eq!(next.awaited().route.path(), "/heartbeat", "that somebody is here takes it back");
    assert!(next.body()["epoch"].as_u64() > start["epoch"].as_u64());
    next.accept();
    assert!(matches!(next.state(), State::Live(..)));
}
