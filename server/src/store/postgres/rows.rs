//! Rows as PostgreSQL tells them, in JSON with its own column names. A row that does not parse is reported, never guessed at.

use crate::clock::Timestamp;
use crate::session::gaps::{self, Dropped};
use crate::session::write::EventRow;
use crate::session::{EndReason, Ended, Session, State};
use crate::store::credentials::SessionOrigin;
use crate::store::{FedEvent, Stats, StoreError, TabTrail, Trail};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A row of `user_sessions`.
#[derive(Deserialize)]
pub(super) struct SessionJson {
    change_order: Option<i64>,
    user_id: String,
    id: Uuid,
    given_id: Option<Uuid>,
    device_id: Option<Uuid>,
    previous_id: Option<Uuid>,
    platform: String,
    app_section: Option<String>,
    #[serde(deserialize_with = "time")]
    section_changed_at: Timestamp,
    #[serde(deserialize_with = "time")]
    started_at: Timestamp,
    #[serde(deserialize_with = "time")]
    last_heartbeat_at: Timestamp,
    #[serde(deserialize_with = "time")]
    last_activity_at: Timestamp,
    #[serde(deserialize_with = "maybe_time")]
    ended_at: Option<Timestamp>,
    status: String,
    end_reason: Option<String>,
    epoch: u64,
    end_epoch: Option<u64>,
    active_seconds: u64,
    activity_count: u64,
    device_info: Option<Box<RawValue>>,
    location_info: Option<Box<RawValue>>,
    metadata: Option<Box<RawValue>>,
    user_agent: Option<String>,
    ip_address: Option<String>,
    #[serde(deserialize_with = "time")]
    created_at: Timestamp,
}

impl SessionJson {
    /// Its number in the feed, and itself.
    pub(super) fn session(self) -> Result<(i64, Session), StoreError> {
        let state = match (self.ended_at, &self.end_reason, self.end_epoch) {
            (Some(at), Some(reason), Some(epoch)) => {
                let reason = EndReason::parse(reason).ok_or_else(|| broken(&format!("end_reason holds {reason:?}")))?;
                State::Ended(Ended { reason, at, epoch })
            }
            _ if self.status == "idle" => State::Idle,
            _ => State::Active,
        };
        let session = Session {
            user_id: self.user_id,
            id: self.id,
            given_id: self.given_id,
            device_id: self.device_id,
            previous_id: self.previous_id,
            platform: self.platform,
            section: self.app_section,
            section_changed_at: self.section_changed_at,
            started_at: self.started_at,
            last_contact_at: self.last_heartbeat_at,
            last_activity_at: self.last_activity_at,
            epoch: self.epoch,
            state,
            activity_count: self.activity_count,
            active_seconds: self.active_seconds,
            device_info: text(self.device_info),
            location_info: text(self.location_info),
            metadata: text(self.metadata),
            user_agent: self.user_agent,
            ip_address: self.ip_address,
            created_at: self.created_at,
        };
        Ok((self.change_order.unwrap_or(0), session))
    }
}

/// Sessions without their numbers.
pub(super) fn sessions(rows: Vec<SessionJson>) -> Result<Vec<Session>, StoreError> {
    rows.into_iter().map(|row| Ok(row.session()?.1)).collect()
}

/// A row of `session_events`.
#[derive(Deserialize)]
pub(super) struct EventJson {
    row_order: i64,
    user_id: String,
    session_id: Uuid,
    event_id: Uuid,
    tab_id: Option<Uuid>,
    seq: Option<u64>,
    event_type: String,
    event_data: Option<Box<RawValue>>,
    section: Option<String>,
    #[serde(deserialize_with = "time")]
    occurred_at: Timestamp,
    #[serde(deserialize_with = "maybe_time")]
    client_ts: Option<Timestamp>,
    #[serde(deserialize_with = "maybe_time")]
    sent_at: Option<Timestamp>,
    #[serde(deserialize_with = "time")]
    received_at: Timestamp,
}

impl EventJson {
    /// Its number in the feed, and itself with its session.
    pub(super) fn fed(self) -> (i64, FedEvent) {
        let event = EventRow {
            event_id: self.event_id,
            tab_id: self.tab_id,
            seq: self.seq,
            event_type: self.event_type,
            event_data: text(self.event_data),
            section: self.section,
            occurred_at: self.occurred_at,
            client_ts: self.client_ts,
            sent_at: self.sent_at,
            received_at: self.received_at,
        };
        (self.row_order, FedEvent { user_id: self.user_id, session_id: self.session_id, event })
    }
}

/// What `session_trail` answers.
#[derive(Deserialize)]
pub(super) struct TrailJson {
    session_id: Uuid,
    events: Vec<EventJson>,
    tabs: Vec<TabJson>,
}

#[derive(Deserialize)]
struct TabJson {
    tab_id: Uuid,
    last_seq: u64,
    dropped: Vec<Dropped>,
    received: Vec<u64>,
}

impl TrailJson {
    /// With at most so many events; it was read with one more, to know whether there are.
    pub(super) fn trail(self, limit: usize) -> Trail {
        let more = self.events.len() > limit;
        let events = self.events.into_iter().take(limit).map(|event| event.fed().1.event);
        let tabs = self.tabs.into_iter().map(|tab| {
            let last_seq = tab.last_seq.max(tab.received.last().copied().unwrap_or(0));
            TabTrail {
                tab_id: tab.tab_id,
                last_seq,
                received: tab.received.len() as u64,
                missing: gaps::missing(last_seq, &tab.received, &tab.dropped),
                dropped: tab.dropped,
            }
        });
        Trail { session_id: self.session_id, events: events.collect(), more, tabs: tabs.collect() }
    }
}

/// What `session_stats` answers.
#[derive(Deserialize)]
pub(super) struct StatsJson {
    total_sessions: u64,
    total_seconds: u64,
    section_counts: BTreeMap<String, u64>,
    #[serde(deserialize_with = "maybe_time")]
    last_session_start: Option<Timestamp>,
    active_sessions: u64,
}

impl StatsJson {
    pub(super) fn stats(self) -> Stats {
        Stats {
            total_sessions: self.total_sessions,
            total_seconds: self.total_seconds,
            section_counts: self.section_counts,
            last_session_start: self.last_session_start,
            active_sessions: self.active_sessions,
        }
    }
}

/// What `session_origin` answers.
#[derive(Deserialize)]
pub(super) struct OriginJson {
    device_id: Option<Uuid>,
    tab_ids: Vec<Uuid>,
    #[serde(deserialize_with = "time")]
    created_at: Timestamp,
}

impl From<OriginJson> for SessionOrigin {
    fn from(OriginJson { device_id, tab_ids, created_at }: OriginJson) -> Self {
        Self { device_id, tab_ids, created_at }
    }
}

/// Reads what a function answered.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| broken(&error))
}

fn text(json: Option<Box<RawValue>>) -> Option<String> {
    json.map(|json| Box::<str>::from(json).into())
}

pub(super) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    Timestamp::parse(&text).ok_or_else(|| D::Error::custom(format!("{text:?} is no time")))
}

pub(super) fn maybe_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| Timestamp::parse(&text).ok_or_else(|| D::Error::custom(format!("{text:?} is no time")))).transpose()
}

pub(super) fn broken(error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Broken(error.to_string())
}

/// Counts are at most 2^53 − 1 at the door, so neither direction ever cuts.
pub(super) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}
