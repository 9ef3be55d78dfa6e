//! An event as a row of `session_events`, and back. Its data is a text here, and stays one.

use super::{id, signed, time, unsigned};
use crate::session::write::EventRow;
use crate::store::StoreError;
use crate::store::sqlite::many::{Parameters, Statement};
use sqlx::FromRow;
use uuid::Uuid;

/// A row of `session_events`.
#[derive(Debug, FromRow)]
pub(in crate::store::sqlite) struct StoredEvent {
    pub(in crate::store::sqlite) row_order: i64,
    pub(in crate::store::sqlite) user_id: String,
    pub(in crate::store::sqlite) session_id: String,
    event_id: String,
    tab_id: Option<String>,
    seq: Option<i64>,
    event_type: String,
    event_data: Option<String>,
    section: Option<String>,
    occurred_at: String,
    client_ts: Option<String>,
    sent_at: Option<String>,
    received_at: String,
}

impl StoredEvent {
    pub(in crate::store::sqlite) fn new(user_id: &str, session_id: Uuid, event: &EventRow) -> Self {
        Self {
            row_order: 0,
            user_id: user_id.into(),
            session_id: session_id.to_string(),
            event_id: event.event_id.to_string(),
            tab_id: event.tab_id.map(|id| id.to_string()),
            seq: event.seq.map(signed),
            event_type: event.event_type.clone(),
            event_data: event.event_data.clone(),
            section: event.section.clone(),
            occurred_at: event.occurred_at.to_string(),
            client_ts: event.client_ts.map(|time| time.to_string()),
            sent_at: event.sent_at.map(|time| time.to_string()),
            received_at: event.received_at.to_string(),
        }
    }

    pub(in crate::store::sqlite) fn event(self) -> Result<EventRow, StoreError> {
        Ok(EventRow {
            event_id: id("event_id", &self.event_id)?,
            tab_id: self.tab_id.as_deref().map(|text| id("tab_id", text)).transpose()?,
            seq: self.seq.map(unsigned),
            event_type: self.event_type,
            event_data: self.event_data,
            section: self.section,
            occurred_at: time("occurred_at", &self.occurred_at)?,
            client_ts: self.client_ts.as_deref().map(|text| time("client_ts", text)).transpose()?,
            sent_at: self.sent_at.as_deref().map(|text| time("sent_at", text)).transpose()?,
            received_at: time("received_at", &self.received_at)?,
        })
    }

    /// The columns that [`Parameters`] gives, in their order.
    pub(in crate::store::sqlite) const COLUMNS: &str = "user_id, session_id, event_id, tab_id, seq, event_type, event_data, section, occurred_at, client_ts, sent_at, received_at";
}

impl Parameters for StoredEvent {
    const COLUMNS: usize = 12;

    fn bind(self, statement: Statement<'_>) -> Statement<'_> {
        statement
            .bind(self.user_id)
            .bind(self.session_id)
            .bind(self.event_id)
            .bind(self.tab_id)
            .bind(self.seq)
            .bind(self.event_type)
            .bind(self.event_data)
            .bind(self.section)
            .bind(self.occurred_at)
            .bind(self.client_ts)
            .bind(self.sent_at)
            .bind(self.received_at)
    }
}
