//! Questions about everybody's sessions together, for the operator. A store answers in counts, never in rows of people, but for who is online.

use super::StoreError;
use crate::clock::Timestamp;
use crate::session::Session;
use async_trait::async_trait;
use std::collections::BTreeMap;

/// From this moment to before that one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first moment.
    pub from: Timestamp,
    /// The first moment after it.
    pub to: Timestamp,
}

/// Where the lengths of sessions are divided, in seconds: each bucket is from one of these to before the next, the last one open.
pub const DURATION_EDGES: [u64; 9] = [0, 10, 30, 60, 180, 600, 1_800, 3_600, 10_800];

/// The days after their first session on which it is asked whether users came back.
pub const RETENTION_DAYS: [u32; 3] = [1, 7, 30];

/// Who is there.
#[derive(Clone, Debug, Default)]
pub struct Online {
    /// Sessions that go on: not ended and not timed out.
    pub active_sessions: u64,
    /// Those of them that are idle.
    pub idle_sessions: u64,
    /// Those of them that were heard of since the moment asked for.
    pub online_sessions: u64,
    /// How many different users those are of.
    pub online_users: u64,
    /// How many of those sessions stand in each section; without a section they are not counted.
    pub sections: BTreeMap<String, u64>,
    /// The newest of those sessions.
    pub newest: Vec<Session>,
}

/// The sessions that began in a span, together. The length of one that goes on is up to its last contact.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many.
    pub sessions: u64,
    /// Of how many different users.
    pub users: u64,
    /// Their length in all, in seconds.
    pub total_seconds: u64,
    /// Their active time in all, in seconds.
    pub active_seconds: u64,
    /// How many began in each hour of the day, UTC.
    pub hours: [u64; 24],
    /// How many are of each length, by [`DURATION_EDGES`].
    pub durations: [u64; DURATION_EDGES.len()],
    /// How many ended for each reason.
    pub end_reasons: BTreeMap<String, u64>,
    /// How many are of each platform.
    pub platforms: BTreeMap<String, u64>,
    /// How often each section was entered in them, by a start or a change; the 100 most entered.
    pub sections: Vec<(String, u64)>,
    /// How many events of each type came in the span, of whatever session; the 100 most frequent.
    pub event_types: Vec<(String, u64)>,
    /// What became of the events that their tabs have numbered.
    pub delivery: Delivery,
    /// For each of [`RETENTION_DAYS`].
    pub retention: [Retention; RETENTION_DAYS.len()],
}

/// What became of numbered events. Per tab, missing is `last_seq` − received − dropped, and never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Tabs that have spoken.
    pub tabs: u64,
    /// Those of them that miss something.
    pub tabs_with_gaps: u64,
    /// Numbers given.
    pub given: u64,
    /// Different numbers received.
    pub received: u64,
    /// Events declared as dropped.
    pub dropped: u64,
    /// Numbers of which nothing was heard.
    pub missing: u64,
}

/// Whether users come back: of those whose first session ever began in the span, and so long ago that the day in question is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// How many they are.
    pub users: u64,
    /// How many of them began a session so many times 24 hours after their first, or within 24 hours from then.
    pub returned: u64,
}

/// How long a point of a series is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// A minute.
    Minute,
    /// An hour.
    Hour,
    /// A day, UTC.
    Day,
}

impl Bucket {
    /// Its name in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// The bucket of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Minute, Self::Hour, Self::Day].into_iter().find(|bucket| bucket.name() == name)
    }

    /// Its length in milliseconds.
    #[must_use]
    pub fn millis(self) -> i64 {
        match self {
            Self::Minute => 60_000,
            Self::Hour => 3_600_000,
            Self::Day => 86_400_000,
        }
    }
}

/// What began and came in one bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Point {
    /// Sessions that began.
    pub sessions: u64,
    /// Different users whose sessions those are.
    pub users: u64,
    /// Events that came.
    pub events: u64,
}

/// The part of a store that answers an operator.
#[async_trait]
pub trait Insights: Send + Sync + 'static {
    /// Who is there; online are those heard of after `heard_since`. At most `limit` of their sessions are given, newest first.
    async fn online(&self, now: Timestamp, heard_since: Timestamp, limit: u32) -> Result<Online, StoreError>;

    /// The sessions that began in this span, together. `now` says which days are over.
    async fn summary(&self, span: Span, now: Timestamp) -> Result<Summary, StoreError>;

    /// What began and came in each bucket that is not empty, by its first moment.
    async fn timeline(&self, span: Span, bucket: Bucket) -> Result<BTreeMap<Timestamp, Point>, StoreError>;
}
