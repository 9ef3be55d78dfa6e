//! The totals of a session by themselves: what a tab adds, what it knows of others, and what becomes of it when one of them is gone.

use session_tracker::presence::Presence;
use session_tracker::time::{Millis, Mono};

const LONGEST: Millis = Millis(60_000);

/// In a page that is in view and in focus from the first moment on, so many seconds later.
fn after(seconds: u64) -> Presence {
    let mut presence = Presence::default();
    presence.show(true, Mono(0));
    presence.focus(true, Mono(0));
    presence.count(Mono(seconds * 1_000), LONGEST);
    presence
}

#[test]
fn a_session_begins_with_nothing() {
    let mut presence = after(10);
    presence.act();
    presence.reset(Mono(10_000));
    assert_eq!((presence.totals(), presence.dwelt()), ((0, Millis(0)), Millis(0)));
    presence.count(Mono(13_000), LONGEST);
    assert_eq!(presence.totals().1, Millis(3_000));
}

#[test]
fn time_after_the_end_is_nobodys_until_another_session_begins() {
    let mut presence = after(10);
    presence.end();
    presence.count(Mono(20_000), LONGEST);
    presence.focus(true, Mono(20_000));
    presence.count(Mono(30_000), LONGEST);
    assert_eq!(presence.totals().1, Millis(10_000));
    presence.reset(Mono(30_000));
    presence.count(Mono(35_000), LONGEST);
    assert_eq!(presence.totals().1, Millis(5_000));
}

#[test]
fn what_a_tab_that_is_gone_had_counted_goes_on_in_the_word_of_another() {
    let mut presence = after(10);
    presence.focus(false, Mono(10_000));
    presence.take_over(7, Millis(50_000));
    assert_eq!(presence.own(), (7, Millis(50_000)), "its ten seconds are among the fifty");
    presence.take_over(3, Millis(20_000));
    assert_eq!(presence.own(), (7, Millis(50_000)), "which say nothing new");
}

#[test]
fn only_what_was_done_since_the_last_look_is_news() {
    let mut presence = after(10);
    presence.merge(3, Millis(0));
    assert!(presence.take_touched());
    presence.merge(3, Millis(0));
    assert!(!presence.take_touched());
    presence.merge(4, Millis(0));
    assert!(presence.take_touched());
}
