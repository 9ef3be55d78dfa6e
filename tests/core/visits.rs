//! Starting, beating, resting, ending.

use crate::page::{NOON, Page, Storage, events, parsed};
use serde_json::json;
use session_tracker::presence::Person;
use session_tracker::session::{EndReason, State};
use session_tracker::time::Millis;
use session_tracker::tracker::{Credential, Input, Notice};

#[test]
fn nothing_is_sent_before_the_start() {
    let mut page = Page::open();
    page.seconds(600);
    assert!(page.sent.is_empty());
    assert_eq!(page.state(), State::Idle);
}

#[test]
fn a_start_says_who_and_where_and_is_sent_once() {
    let mut page = Page::open_with(json!({ "userId": "ada", "section": "docs" }), Storage::default(), NOON);
    page.start();
    page.start();
    assert_eq!(page.awaited().route.path(), "/start");
    assert_eq!(page.awaited().credential, Credential::Bearer);
    let body = page.body();
    assert_eq!(body["userId"], "ada");
    assert_eq!(body["section"], "docs");
    assert_eq!(body["epoch"], 1);
    assert_eq!(body["startedAt"], "2026-03-01T12:00:00.000Z");
    assert_eq!(body["deviceInfo"]["os"], "Linux");
    assert!(body.get("lastSeq").is_none(), "no event has a number yet");
    page.accept();
    assert!(matches!(page.state(), State::Live(_, Person::Active)));
    assert_eq!(page.notices, [Notice::Started, Notice::Settled]);
}

#[test]
fn events_logged_before_the_start_succeeds_are_held_and_sent_after_it() {
    let mut page = Page::open();
    page.log("early");
    page.seconds(60);
    assert!(page.sent.is_empty());
    page.start();
    page.log("while starting");
    assert_eq!(page.paths(), ["/start"]);
    page.accept();
    assert_eq!(page.awaited().route.path(), "/batch");
    assert_eq!(events(&page.body()), ["early", "while starting"]);
    assert_eq!(page.body()["events"][0]["seq"], 1);
    assert_eq!(page.body()["lastSeq"], 2);
}

#[test]
fn a_visible_page_beats_every_thirty_seconds() {
    let mut page = Page::live();
    let mut beats = 0;
    for _ in 0..10 {
        page.seconds(30);
        assert_eq!(page.awaited().route.path(), "/heartbeat");
        assert_eq!(page.awaited().credential, Credential::InBody);
        page.accept();
        beats += 1;
    }
    assert_eq!(beats, 10);
    assert_eq!(page.state(), page.state());
}

#[test]
fn a_heartbeat_that_falls_due_with_events_travels_with_them() {
    let mut page = Page::live();
    page.seconds(26);
    page.log("late");
    page.pass(Millis(4_999));
    assert_eq!(page.paths(), ["/heartbeat"]);
    page.log("during the beat");
    page.seconds(6);
    page.accept();
    assert_eq!(page.awaited().route.path(), "/batch");
    assert!(page.body().get("heartbeat").is_none());
}

#[test]
fn a_hidden_page_says_so_once_and_does_not_beat() {
    let mut page = Page::live();
    page.put(Input::Visible(false));
    assert_eq!(page.awaited().route.path(), "/heartbeat");
    assert_eq!(page.body()["heartbeat"]["activity"], "hidden");
    assert!(page.awaited().keepalive);
    page.accept();
    page.seconds(1_200);
    assert!(page.sent.is_empty(), "a hidden page is silent");
    page.put(Input::Visible(true));
    assert_eq!(page.body()["heartbeat"]["activity"], "active");
}

#[test]
fn a_person_without_input_for_five_minutes_is_idle_until_the_next_input() {
    let mut page = Page::live();
    for _ in 0..10 {
        page.seconds(30);
        page.accept_all();
    }
    assert!(matches!(page.state(), State::Live(_, Person::Idle)));
    page.put(Input::Activity);
    assert!(matches!(page.state(), State::Live(_, Person::Active)));
    assert_eq!(page.body()["heartbeat"]["activity"], "active");
}

#[test]
fn an_event_that_ends_an_idle_spell_says_the_active_time_up_to_it() {
    let mut page = Page::live();
    for _ in 0..10 {
        page.seconds(30);
        page.accept_all();
    }
    page.seconds(17);
    page.log("back again");
    assert_eq!(page.body()["heartbeat"]["activeSeconds"], 317);
}

#[test]
fn active_time_counts_while_the_backend_makes_the_page_wait() {
    let mut page = Page::open_with(json!({ "persistence": "none" }), Storage::default(), NOON);
    page.start();
    page.accept();
    page.seconds(30);
    page.answer_after(429, r#"{"type":"x:rate-limited"}"#, Some(Millis::from_seconds(600)));
    page.seconds(602);
    let active = page.body()["heartbeat"]["activeSeconds"].as_f64().expect("a number");
    assert!((630.0..632.0).contains(&active), "{active} of the 630 s and a little jitter that have passed");
}

#[test]
fn active_time_counts_in_full_between_heartbeats_that_are_far_apart() {
    for heartbeat in [5, 600] {
        let mut page = Page::open_with(json!({ "heartbeatSeconds": heartbeat }), Storage::default(), NOON);
        page.start();
        page.accept();
        for _ in 0..599 {
            page.seconds(1);
            page.accept_all();
        }
        page.put(Input::Visible(false));
        assert_eq!(page.body()["heartbeat"]["activeSeconds"], 599, "with a heartbeat of {heartbeat} s");
    }
}

#[test]
fn active_time_is_visible_and_focused_time_and_no_sleep() {
    let mut page = Page::live();
    page.seconds(10);
    page.put(Input::Focused(false));
    page.seconds(7);
    page.put(Input::Focused(true));
    page.seconds(5);
    page.sleep(Millis::from_seconds(3_000));
    page.put(Input::Visible(false));
    assert_eq!(page.body()["heartbeat"]["activeSeconds"], 15);
}

#[test]
fn an_interval_of_two_beats_counts_and_a_longer_one_was_sleep() {
    for (millis, active) in [(60_000, 60.0), (60_001, 0.0), (4_000_000, 0.0)] {
        let mut page = Page::live();
        page.now.mono = page.now.mono.after(Millis(millis));
        page.put(Input::Visible(false));
        assert_eq!(page.body()["heartbeat"]["activeSeconds"].as_f64(), Some(active), "after {millis} ms");
    }
}

#[test]
fn a_sleep_takes_nothing_from_the_active_time_up_to_the_last_input() {
    let mut page = Page::live();
    page.seconds(7);
    page.put(Input::Activity);
    page.now.mono = page.now.mono.after(Millis::from_seconds(90));
    page.put(Input::Activity);
    page.accept_all();
    page.seconds(5);
    page.put(Input::Visible(false));
    assert_eq!(page.body()["heartbeat"]["activeSeconds"], 12);
}

#[test]
fn an_end_takes_what_waits_along_and_is_told_once() {
    let mut page = Page::live();
    page.log("last");
    page.end(EndReason::Logout);
    assert_eq!(page.awaited().route.path(), "/batch");
    assert_eq!(page.body()["end"]["reason"], "logout");
    assert_eq!(events(&page.body()), ["last"]);
    assert!(matches!(page.state(), State::Ended(Some(_), EndReason::Logout)));
    page.accept();
    page.end(EndReason::Manual);
    assert!(page.sent.is_empty());
    assert!(page.notices.contains(&Notice::Ended(EndReason::Logout)));
    assert_eq!(page.notices.last(), Some(&Notice::Settled));
    page.seconds(3_600);
    assert!(page.sent.is_empty(), "no heartbeat after an end");
}

#[test]
fn an_end_with_nothing_queued_is_a_request_of_its_own() {
    let mut page = Page::live();
    page.end(EndReason::Manual);
    assert_eq!(page.awaited().route.path(), "/end");
    assert_eq!(page.body()["reason"], "manual");
    assert_eq!(page.body()["endedAt"], "2026-03-01T12:00:00.000Z");
}

#[test]
fn an_end_during_the_start_waits_for_the_start() {
    let mut page = Page::open();
    page.start();
    page.log("only");
    page.end(EndReason::Manual);
    assert_eq!(page.paths(), ["/start"]);
    page.accept();
    assert_eq!(page.body()["end"]["reason"], "manual");
    assert_eq!(events(&page.body()), ["only"]);
}

#[test]
fn a_start_after_an_end_is_another_session() {
    let mut page = Page::live();
    let first = page.session();
    page.end(EndReason::Manual);
    page.accept();
    page.start();
    assert_ne!(page.session(), first);
    assert_eq!(page.body()["epoch"], 1);
}

#[test]
fn what_an_ended_session_owes_is_sent_before_the_next_one_starts() {
    let mut page = Page::live();
    let first = page.session();
    page.log("last of the first");
    page.end(EndReason::Manual);
    page.lose();
    page.start();
    page.log("first of the second");
    page.seconds(1);
    assert_eq!(page.body()["sessionId"], first.as_str());
    assert_eq!(events(&page.body()), ["last of the first"]);
    page.accept();
    assert_eq!(page.awaited().route.path(), "/start");
    assert_ne!(page.body()["sessionId"], first.as_str());
}

#[test]
fn a_session_lasts_a_day_at_most_by_comparison_with_the_clock() {
    let mut page = Page::live();
    let first = page.session();
    page.sleep(Millis::from_seconds(86_400));
    page.log("the next day");
    assert_ne!(page.session(), first);
    assert!(page.notices.contains(&Notice::Ended(EndReason::Timeout)));
    assert_eq!(page.awaited().route.path(), "/start");
    assert_eq!(page.body()["previousId"], first.as_str());
    page.accept();
    assert_eq!(events(&page.body()), ["the next day"]);
}

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
