//! How a session ends: by silence, by another session that takes its place, by its own word; and which ends are final. Nothing here begins one or
//! takes an end back.

use crate::clock::Timestamp;
use crate::config::Timing;
use crate::limits::{LATE_EVENTS, MAX_SESSION};
use crate::session::write::{End, Write};
use crate::session::{EndReason, Ended, Session, State, times};

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

/// An end. The first one said stands, except that a provisional one gives way to a final one and to a later leave.
pub(super) fn leave(session: &mut Session, write: &Write, end: &End, timing: &Timing) {
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

/// How the session ended, if nothing takes that back: not provisionally, or so long ago that it may no longer be revived.
pub(super) fn final_end(session: &Session, now: Timestamp, timing: &Timing) -> Option<Ended> {
    session.ended().filter(|ended| ended.reason != EndReason::AppClose || now > ended.at.plus(timing.resume))
}

/// Whether a session has been over for too long to take events.
pub(super) fn is_too_late(ended: Ended, now: Timestamp) -> bool {
    now > ended.at.plus(LATE_EVENTS)
}

/// Nobody is active for longer than they are there: two windows side by side both believe that they have the focus.
fn end_as(session: &mut Session, reason: EndReason, at: Timestamp) {
    session.state = State::Ended(Ended { reason, at, epoch: session.epoch });
    session.active_seconds = session.active_seconds.min(session.seconds_until(at));
}
