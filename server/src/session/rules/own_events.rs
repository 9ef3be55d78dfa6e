//! The events that the server writes itself: at a session's beginning, and at its end. Their ids follow from the session's, so that a repetition
//! writes the same ones.

use crate::clock::Timestamp;
use crate::session::write::{EventRow, Write};
use crate::session::{Ended, Session, ids};
use serde_json::json;

/// The type of the event that the server writes for a session's beginning.
pub const SESSION_START: &str = "session_start";
/// The type of the event that the server writes for a session's end.
pub const SESSION_END: &str = "session_end";

/// The event that the server writes when a session begins.
#[must_use]
pub fn start_event(session: &Session, write: &Write) -> EventRow {
    let section = write.start.as_ref().and_then(|start| start.section.clone());
    server_event(session, SESSION_START, session.started_at, None, section, write.sent.received_at)
}

/// The event that the server writes when a session has ended; taken back with a provisional end.
#[must_use]
pub fn end_event(session: &Session, ended: Ended, now: Timestamp) -> EventRow {
    let data = json!({ "reason": ended.reason.name(), "totalDurationSeconds": session.total_duration_seconds() });
    server_event(session, SESSION_END, ended.at, Some(data.to_string()), session.section.clone(), now)
}

fn server_event(
    session: &Session,
    kind: &str,
    at: Timestamp,
    data: Option<String>,
    section: Option<String>,
    now: Timestamp,
) -> EventRow {
    EventRow {
        event_id: ids::of_server_event(session.id, kind, session.started_at),
        tab_id: None,
        seq: None,
        event_type: kind.into(),
        event_data: data,
        section,
        occurred_at: at,
        client_ts: None,
        sent_at: None,
        received_at: now,
    }
}
