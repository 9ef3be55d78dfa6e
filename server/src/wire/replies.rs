//! What the server answers: the members of each reply, written once. A member that does not apply is left out.

use crate::auth::own_tokens::Issued;
use crate::clock::{Timestamp, whole_millis};
use crate::config::Timing;
use crate::error::Problem;
use crate::limits::{BATCH_EVENTS, BEACON_BYTES, BODY_BYTES, EVENT_DATA_BYTES, MAX_SESSION};
use crate::session::Session;
use crate::session::write::{Applied, EventRow, Fate, Settled};
use crate::store::{Stats, TabTrail};
use crate::wire::rooms::Seen;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// A reply that is being written.
#[derive(Debug, Default)]
pub struct Reply(Map<String, Value>);

impl Reply {
    /// What every reply to a write says: the session, and whether it goes on.
    #[must_use]
    pub fn about(session: &Session, now: Timestamp) -> Self {
        let mut reply = Self::default();
        reply.set("sessionId", json!(session.id));
        reply.set("status", json!(session.status()));
        reply.set("serverTime", json!(now));
        reply
    }

    /// When it times out, while it goes on.
    #[must_use]
    pub fn expiry(mut self, session: &Session, timing: &Timing) -> Self {
        if session.ended().is_none() {
            self.set("expiresAt", json!(session.expires_at(timing)));
        }
        self
    }

    /// How it ended, if it did.
    #[must_use]
    pub fn end(mut self, session: &Session) -> Self {
        if let Some(ended) = session.ended() {
            self.set("endReason", json!(ended.reason.name()));
            self.set("endedAt", json!(ended.at));
            self.set("totalDurationSeconds", json!(session.total_duration_seconds()));
            self.set("activeSeconds", json!(session.active_seconds));
        }
        self
    }

    /// What a start is told: whom it is for, its tokens, and the constants.
    #[must_use]
    pub fn started(mut self, session: &Session, write: &Issued, visitor: Option<&Issued>, timing: &Timing) -> Self {
        self.set("userId", json!(session.user_id));
        self.set("startedAt", json!(session.started_at));
        self.set("token", json!(write.token));
        self.set("tokenExpiresAt", json!(write.expires_at));
        if let Some(visitor) = visitor {
            self.set("visitorToken", json!(visitor.token));
            self.set("visitorTokenExpiresAt", json!(visitor.expires_at));
        }
        self.set("profile", json!("full"));
        self.set("limits", limits());
        self.set("config", config(timing));
        self
    }

    /// What became of each event.
    #[must_use]
    pub fn events(mut self, applied: &Applied, rejected: Vec<(usize, Problem)>) -> Self {
        let indexes = |fate| {
            applied.events.iter().filter(|event| event.fate == fate).map(|event| event.index).collect::<Vec<_>>()
        };
        self.set("accepted", json!(indexes(Fate::Accepted)));
        self.set("duplicates", json!(indexes(Fate::Duplicate)));
        let too_late =
            indexes(Fate::TooLate).into_iter().filter_map(|index| Some((index, too_late(&applied.session)?)));
        let mut rejected: Vec<_> = rejected.into_iter().chain(too_late).collect();
        rejected.sort_by_key(|(index, _)| *index);
        let rejected: Vec<_> = rejected
            .into_iter()
            .map(|(index, problem)| json!({ "index": index, "type": problem.urn(), "detail": problem.detail() }))
            .collect();
        self.set("rejected", json!(rejected));
        self
    }

    /// Under which ids things are stored, where the given ones could not be.
    #[must_use]
    pub fn mapped(mut self, session: &Session, events: &[Settled]) -> Self {
        let session = session.given_id.map(|given| (given, session.id));
        let events = events.iter().filter(|event| event.given_id != event.event_id && event.fate != Fate::TooLate);
        let pairs: Vec<_> = session
            .into_iter()
            .chain(events.map(|event| (event.given_id, event.event_id)))
            .map(|(given, stored)| json!({ "given": given, "stored": stored }))
            .collect();
        if !pairs.is_empty() {
            self.set("mapped", json!(pairs));
        }
        self
    }

    /// When the rooms it speaks for expire, or why it does not speak for them.
    pub fn rooms(&mut self, rooms: &[Seen], timing: &Timing) {
        if !rooms.is_empty() {
            self.set("rooms", rooms.iter().map(|seen| seen.json(&timing.rooms)).collect());
        }
    }

    /// Adds a member.
    pub fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.into(), value);
    }

    /// The whole reply.
    #[must_use]
    pub fn json(self) -> Value {
        Value::Object(self.0)
    }
}

/// Why an event that came too late is rejected.
#[must_use]
pub fn too_late(session: &Session) -> Option<Problem> {
    session.ended().map(|ended| Problem::SessionEnded { reason: ended.reason.name(), at: ended.at })
}

fn limits() -> Value {
    json!({
        "batchEvents": BATCH_EVENTS,
        "batchBytes": BODY_BYTES,
        "beaconBytes": BEACON_BYTES,
        "eventBytes": EVENT_DATA_BYTES,
        "gzip": true,
    })
}

/// Presence travels with the heartbeat, so both have one rhythm.
fn config(timing: &Timing) -> Value {
    json!({
        "heartbeatSeconds": timing.heartbeat.as_secs(),
        "presenceSeconds": timing.heartbeat.as_secs(),
        "debounceMilliseconds": whole_millis(timing.debounce),
        "flushSeconds": timing.flush.as_secs(),
        "idleSeconds": timing.idle.as_secs(),
        "expiryCheckSeconds": timing.rooms.expiry_check.as_secs(),
        "resumeSeconds": timing.resume.as_secs(),
        "timeoutSeconds": timing.timeout.as_secs(),
        "maxSessionSeconds": MAX_SESSION.as_secs(),
        "historyDays": timing.history_days,
    })
}

/// The reply to `GET stats`.
#[must_use]
pub fn stats(user_id: &str, days_back: u32, stats: &Stats) -> Value {
    json!({
        "userId": user_id,
        "daysBack": days_back,
        "totalSessions": stats.total_sessions,
        "totalSeconds": stats.total_seconds,
        "averageSeconds": stats.total_seconds.checked_div(stats.total_sessions).unwrap_or(0),
        "sectionCounts": stats.section_counts,
        "lastSessionStart": stats.last_session_start,
        "activeSessions": stats.active_sessions,
    })
}

/// A session as `GET active` and the admin feed show it.
#[must_use]
pub fn session(session: &Session) -> Value {
    let ended = session.ended();
    json!({
        "sessionId": session.id,
        "userId": session.user_id,
        "status": session.status(),
        "section": session.section,
        "platform": session.platform,
        "startedAt": session.started_at,
        "lastContactAt": session.last_contact_at,
        "endedAt": ended.map(|ended| ended.at),
        "endReason": ended.map(|ended| ended.reason.name()),
        "activityCount": session.activity_count,
        "activeSeconds": session.active_seconds,
        "totalDurationSeconds": session.total_duration_seconds(),
        "deviceInfo": stored(session.device_info.as_deref()),
        "locationInfo": stored(session.location_info.as_deref()),
    })
}

/// An event as `GET {id}/events` and the admin feed show it. Its data is the text that was stored, never parsed and written anew.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventView {
    event_id: Uuid,
    session_id: Uuid,
    user_id: String,
    event_type: String,
    event_data: Option<Box<RawValue>>,
    section: Option<String>,
    occurred_at: Timestamp,
    received_at: Timestamp,
    seq: Option<u64>,
    tab_id: Option<Uuid>,
}

impl EventView {
    /// An event of this session.
    #[must_use]
    pub fn new(event: EventRow, session_id: Uuid, user_id: &str) -> Self {
        Self {
            event_id: event.event_id,
            session_id,
            user_id: user_id.into(),
            event_type: event.event_type,
            event_data: event.event_data.and_then(|text| RawValue::from_string(text).ok()),
            section: event.section,
            occurred_at: event.occurred_at,
            received_at: event.received_at,
            seq: event.seq,
            tab_id: event.tab_id,
        }
    }
}

/// The reply to `GET {id}/events`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrailView {
    /// The session.
    pub session_id: Uuid,
    /// Its events.
    pub events: Vec<EventView>,
    /// Its tabs.
    pub tabs: Vec<Value>,
    /// Where it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The reply to `GET /api/admin/events`.
#[derive(Debug, Serialize)]
pub struct EventFeedView {
    /// Events of all sessions.
    pub events: Vec<EventView>,
    /// Where the feed goes on.
    pub next: String,
}

/// A tab as `GET {id}/events` shows it.
#[must_use]
pub fn tab(tab: &TabTrail) -> Value {
    json!({
        "tabId": tab.tab_id,
        "lastSeq": tab.last_seq,
        "received": tab.received,
        "dropped": tab.dropped,
        "missing": tab.missing,
    })
}

/// Stored objects were checked when they came.
#[must_use]
pub fn stored(text: Option<&str>) -> Option<Value> {
    text.and_then(|text| serde_json::from_str(text).ok())
}
