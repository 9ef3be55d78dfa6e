//! What a request does to a session: every change of a session's state is in this file. A refused request changes nothing.

use super::write::{Activity, Beat, End, Event, EventRow, Fate, Refusal, Settled, Start, Stated, Write};
use super::{EndReason, Ended, Session, State, ids, times};
use crate::clock::Timestamp;
use crate::config::Timing;
use crate::limits::{CLOCK_SKEW, LATE_EVENTS, MAX_SESSION, OBJECT_BYTES};
use serde_json::{Map, Value, json};

/// The type of an event that says where the page stands from then on.
pub const SECTION_CHANGE: &str = "section_change";
/// The type of the event that the server writes for a session's beginning.
pub const SESSION_START: &str = "session_start";
/// The type of the event that the server writes for a session's end.
pub const SESSION_END: &str = "session_end";

/// What a request did, beside the session itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// The session is new.
    pub created: bool,
    /// The session took its place (anew): others may have to make room for it.
    pub arrived: bool,
    /// What becomes of each event; those to be stored have a row, and are duplicates if the store has their id already.
    pub events: Vec<(Settled, Option<EventRow>)>,
}

/// Ends a session that nothing was heard of for too long, as of its last contact. True if it did.
pub fn expire(session: &mut Session, now: Timestamp, timing: &Timing) -> bool {
    let due = session.ended().is_none() && now >= session.expires_at(timing);
    if due {
        let at = session.last_contact_at.min(session.started_at.plus(MAX_SESSION));
        end_as(session, EndReason::Timeout, at);
    }
    due
}

/// Ends a live session from outside: another took its place, or its successor knows that it crashed. It ends at its last contact.
pub fn end_elsewhere(session: &mut Session, reason: EndReason) {
    if session.ended().is_none() {
        end_as(session, reason, session.last_contact_at);
    }
}

/// Nobody is active for longer than they are there: two windows side by side both believe that they have the focus.
fn end_as(session: &mut Session, reason: EndReason, at: Timestamp) {
    session.state = State::Ended(Ended { reason, at, epoch: session.epoch });
    session.active_seconds = session.active_seconds.min(session.seconds_until(at));
}

/// Applies a request to the session it names, or to none if the subject has no such session.
///
/// # Errors
/// [`Refusal`]; then the session stands as it did.
pub fn apply(slot: &mut Option<Session>, write: &Write, timing: &Timing) -> Result<Effect, Refusal> {
    let now = write.sent.received_at;
    let mut effect = Effect::default();
    let mut session = match (slot.as_ref(), &write.start) {
        (Some(session), _) => session.clone(),
        (None, Some(start)) => {
            effect.created = true;
            effect.arrived = true;
            begin(write, start)
        }
        (None, None) => return Err(Refusal::NotFound),
    };
    if let Some(ended) = final_end(&session, now, timing)
        && (is_presence_only(write) || (write.section.is_some() && is_too_late(ended, now)))
    {
        return Err(Refusal::Ended { reason: ended.reason, at: ended.at });
    }

    if write.start.is_some() && !effect.created {
        effect.arrived = contact(&mut session, write, State::Active, timing);
    }
    for event in &write.events {
        effect.events.push(store_event(&mut session, write, event));
    }
    if let Some(stated) = &write.section {
        state_section(&mut session, write, stated);
        contact(&mut session, write, State::Active, timing);
    }
    if let Some(metadata) = &write.metadata {
        session.metadata = Some(merge(session.metadata.as_deref(), metadata)?);
    }
    if let Some(beat) = &write.beat {
        hear(&mut session, write, beat, timing);
    }
    if let Some(end) = &write.end {
        leave(&mut session, write, end, timing);
    }
    *slot = Some(session);
    Ok(effect)
}

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

fn begin(write: &Write, start: &Start) -> Session {
    let now = write.sent.received_at;
    let said = start.started_at.or(write.sent.sent_at);
    let started_at = said.map_or(now, |said| times::by_age(said, write.sent));
    let timely = ids::is_timely(write.session_id, now);
    Session {
        user_id: write.user_id.clone(),
        id: if timely { write.session_id } else { ids::mapped(write.session_id, started_at) },
        given_id: (!timely).then_some(write.session_id),
        device_id: start.device_id,
        previous_id: start.previous_id,
        platform: start.platform.clone(),
        section: start.section.clone(),
        section_changed_at: times::of_event(said, write.sent).max(started_at.minus(CLOCK_SKEW)),
        started_at,
        last_contact_at: now,
        last_activity_at: started_at,
        epoch: write.epoch.unwrap_or(1),
        state: State::Active,
        activity_count: 0,
        active_seconds: 0,
        device_info: start.device_info.clone(),
        location_info: start.location_info.clone(),
        metadata: start.metadata.clone(),
        user_agent: start.user_agent.clone(),
        ip_address: start.ip_address.clone(),
        created_at: now,
    }
}

/// How the session ended, if nothing takes that back: not provisionally, or so long ago that it may no longer be revived.
fn final_end(session: &Session, now: Timestamp, timing: &Timing) -> Option<Ended> {
    session.ended().filter(|ended| ended.reason != EndReason::AppClose || now > ended.at.plus(timing.resume))
}

/// Whether all that a request says is "I am here". Events and ends must be acknowledged even where that is refused, so that a repeated
/// goodbye gets its answer.
fn is_presence_only(write: &Write) -> bool {
    write.events.is_empty() && write.end.is_none()
}

/// Whether a session has been over for too long to take events.
fn is_too_late(ended: Ended, now: Timestamp) -> bool {
    now > ended.at.plus(LATE_EVENTS)
}

/// A sign of life. True if it took a provisional end back.
fn contact(session: &mut Session, write: &Write, state: State, timing: &Timing) -> bool {
    let now = write.sent.received_at;
    match session.state {
        State::Ended(ended) => {
            let epoch = write.epoch.unwrap_or(session.epoch + 1);
            let revives = final_end(session, now, timing).is_none() && epoch > ended.epoch;
            if revives {
                session.state = state;
                session.epoch = session.epoch.max(epoch);
                session.last_contact_at = session.last_contact_at.max(now);
            }
            revives
        }
        State::Active | State::Idle => {
            session.last_contact_at = session.last_contact_at.max(now);
            let epoch = write.epoch.unwrap_or(session.epoch);
            if epoch >= session.epoch {
                session.epoch = epoch;
                session.state = state;
            }
            false
        }
    }
}

fn store_event(session: &mut Session, write: &Write, event: &Event) -> (Settled, Option<EventRow>) {
    let now = write.sent.received_at;
    let event_id = if ids::is_timely(event.id, now) { event.id } else { ids::mapped(event.id, session.started_at) };
    let settled = |fate| Settled { index: event.index, given_id: event.id, event_id, fate };
    if session.ended().is_some_and(|ended| is_too_late(ended, now)) {
        return (settled(Fate::TooLate), None);
    }
    let occurred_at = times::of_event(event.occurred_at, write.sent).max(session.started_at.minus(CLOCK_SKEW));
    session.last_activity_at = session.last_activity_at.max(occurred_at.min(now));
    if event.kind == SECTION_CHANGE {
        enter(session, event.section.as_deref(), occurred_at);
    }
    let row = EventRow {
        event_id,
        tab_id: write.tab.as_ref().map(|tab| tab.id),
        seq: event.seq,
        event_type: event.kind.clone(),
        event_data: event.data.clone(),
        section: event.section.clone().or_else(|| session.section.clone()),
        occurred_at,
        client_ts: event.occurred_at,
        sent_at: write.sent.sent_at,
        received_at: now,
    };
    (settled(Fate::Accepted), Some(row))
}

fn state_section(session: &mut Session, write: &Write, stated: &Stated) {
    let at = times::of_event(stated.occurred_at, write.sent);
    if session.section != stated.section {
        enter(session, stated.section.as_deref(), at);
    }
}

/// Section changes may overtake each other, so the later one by its own time is current.
fn enter(session: &mut Session, section: Option<&str>, at: Timestamp) {
    if let Some(section) = section
        && at > session.section_changed_at
    {
        session.section = Some(section.into());
        session.section_changed_at = at;
    }
}

fn hear(session: &mut Session, write: &Write, beat: &Beat, timing: &Timing) {
    // A total that has grown says so itself, whatever the person does since: beats that overtake each other then leave the same rows.
    if beat.activity_count > session.activity_count {
        session.last_activity_at = session.last_activity_at.max(write.sent.received_at);
    }
    session.activity_count = session.activity_count.max(beat.activity_count);
    let there = session.seconds_until(session.ended().map_or(write.sent.received_at, |ended| ended.at));
    session.active_seconds = session.active_seconds.max(beat.active_seconds.min(there));
    let leaving = write.end.is_some() && session.ended().is_some();
    if !leaving {
        let state = if beat.activity == Activity::Active { State::Active } else { State::Idle };
        contact(session, write, state, timing);
    }
}

/// An end. The first one said stands, except that a provisional one gives way to a final one and to a later leave.
fn leave(session: &mut Session, write: &Write, end: &End, timing: &Timing) {
    let epoch = write.epoch.unwrap_or(session.epoch);
    let provisional = end.reason == EndReason::AppClose;
    let stands = match session.state {
        State::Ended(ended) => {
            final_end(session, write.sent.received_at, timing).is_some() || (provisional && epoch <= ended.epoch)
        }
        State::Active | State::Idle => provisional && epoch < session.epoch,
    };
    if stands {
        return;
    }
    let unsaid = session.ended().map_or(session.last_contact_at, |ended| ended.at);
    let at = end.ended_at.map_or(unsaid, |said| times::by_age(said, write.sent)).max(session.started_at);
    session.epoch = session.epoch.max(epoch);
    end_as(session, end.reason, at);
}

fn merge(stored: Option<&str>, said: &str) -> Result<String, Refusal> {
    let object = |text| serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default();
    let mut merged = stored.map(object).unwrap_or_default();
    merged.extend(object(said));
    let text = Value::Object(merged).to_string();
    if text.len() > OBJECT_BYTES { Err(Refusal::MetadataTooLarge) } else { Ok(text) }
}

#[cfg(test)]
mod tests;
