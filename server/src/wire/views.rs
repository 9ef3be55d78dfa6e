//! What can be read: a person's statistics, sessions, events and tabs, as each route shows them. They are shown as they are stored; nothing is
//! counted here.

use crate::clock::Timestamp;
use crate::session::Session;
use crate::session::write::EventRow;
use crate::store::{Stats, TabTrail};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use uuid::Uuid;

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
