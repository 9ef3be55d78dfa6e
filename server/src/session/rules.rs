//! What a request does to a session: every change of a session's state is in this file and, where it ends, in `rules/ends.rs`. A refused
//! request changes nothing. Beside them: what the server writes itself (`own_events`).

mod ends;
mod own_events;

use super::write::{Activity, Beat, Event, EventRow, Fate, Refusal, Settled, Start, Stated, Write};
use super::{Session, State, ids, metadata, times};
use crate::clock::Timestamp;
use crate::config::Timing;
use crate::limits::CLOCK_SKEW;
pub use ends::{end_elsewhere, expire};
use ends::{final_end, is_too_late, leave};
pub use own_events::{SESSION_END, SESSION_START, end_event, start_event};

/// The type of an event that says where the page stands from then on.
pub const SECTION_CHANGE: &str = "section_change";

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
    if let Some(said) = &write.metadata {
        let merged = metadata::merged(session.metadata.as_deref(), said);
        session.metadata = Some(merged.ok_or(Refusal::MetadataTooLarge)?);
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

/// Whether all that a request says is "I am here". Events and ends must be acknowledged even where that is refused, so that a repeated
/// goodbye gets its answer.
fn is_presence_only(write: &Write) -> bool {
    write.events.is_empty() && write.end.is_none()
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

#[cfg(test)]
mod tests;
