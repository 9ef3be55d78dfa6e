//! What a write is answered with: the members of each reply, written once. A member that does not apply is left out. What is read has its
//! room in [`super::views`].

use crate::auth::own_tokens::Issued;
use crate::clock::{Timestamp, whole_millis};
use crate::config::Timing;
use crate::error::Problem;
use crate::limits::{BATCH_EVENTS, BEACON_BYTES, BODY_BYTES, EVENT_DATA_BYTES, MAX_SESSION};
use crate::session::Session;
use crate::session::write::{Applied, Fate, Settled};
use crate::wire::rooms::Seen;
use serde_json::{Map, Value, json};

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
