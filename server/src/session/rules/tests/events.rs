//! Events and sections: when they are taken, and which section is the current one.

use super::*;
use crate::limits::LATE_EVENTS;

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
