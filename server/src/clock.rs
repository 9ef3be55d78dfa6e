//! The time of day: the one type every stored time has, and who says what time it is.
//! The rules take times as values; only the routes and the jobs ask a [`Clock`], so a test can stand at any moment it likes.

use serde::{Serialize, Serializer};
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A moment in UTC, in milliseconds since 1970. Written as RFC 3339 with exactly three decimals, so that its text sorts as it does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999Z: beyond it the text would no longer sort.
    const RANGE: std::ops::RangeInclusive<i64> = -62_135_596_800_000..=253_402_300_799_999;

    /// The moment so many milliseconds after 1970 began, held to the years 1 to 9999.
    #[must_use]
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.clamp(*Self::RANGE.start(), *Self::RANGE.end()))
    }

    /// Reads RFC 3339 with any offset; what is finer than a millisecond is cut off. `None` if it is no such time.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        let millis = i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000_000)).ok()?;
        Self::RANGE.contains(&millis).then_some(Self(millis))
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// Milliseconds from `earlier` to this; negative if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// This much later.
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        Self::from_millis(self.0.saturating_add(whole_millis(by)))
    }

    /// This much earlier.
    #[must_use]
    pub fn minus(self, by: Duration) -> Self {
        Self::from_millis(self.0.saturating_sub(whole_millis(by)))
    }
}

/// A duration as signed milliseconds, at most `i64::MAX`.
#[must_use]
pub fn whole_millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(time) = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000) else {
            return Err(fmt::Error);
        };
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            time.year(),
            u8::from(time.month()),
            time.day(),
            time.hour(),
            time.minute(),
            time.second(),
            time.millisecond()
        )
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Says what time it is.
pub trait Clock: Send + Sync + 'static {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// The machine's clock, or one that runs ahead of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock {
    /// By how much.
    pub ahead: Duration,
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(whole_millis(since)).plus(self.ahead)
    }
}

/// A clock that stands still until it is set: for tests.
#[derive(Debug, Default)]
pub struct TestClock(AtomicI64);

impl TestClock {
    /// A clock standing at this moment.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.millis()))
    }

    /// Puts it to this moment, which may be an earlier one.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.millis(), Ordering::SeqCst);
    }

    /// Moves it on.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(whole_millis(by), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_it_was_read() {
        let text = "2026-03-01T12:00:00.250Z";
        assert_eq!(Timestamp::parse(text).unwrap().to_string(), text);
    }

    #[test]
    fn an_offset_is_converted_and_finer_digits_are_cut_off() {
        let time = Timestamp::parse("2026-03-01T13:00:00.2509999+01:00").unwrap();
        assert_eq!(time.to_string(), "2026-03-01T12:00:00.250Z");
    }

    #[test]
    fn what_is_no_time_of_these_ten_thousand_years_is_refused() {
        for text in ["", "yesterday", "2026-03-01", "2026-13-01T00:00:00Z", "9999-12-31T23:59:59-23:00"] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }
}
