//! Heartbeats: what a person is doing, and the totals of it.

use super::*;

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
