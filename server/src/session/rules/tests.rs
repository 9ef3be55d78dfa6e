//! The rules as stories, without a store: each test says which requests come, in which order, and what stands afterwards.

mod ends;
mod events;
mod presence;

use super::*;
use crate::limits::OBJECT_BYTES;
use crate::session::EndReason;
use crate::session::times::Sent;
use crate::session::write::{End, Replace, Tab};
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
