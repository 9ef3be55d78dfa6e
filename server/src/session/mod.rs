//! A session and its rules, as values: what is stored of one, and (in the rooms below) what each request does to it.
//! Nothing here knows HTTP, JSON bodies, SQL or the clock, so every rule is tested by calling it.

pub mod gaps;
pub mod ids;
pub mod metadata;
pub mod rules;
pub mod times;
pub mod write;

use crate::clock::Timestamp;
use crate::config::Timing;
use crate::limits::MAX_SESSION;
use uuid::Uuid;

/// A stored session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The verified subject it belongs to. Together with `id` its key.
    pub user_id: String,
    /// Its id in the store.
    pub id: Uuid,
    /// The id that its client gave it, where that could not be stored ([`ids`]).
    pub given_id: Option<Uuid>,
    /// The device it is seen on: a random id in the client's storage.
    pub device_id: Option<Uuid>,
    /// The session before it.
    pub previous_id: Option<Uuid>,
    /// `web`, `ios-external`, …
    pub platform: String,
    /// Where the person is.
    pub section: Option<String>,
    /// Since when, as the device's clock tells events ([`times::of_event`]), for it is compared with events alone.
    pub section_changed_at: Timestamp,
    /// When it began.
    pub started_at: Timestamp,
    /// When something last showed that the page is there.
    pub last_contact_at: Timestamp,
    /// When the person last did something.
    pub last_activity_at: Timestamp,
    /// The highest epoch of any contact.
    pub epoch: u64,
    /// Whether it is over.
    pub state: State,
    /// How often the person did something: the greatest total reported.
    pub activity_count: u64,
    /// How long the page was visible and in use: the greatest total reported, rounded down, and never longer than it lasts.
    pub active_seconds: u64,
    /// A JSON object.
    pub device_info: Option<String>,
    /// A JSON object.
    pub location_info: Option<String>,
    /// A JSON object.
    pub metadata: Option<String>,
    /// The browser's name for itself.
    pub user_agent: Option<String>,
    /// A masked network, only where the operator asked for it.
    pub ip_address: Option<String>,
    /// When the row was made.
    pub created_at: Timestamp,
}

/// Whether a session goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It does, and the person uses it.
    Active,
    /// It does, and the person is away or the page is hidden.
    Idle,
    /// It is over.
    Ended(Ended),
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Why.
    pub reason: EndReason,
    /// When: the leave time, else the last contact.
    pub at: Timestamp,
    /// The epoch it was said at: a higher one takes a provisional end back.
    pub epoch: u64,
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The person logged out.
    Logout,
    /// The application said so.
    Manual,
    /// Nothing was heard for too long.
    Timeout,
    /// A newer session took its place.
    Replaced,
    /// The page vanished without a word.
    Crash,
    /// The page was left. Provisional: it may come back.
    AppClose,
}

impl EndReason {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Logout, Self::Manual, Self::Timeout, Self::Replaced, Self::Crash, Self::AppClose];

    /// Its name in the API and in the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::Manual => "manual",
            Self::Timeout => "timeout",
            Self::Replaced => "replaced",
            Self::Crash => "crash",
            Self::AppClose => "app_close",
        }
    }

    /// The reason of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

impl Session {
    /// How it ended, if it did.
    #[must_use]
    pub fn ended(&self) -> Option<Ended> {
        match self.state {
            State::Ended(ended) => Some(ended),
            State::Active | State::Idle => None,
        }
    }

    /// `active`, `idle` or `ended`, as the API says it.
    #[must_use]
    pub fn status(&self) -> &'static str {
        match self.state {
            State::Active => "active",
            State::Idle => "idle",
            State::Ended(_) => "ended",
        }
    }

    /// The moment from which it counts as timed out, if nothing more is heard.
    #[must_use]
    pub fn expires_at(&self, timing: &Timing) -> Timestamp {
        self.last_contact_at.plus(timing.timeout).min(self.started_at.plus(MAX_SESSION))
    }

    /// Its length in seconds, gaps included, rounded down; `None` while it goes on.
    #[must_use]
    pub fn total_duration_seconds(&self) -> Option<u64> {
        self.ended().map(|ended| self.seconds_until(ended.at))
    }

    /// Whole seconds from its start to this moment; 0 before it.
    #[must_use]
    pub fn seconds_until(&self, at: Timestamp) -> u64 {
        u64::try_from(at.since(self.started_at) / 1_000).unwrap_or(0)
    }
}
