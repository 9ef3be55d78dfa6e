//! What one request wants done to one session, parsed, and what became of it. The six writing routes all make a [`Write`], so they
//! cannot differ in what a start, an event, a heartbeat or an end means.

use super::gaps::Dropped;
use super::times::Sent;
use super::{EndReason, Session};
use crate::clock::Timestamp;
use uuid::Uuid;

/// One request's content. Its parts are applied in the order of its fields.
#[derive(Clone, Debug)]
pub struct Write {
    /// Whose session.
    pub user_id: String,
    /// Which, by the client's id for it.
    pub session_id: Uuid,
    /// When it came and was sent.
    pub sent: Sent,
    /// The order among the session's contacts, if the client keeps one.
    pub epoch: Option<u64>,
    /// The tab it is from, and its account.
    pub tab: Option<Tab>,
    /// A start.
    pub start: Option<Start>,
    /// Events.
    pub events: Vec<Event>,
    /// Where the page stands, without an event.
    pub section: Option<Stated>,
    /// What to merge into the session's metadata: a JSON object.
    pub metadata: Option<String>,
    /// A sign of life.
    pub beat: Option<Beat>,
    /// An end.
    pub end: Option<End>,
}

/// A tab's account of its sequence numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab {
    /// Which tab.
    pub id: Uuid,
    /// The highest sequence number it has given.
    pub last_seq: Option<u64>,
    /// What it gave up.
    pub dropped: Vec<Dropped>,
}

/// What a start says.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// When the session began, by the device's clock.
    pub started_at: Option<Timestamp>,
    /// See [`Session::device_id`].
    pub device_id: Option<Uuid>,
    /// Which other sessions of the subject end with it.
    pub replace: Replace,
    /// See [`Session::previous_id`].
    pub previous_id: Option<Uuid>,
    /// How the session before it ended, where only its successor can know: `crash`.
    pub previous_end: Option<EndReason>,
    /// See [`Session::platform`].
    pub platform: String,
    /// See [`Session::section`].
    pub section: Option<String>,
    /// See [`Session::device_info`].
    pub device_info: Option<String>,
    /// See [`Session::location_info`].
    pub location_info: Option<String>,
    /// See [`Session::metadata`].
    pub metadata: Option<String>,
    /// See [`Session::user_agent`].
    pub user_agent: Option<String>,
    /// See [`Session::ip_address`].
    pub ip_address: Option<String>,
}

/// Which live sessions of the same subject a start ends as `replaced`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replace {
    /// Those of the same device.
    #[default]
    Device,
    /// All.
    User,
    /// None.
    None,
}

impl Replace {
    /// The choice of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "device" => Some(Self::Device),
            "user" => Some(Self::User),
            "none" => Some(Self::None),
            _ => None,
        }
    }
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its place in the request's list.
    pub index: usize,
    /// Its id, by the client.
    pub id: Uuid,
    /// Its sequence number in its tab.
    pub seq: Option<u64>,
    /// What happened.
    pub kind: String,
    /// The JSON text that goes with it.
    pub data: Option<String>,
    /// Where it happened; for a section change, the new section.
    pub section: Option<String>,
    /// When, by the device's clock.
    pub occurred_at: Option<Timestamp>,
}

/// Where the page stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// The section; `None` for a mere sign of life.
    pub section: Option<String>,
    /// Since when, by the device's clock.
    pub occurred_at: Option<Timestamp>,
}

/// What a heartbeat says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beat {
    /// What the person is doing.
    pub activity: Activity,
    /// Total of the session.
    pub activity_count: u64,
    /// Total of the session, rounded down.
    pub active_seconds: u64,
}

/// What the person is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// Using the page.
    Active,
    /// Nothing, for a while.
    Idle,
    /// The page is not to be seen.
    Hidden,
}

impl Activity {
    /// The activity of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "active" => Some(Self::Active),
            "idle" => Some(Self::Idle),
            "hidden" => Some(Self::Hidden),
            _ => None,
        }
    }
}

/// What an end says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// Why.
    pub reason: EndReason,
    /// When the page was left, by the device's clock.
    pub ended_at: Option<Timestamp>,
}

/// An event as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// Its key in its session.
    pub event_id: Uuid,
    /// See [`Tab::id`].
    pub tab_id: Option<Uuid>,
    /// See [`Event::seq`].
    pub seq: Option<u64>,
    /// See [`Event::kind`].
    pub event_type: String,
    /// See [`Event::data`].
    pub event_data: Option<String>,
    /// See [`Event::section`].
    pub section: Option<String>,
    /// When it happened ([`super::times::of_event`]).
    pub occurred_at: Timestamp,
    /// The device's own value.
    pub client_ts: Option<Timestamp>,
    /// When its request was sent, by the device's clock.
    pub sent_at: Option<Timestamp>,
    /// When it came.
    pub received_at: Timestamp,
}

/// What became of a request: answered only once it is committed.
pub type Outcome = Result<Applied, Refusal>;

/// A request that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The session as it stands after it.
    pub session: Session,
    /// Whether the session is new.
    pub created: bool,
    /// What became of each event.
    pub events: Vec<Settled>,
}

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Its place in the request's list.
    pub index: usize,
    /// The client's id for it.
    pub given_id: Uuid,
    /// Its id in the store.
    pub event_id: Uuid,
    /// Stored by this request, stored before, or not at all.
    pub fate: Fate,
}

/// See [`Settled::fate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Stored by this request.
    Accepted,
    /// Stored before.
    Duplicate,
    /// Not stored: its session ended too long ago.
    TooLate,
}

/// Why a request was not done. Nothing of it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The subject has no such session.
    NotFound,
    /// The session is over for good.
    Ended {
        /// Why.
        reason: EndReason,
        /// When.
        at: Timestamp,
    },
    /// The session's metadata would be over its limit.
    MetadataTooLarge,
}
