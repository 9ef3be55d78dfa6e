//! What the server makes of the times a device tells. Durations are measured on one clock, so a wrong clock in a device moves
//! nobody's duration; the order of one device's events is kept, so they stand on the device's own time line.

use crate::clock::{Timestamp, whole_millis};
use crate::limits::{BELIEVED_AGE, CLOCK_SKEW};

/// When a request came, by the server's clock, and when it was sent, by the device's, if it said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// By the server's clock.
    pub received_at: Timestamp,
    /// By the device's clock.
    pub sent_at: Option<Timestamp>,
}

/// A `startedAt` or `endedAt` on the server's clock: it is as long before receipt as it was before sending, and never after receipt.
/// An age that cannot be believed (negative, or over seven days: the device's clock jumped in between) counts as none.
#[must_use]
pub fn by_age(said: Timestamp, sent: Sent) -> Timestamp {
    let age = sent.sent_at.unwrap_or(sent.received_at).since(said);
    if (0..=whole_millis(BELIEVED_AGE)).contains(&age) {
        Timestamp::from_millis(sent.received_at.millis() - age)
    } else {
        sent.received_at
    }
}

/// An event's time: as it stands while the device's clock agrees with the server's to within 150 s, else by age.
/// `None` means the event did not say.
#[must_use]
pub fn of_event(said: Option<Timestamp>, sent: Sent) -> Timestamp {
    let Some(said) = said else { return sent.received_at };
    let skew = sent.sent_at.map_or(0, |sent_at| sent_at.since(sent.received_at));
    let latest = sent.received_at.plus(CLOCK_SKEW);
    if skew.abs() <= whole_millis(CLOCK_SKEW) {
        said.min(latest)
    } else {
        Timestamp::from_millis(said.millis() - skew).min(latest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn sent(sent_at: &str) -> Sent {
        Sent { received_at: at("2026-03-01T12:00:00.000Z"), sent_at: Some(at(sent_at)) }
    }

    #[test]
    fn a_start_is_as_long_ago_as_its_device_says_whatever_its_clock_shows() {
        let right = by_age(at("2026-03-01T11:59:50.000Z"), sent("2026-03-01T12:00:00.000Z"));
        let wrong = by_age(at("2019-07-04T03:00:00.000Z"), sent("2019-07-04T03:00:10.000Z"));
        assert_eq!(right, at("2026-03-01T11:59:50.000Z"));
        assert_eq!(wrong, right);
    }

    #[test]
    fn an_age_is_believed_up_to_seven_days_and_not_a_millisecond_longer() {
        let now = sent("2026-03-01T12:00:00.000Z");
        assert_eq!(by_age(at("2026-02-22T12:00:00.000Z"), now), at("2026-02-22T12:00:00.000Z"));
        assert_eq!(by_age(at("2026-02-22T11:59:59.999Z"), now), now.received_at);
        assert_eq!(by_age(at("2026-03-01T12:00:00.001Z"), now), now.received_at);
    }

    #[test]
    fn an_events_time_stands_while_the_clocks_agree_and_is_moved_when_they_do_not() {
        let said = Some(at("2026-03-01T12:02:00.000Z"));
        assert_eq!(of_event(said, sent("2026-03-01T12:02:30.000Z")), at("2026-03-01T12:02:00.000Z"));
        assert_eq!(of_event(said, sent("2026-03-01T12:02:30.001Z")), at("2026-03-01T11:59:29.999Z"));
    }

    #[test]
    fn an_event_is_never_further_ahead_than_a_clock_may_be() {
        let said = Some(at("2030-01-01T00:00:00.000Z"));
        assert_eq!(of_event(said, sent("2026-03-01T12:00:00.000Z")), at("2026-03-01T12:02:30.000Z"));
        assert_eq!(of_event(None, sent("2026-03-01T12:00:00.000Z")), at("2026-03-01T12:00:00.000Z"));
    }
}
