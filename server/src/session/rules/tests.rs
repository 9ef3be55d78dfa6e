//! The rules as stories, without a store: each test says which requests come, in which order, and what stands afterwards.

use super::*;
use crate::session::times::Sent;
use crate::session::write::{Replace, Tab};
use std::time::Duration;
use uuid::Uuid;

const START: &str = "2026-03-01T12:00:00.000Z";

/// A session on which requests arrive some seconds after it began.
struct Story {
    slot: Option<Session>,
    timing: Timing,
}

impl Story {
    fn begun() -> Self {
        let mut story = Self { slot: None, timing: Timing::default() };
        story.hear(0, |write| write.start = Some(start())).unwrap();
        story
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::parse(START).unwrap().plus(Duration::from_secs(seconds))
    }

    fn hear(&mut self, seconds: u64, say: impl FnOnce(&mut Write)) -> Result<Effect, Refusal> {
        let mut write = write(Self::at(seconds));
        say(&mut write);
        if let Some(session) = &mut self.slot {
            expire(session, write.sent.received_at, &self.timing);
        }
        apply(&mut self.slot, &write, &self.timing)
    }

    fn start(&mut self, seconds: u64, epoch: u64) -> Result<Effect, Refusal> {
        self.hear(seconds, |write| {
            write.start = Some(start());
            write.epoch = Some(epoch);
        })
    }

    fn beat(&mut self, seconds: u64, epoch: u64) -> Result<Effect, Refusal> {
        self.hear(seconds, |write| {
            write.beat = Some(beat(Activity::Active, 0, 0));
            write.epoch = Some(epoch);
        })
    }

    fn end(&mut self, seconds: u64, epoch: u64, reason: EndReason) -> Result<Effect, Refusal> {
        self.hear(seconds, |write| {
            write.end = Some(End { reason, ended_at: Some(Self::at(seconds)) });
            write.epoch = Some(epoch);
        })
    }

    fn event(&mut self, seconds: u64, kind: &str, section: &str, occurred: u64) -> Result<Effect, Refusal> {
        self.hear(seconds, |write| {
            write.events = vec![Event {
                index: 0,
                id: ids::mapped(Uuid::from_u128(9), Self::at(occurred)),
                seq: Some(1),
                kind: kind.into(),
                data: None,
                section: Some(section.into()),
                occurred_at: Some(Self::at(occurred)),
            }];
        })
    }

    fn session(&self) -> &Session {
        self.slot.as_ref().unwrap()
    }

    fn ended(&self) -> Option<(EndReason, Timestamp)> {
        self.session().ended().map(|ended| (ended.reason, ended.at))
    }
}

fn write(received_at: Timestamp) -> Write {
    Write {
        user_id: "ada".into(),
        session_id: ids::mapped(Uuid::from_u128(1), Story::at(0)),
        sent: Sent { received_at, sent_at: Some(received_at) },
        epoch: None,
        tab: Some(Tab { id: Uuid::from_u128(2), last_seq: None, dropped: Vec::new() }),
        start: None,
        events: Vec::new(),
        section: None,
        metadata: None,
        beat: None,
        end: None,
    }
}

fn start() -> Start {
    Start { platform: "web".into(), section: Some("home".into()), replace: Replace::Device, ..Start::default() }
}

fn beat(activity: Activity, activity_count: u64, active_seconds: u64) -> Beat {
    Beat { activity, activity_count, active_seconds }
}

#[test]
fn a_repeated_start_changes_nothing() {
    let mut story = Story::begun();
    let before = story.session().clone();
    let effect = story.start(0, 1).unwrap();
    assert!(!effect.created && !effect.arrived);
    assert_eq!(story.session(), &before);
}

#[test]
fn a_page_that_comes_back_takes_its_goodbye_back() {
    let mut story = Story::begun();
    story.end(60, 1, EndReason::AppClose).unwrap();
    assert_eq!(story.ended(), Some((EndReason::AppClose, Story::at(60))));
    assert!(story.start(62, 2).unwrap().arrived);
    assert_eq!(story.ended(), None);
    assert_eq!(story.session().epoch, 2);
}

#[test]
fn a_beat_that_its_goodbye_overtook_does_not_revive() {
    let mut story = Story::begun();
    story.end(60, 1, EndReason::AppClose).unwrap();
    story.beat(61, 1).unwrap();
    assert_eq!(story.ended(), Some((EndReason::AppClose, Story::at(60))));
}

#[test]
fn a_goodbye_that_comes_after_the_next_page_is_ignored() {
    let mut story = Story::begun();
    story.start(60, 2).unwrap();
    story.end(61, 1, EndReason::AppClose).unwrap();
    assert_eq!(story.ended(), None);
}

#[test]
fn a_left_page_can_come_back_for_half_an_hour_and_not_a_moment_longer() {
    let mut story = Story::begun();
    story.end(60, 1, EndReason::AppClose).unwrap();
    story.start(60 + 1_800, 2).unwrap();
    assert_eq!(story.ended(), None);

    let mut story = Story::begun();
    story.end(60, 1, EndReason::AppClose).unwrap();
    assert_eq!(story.start(60 + 1_801, 2), Err(Refusal::Ended { reason: EndReason::AppClose, at: Story::at(60) }));
}

#[test]
fn a_later_goodbye_moves_the_end_and_a_repeated_one_does_not() {
    let mut story = Story::begun();
    story.end(60, 1, EndReason::AppClose).unwrap();
    story.end(90, 1, EndReason::AppClose).unwrap();
    assert_eq!(story.ended(), Some((EndReason::AppClose, Story::at(60))));
    story.end(90, 2, EndReason::AppClose).unwrap();
    assert_eq!(story.ended(), Some((EndReason::AppClose, Story::at(90))));
}

#[test]
fn a_client_without_epochs_is_revived_by_any_sign_of_life() {
    let mut story = Story::begun();
    let goodbye = |write: &mut Write| write.end = Some(End { reason: EndReason::AppClose, ended_at: None });
    story.hear(60, goodbye).unwrap();
    assert!(story.ended().is_some());
    story.hear(61, |write| write.section = Some(Stated { section: None, occurred_at: None })).unwrap();
    assert_eq!(story.ended(), None);
    story.hear(62, goodbye).unwrap();
    assert!(story.ended().is_some());
}

#[test]
fn final_ends_stay_whatever_comes() {
    for reason in EndReason::ALL.into_iter().filter(|reason| *reason != EndReason::AppClose) {
        let mut story = Story::begun();
        story.end(60, 1, reason).unwrap();
        let refusal = Err(Refusal::Ended { reason, at: Story::at(60) });
        assert_eq!(story.start(61, 2), refusal);
        assert_eq!(story.beat(61, 2), refusal);
        story.end(62, 3, EndReason::Logout).unwrap();
        assert_eq!(story.ended(), Some((reason, Story::at(60))));
    }
}

#[test]
fn a_logout_that_a_goodbye_overtook_is_still_a_logout() {
    let mut story = Story::begun();
    story.end(60, 1, EndReason::AppClose).unwrap();
    story.end(61, 1, EndReason::Logout).unwrap();
    assert_eq!(story.ended().map(|(reason, _)| reason), Some(EndReason::Logout));
}

#[test]
fn silence_ends_a_session_at_its_last_contact() {
    let mut story = Story::begun();
    story.beat(30, 1).unwrap();
    story.beat(30 + 3_599, 1).unwrap();
    assert_eq!(story.ended(), None);
    let refusal = Err(Refusal::Ended { reason: EndReason::Timeout, at: Story::at(3_629) });
    assert_eq!(story.beat(3_629 + 3_600, 1), refusal);
}

#[test]
fn a_day_is_the_longest_session() {
    let mut story = Story::begun();
    for half_hour in 1..48 {
        story.beat(half_hour * 1_800, 1).unwrap();
    }
    assert!(matches!(story.beat(86_400, 1), Err(Refusal::Ended { reason: EndReason::Timeout, .. })));
}

#[test]
fn events_are_no_sign_of_life_and_do_not_revive() {
    let mut story = Story::begun();
    story.event(3_000, "click", "home", 3_000).unwrap();
    assert_eq!(story.session().last_contact_at, Story::at(0));
    story.end(3_100, 1, EndReason::AppClose).unwrap();
    story.event(3_200, "click", "home", 3_050).unwrap();
    assert!(story.ended().is_some());
}

#[test]
fn late_events_are_taken_for_seven_days_after_the_end() {
    let fate = |seconds| {
        let mut story = Story::begun();
        story.end(60, 1, EndReason::Logout).unwrap();
        let effect = story.event(seconds, "click", "home", 30).unwrap();
        (effect.events[0].0.fate, effect.events[0].1.is_some())
    };
    assert_eq!(fate(60 + 7 * 86_400), (Fate::Accepted, true));
    assert_eq!(fate(61 + 7 * 86_400), (Fate::TooLate, false));
}

#[test]
fn a_section_change_by_update_is_an_event_and_is_taken_as_one_after_the_end() {
    let mut story = Story::begun();
    story.end(60, 1, EndReason::Logout).unwrap();
    let ended = story.ended();
    let moved = |story: &mut Story, seconds| {
        story.hear(seconds, |write| {
            write.section = Some(Stated { section: None, occurred_at: Some(Story::at(50)) });
            write.events = vec![Event {
                index: 0,
                id: ids::mapped(Uuid::from_u128(9), Story::at(seconds)),
                seq: Some(1),
                kind: SECTION_CHANGE.into(),
                data: None,
                section: Some("docs".into()),
                occurred_at: Some(Story::at(50)),
            }];
        })
    };
    let week = 60 + LATE_EVENTS.as_secs();
    assert_eq!(moved(&mut story, week).unwrap().events[0].0.fate, Fate::Accepted);
    assert_eq!((story.ended(), story.session().section.as_deref()), (ended, Some("docs")));
    assert!(matches!(moved(&mut story, week + 1), Err(Refusal::Ended { reason: EndReason::Logout, .. })));
}

#[test]
fn the_later_section_is_current_in_whatever_order_changes_come() {
    let mut story = Story::begun();
    story.event(20, SECTION_CHANGE, "pricing", 18).unwrap();
    story.event(21, SECTION_CHANGE, "docs", 12).unwrap();
    assert_eq!(story.session().section.as_deref(), Some("pricing"));
}

#[test]
fn of_totals_the_greatest_is_kept() {
    let mut story = Story::begun();
    for (seconds, count, active) in [(30, 5, 29), (31, 3, 10), (60, 4, 55)] {
        story.hear(seconds, |write| write.beat = Some(beat(Activity::Active, count, active))).unwrap();
    }
    assert_eq!((story.session().activity_count, story.session().active_seconds), (5, 55));
}

#[test]
fn nobody_is_active_for_longer_than_they_are_there() {
    let says = |active| move |write: &mut Write| write.beat = Some(beat(Activity::Active, 0, active));
    let mut story = Story::begun();
    story.hear(30, says(30)).unwrap();
    assert_eq!(story.session().active_seconds, 30, "at the limit");
    story.hear(60, says(61)).unwrap();
    assert_eq!(story.session().active_seconds, 60, "two windows that both claim the focus");
    // The page says that it was left a while before its goodbye arrived.
    story
        .hear(70, |write| write.end = Some(End { reason: EndReason::AppClose, ended_at: Some(Story::at(50)) }))
        .unwrap();
    assert_eq!((story.session().active_seconds, story.session().total_duration_seconds()), (50, Some(50)));
    story.hear(71, says(66)).unwrap();
    assert_eq!(story.session().active_seconds, 50, "a late beat of a session that is over");
    story.start(80, 2).unwrap();
    story.hear(90, says(66)).unwrap();
    assert_eq!(story.session().active_seconds, 66, "the page came back, and its totals with it");
}

#[test]
fn an_idle_person_and_a_hidden_page_are_idle() {
    let mut story = Story::begun();
    for activity in [Activity::Idle, Activity::Hidden] {
        story.beat(1, 1).unwrap();
        assert_eq!(story.session().status(), "active");
        story.hear(2, |write| write.beat = Some(beat(activity, 0, 0))).unwrap();
        assert_eq!(story.session().status(), "idle");
    }
}

#[test]
fn durations_are_rounded_down_and_never_negative() {
    let mut story = Story::begun();
    story
        .hear(2, |write| {
            let ended_at = Some(Story::at(1).plus(Duration::from_millis(999)));
            write.end = Some(End { reason: EndReason::Manual, ended_at });
        })
        .unwrap();
    assert_eq!(story.session().total_duration_seconds(), Some(1));

    let mut story = Story::begun();
    let before = Story::at(0).minus(Duration::from_secs(500));
    story.hear(2, |write| write.end = Some(End { reason: EndReason::Manual, ended_at: Some(before) })).unwrap();
    assert_eq!(story.session().total_duration_seconds(), Some(0));
}

#[test]
fn an_end_that_does_not_say_when_was_at_the_last_contact() {
    let mut story = Story::begun();
    story.beat(30, 1).unwrap();
    story.hear(40, |write| write.end = Some(End { reason: EndReason::Manual, ended_at: None })).unwrap();
    assert_eq!(story.ended(), Some((EndReason::Manual, Story::at(30))));
}

#[test]
fn a_goodbye_that_is_repeated_is_answered_though_the_session_is_over() {
    let mut story = Story::begun();
    for _ in 0..2 {
        story
            .hear(60, |write| {
                write.start = Some(start());
                write.beat = Some(beat(Activity::Hidden, 9, 50));
                write.end = Some(End { reason: EndReason::Logout, ended_at: Some(Story::at(60)) });
            })
            .unwrap();
        assert_eq!(story.ended(), Some((EndReason::Logout, Story::at(60))));
        assert_eq!(story.session().active_seconds, 50);
    }
}

#[test]
fn metadata_is_merged_until_it_is_too_large_and_then_nothing_is_changed() {
    let mut story = Story::begun();
    story.hear(1, |write| write.metadata = Some(r#"{"a":1,"b":2}"#.into())).unwrap();
    story.hear(2, |write| write.metadata = Some(r#"{"b":3}"#.into())).unwrap();
    assert_eq!(story.session().metadata.as_deref(), Some(r#"{"a":1,"b":3}"#));
    let before = story.session().clone();
    let large = format!(r#"{{"c":"{}"}}"#, "x".repeat(OBJECT_BYTES));
    assert_eq!(story.hear(3, |write| write.metadata = Some(large)), Err(Refusal::MetadataTooLarge));
    assert_eq!(story.session(), &before);
}

#[test]
fn nothing_but_a_start_makes_a_session() {
    let mut story = Story { slot: None, timing: Timing::default() };
    assert_eq!(story.beat(0, 1), Err(Refusal::NotFound));
    assert_eq!(story.end(0, 1, EndReason::Logout), Err(Refusal::NotFound));
    assert!(story.slot.is_none());
}
