//! A session as a row of `user_sessions`, and back. Of events and tabs it knows nothing.

use super::{id, signed, time, unreadable, unsigned};
use crate::clock::Timestamp;
use crate::session::{EndReason, Ended, Session, State};
use crate::store::StoreError;
use crate::store::sqlite::many::{Parameters, Statement};
use sqlx::FromRow;

/// A row of `user_sessions`.
#[derive(Debug, FromRow)]
pub(in crate::store::sqlite) struct SessionRow {
    pub(in crate::store::sqlite) change_order: i64,
    user_id: String,
    id: String,
    given_id: Option<String>,
    device_id: Option<String>,
    previous_id: Option<String>,
    platform: String,
    app_section: Option<String>,
    section_changed_at: String,
    started_at: String,
    last_heartbeat_at: String,
    last_activity_at: String,
    ended_at: Option<String>,
    status: String,
    end_reason: Option<String>,
    epoch: i64,
    end_epoch: Option<i64>,
    total_duration_seconds: Option<i64>,
    active_seconds: i64,
    activity_count: i64,
    device_info: Option<String>,
    location_info: Option<String>,
    metadata: Option<String>,
    user_agent: Option<String>,
    ip_address: Option<String>,
    created_at: String,
    updated_at: String,
}

impl SessionRow {
    pub(in crate::store::sqlite) fn new(session: &Session, change_order: i64, updated_at: Timestamp) -> Self {
        let ended = session.ended();
        Self {
            change_order,
            user_id: session.user_id.clone(),
            id: session.id.to_string(),
            given_id: session.given_id.map(|id| id.to_string()),
            device_id: session.device_id.map(|id| id.to_string()),
            previous_id: session.previous_id.map(|id| id.to_string()),
            platform: session.platform.clone(),
            app_section: session.section.clone(),
            section_changed_at: session.section_changed_at.to_string(),
            started_at: session.started_at.to_string(),
            last_heartbeat_at: session.last_contact_at.to_string(),
            last_activity_at: session.last_activity_at.to_string(),
            ended_at: ended.map(|ended| ended.at.to_string()),
            status: status(session).into(),
            end_reason: ended.map(|ended| ended.reason.name().into()),
            epoch: signed(session.epoch),
            end_epoch: ended.map(|ended| signed(ended.epoch)),
            total_duration_seconds: session.total_duration_seconds().map(signed),
            active_seconds: signed(session.active_seconds),
            activity_count: signed(session.activity_count),
            device_info: session.device_info.clone(),
            location_info: session.location_info.clone(),
            metadata: session.metadata.clone(),
            user_agent: session.user_agent.clone(),
            ip_address: session.ip_address.clone(),
            created_at: session.created_at.to_string(),
            updated_at: updated_at.to_string(),
        }
    }

    pub(in crate::store::sqlite) fn key(&self) -> (String, String) {
        (self.user_id.clone(), self.id.clone())
    }

    pub(in crate::store::sqlite) fn session(self) -> Result<Session, StoreError> {
        let state = match (&self.ended_at, &self.end_reason, self.end_epoch) {
            (Some(at), Some(reason), Some(epoch)) => State::Ended(Ended {
                reason: EndReason::parse(reason).ok_or_else(|| unreadable("end_reason", reason))?,
                at: time("ended_at", at)?,
                epoch: unsigned(epoch),
            }),
            _ if self.status == "idle" => State::Idle,
            _ => State::Active,
        };
        Ok(Session {
            id: id("id", &self.id)?,
            given_id: self.given_id.as_deref().map(|text| id("given_id", text)).transpose()?,
            device_id: self.device_id.as_deref().map(|text| id("device_id", text)).transpose()?,
            previous_id: self.previous_id.as_deref().map(|text| id("previous_id", text)).transpose()?,
            platform: self.platform,
            section: self.app_section,
            section_changed_at: time("section_changed_at", &self.section_changed_at)?,
            started_at: time("started_at", &self.started_at)?,
            last_contact_at: time("last_heartbeat_at", &self.last_heartbeat_at)?,
            last_activity_at: time("last_activity_at", &self.last_activity_at)?,
            epoch: unsigned(self.epoch),
            state,
            activity_count: unsigned(self.activity_count),
            active_seconds: unsigned(self.active_seconds),
            device_info: self.device_info,
            location_info: self.location_info,
            metadata: self.metadata,
            user_agent: self.user_agent,
            ip_address: self.ip_address,
            created_at: time("created_at", &self.created_at)?,
            user_id: self.user_id,
        })
    }

    /// The columns that [`Parameters`] gives, in their order.
    pub(in crate::store::sqlite) const COLUMNS: &str = "change_order, user_id, id, given_id, device_id, previous_id, platform, app_section, section_changed_at, started_at, last_heartbeat_at, last_activity_at, ended_at, status, end_reason, epoch, end_epoch, total_duration_seconds, active_seconds, activity_count, device_info, location_info, metadata, user_agent, ip_address, created_at, updated_at";
}

impl Parameters for SessionRow {
    const COLUMNS: usize = 27;

    fn bind(self, statement: Statement<'_>) -> Statement<'_> {
        statement
            .bind(self.change_order)
            .bind(self.user_id)
            .bind(self.id)
            .bind(self.given_id)
            .bind(self.device_id)
            .bind(self.previous_id)
            .bind(self.platform)
            .bind(self.app_section)
            .bind(self.section_changed_at)
            .bind(self.started_at)
            .bind(self.last_heartbeat_at)
            .bind(self.last_activity_at)
            .bind(self.ended_at)
            .bind(self.status)
            .bind(self.end_reason)
            .bind(self.epoch)
            .bind(self.end_epoch)
            .bind(self.total_duration_seconds)
            .bind(self.active_seconds)
            .bind(self.activity_count)
            .bind(self.device_info)
            .bind(self.location_info)
            .bind(self.metadata)
            .bind(self.user_agent)
            .bind(self.ip_address)
            .bind(self.created_at)
            .bind(self.updated_at)
    }
}

/// In SQL a session that timed out has a status of its own; the API says `ended` and the reason.
fn status(session: &Session) -> &'static str {
    match session.state {
        State::Ended(Ended { reason: EndReason::Timeout, .. }) => "timeout",
        _ => session.status(),
    }
}
