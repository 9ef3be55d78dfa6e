//! Goodbyes that a later contact takes back, ends that stay, and when each was.

use super::*;

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
