//! What is sent next. One request is awaited at a time: what becomes due meanwhile travels together with the next one.

use super::{Credential, Page, Phase, Request, Tracker};
use crate::flights::Flight;
use crate::limits::{FLUSH_BYTES, PARTING_BYTES, REPLY_WAIT};
use crate::presence::Person;
use crate::queue::RequestId;
use crate::session::{Ending, Profile, Session, Standing};
use crate::time::Now;
use crate::timers::Timer;
use crate::wire::{self, Beat, Introduction, Message, Route};

/// What a request shall say; the events have been leased to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) id: RequestId,
    pub(super) route: Route,
    pub(super) beat: bool,
    pub(super) end: bool,
}

impl Tracker {
    pub(super) fn next_request(&mut self, now: Now) -> Option<Request> {
        if self.page != Page::Open {
            return self.next_parting(now);
        }
        if self.timers.at(Timer::Retry).is_some() || self.flights.awaited().is_some() {
            return None;
        }
        let id = self.flights.name();
        for index in 0..self.sessions.len() {
            if let Some(plan) = self.plan(id, index) {
                return self.compose(plan, index, false, now);
            }
        }
        None
    }

    fn plan(&mut self, id: RequestId, index: usize) -> Option<Plan> {
        let session = self.sessions.get_mut(index)?;
        if session.standing != Standing::Announced {
            let plan = Plan { id, route: Route::Start, beat: false, end: session.owes_end() };
            return may_announce(self.phase, session).then_some(plan);
        }
        let beat = self.beat_due && self.phase == Phase::Live && !session.is_past;
        let is_full = self.gathered.1 >= FLUSH_BYTES;
        if session.is_past || self.flush_due || is_full || matches!(self.phase, Phase::Ended(_)) {
            let bytes = if self.presence.person() == Person::Hidden { PARTING_BYTES } else { FLUSH_BYTES };
            let plan = plan_events(id, session, bytes);
            if !session.is_past {
                // What is left by a full request, or logged while this one travels, waits for company of its own.
                self.gathered = session.queue.waiting();
                if self.gathered.0 == 0 {
                    self.flush_due = false;
                    self.timers.stop(Timer::Flush);
                }
            }
            if let Some(plan) = plan {
                return Some(Plan { beat: beat && plan.route == Route::Batch, ..plan });
            }
        }
        let session = self.sessions.get(index)?;
        if let Some(plan) = plan_end(id, session) {
            return Some(plan);
        }
        let route = if session.profile == Profile::Core { Route::Update } else { Route::Heartbeat };
        beat.then_some(Plan { id, route, beat, end: false })
    }

    /// Writes what was planned.
    pub(super) fn write(&self, plan: Plan, index: usize, now: Now) -> Option<String> {
        let is_start = plan.route == Route::Start;
        let (activities, active) = self.presence.totals();
        let session = self.sessions.get(index)?;
        let events: Vec<_> = session.queue.leased_to(plan.id).collect();
        let is_statement = plan.route == Route::Update && events.is_empty();
        let message = Message {
            session: &session.name,
            token: &session.token,
            tab: &session.tab,
            epoch: session.epoch,
            sent: now.wall,
            last_seq: session.last_seq,
            losses: &session.losses,
            introduction: is_start.then(|| Introduction {
                config: &self.config,
                user: &session.user,
                visitor: &self.visitor,
                // One that is over takes nobody's place.
                replace: if session.is_past { "none" } else { &self.config.replace },
                device: self.device.as_ref(),
                device_info: &self.device_info,
                location_info: &self.location_info,
                section: &session.entry,
                started: session.started,
                previous: session.previous.as_ref(),
            }),
            events,
            section: is_statement.then(|| self.sections.current()),
            beat: plan.beat.then(|| Beat { person: self.person(), activities, active }),
            end: match session.ending {
                Ending::Owed(reason, at) if plan.end => Some((reason, at)),
                _ => None,
            },
        };
        Some(wire::write(plan.route, &message))
    }

    /// Writes the request that was planned and notes that it travels.
    pub(super) fn compose(&mut self, plan: Plan, index: usize, parting: bool, now: Now) -> Option<Request> {
        let is_start = plan.route == Route::Start;
        let body = self.write(plan, index, now)?;
        let session = self.sessions.get(index)?;
        let carried = session.queue.leased_to(plan.id).count();
        // The bearer is that of whoever is here: it speaks for nobody else's session.
        let is_theirs = session.user != self.config.user_id;
        let credential = match (is_theirs || !(session.token.is_empty() || is_start), self.bearer_refused) {
            (true, _) => Credential::InBody,
            (false, false) => Credential::Bearer,
            (false, true) => Credential::FreshBearer,
        };
        let (key, kept) = (session.key, self.flights.keep(body.len()));
        self.flights.add(Flight {
            id: plan.id,
            route: plan.route,
            session: key,
            events: carried,
            beat: plan.beat,
            end: plan.end,
            parting,
            kept,
        });
        if is_start
            && !parting
            && let Some(session) = self.sessions.get_mut(index)
        {
            session.standing = Standing::Announcing;
        }
        if plan.beat && !parting {
            self.beat_sent(now);
        }
        if !parting {
            self.timers.set(Timer::Reply, now.mono.after(REPLY_WAIT));
        }
        Some(Request { id: plan.id, route: plan.route, body, credential, keepalive: kept > 0, parting })
    }

    fn beat_sent(&mut self, now: Now) {
        self.beat_due = false;
        self.beaten = now.wall;
        self.record_due = true;
        if self.tabs.leads {
            self.timers.set(Timer::Heartbeat, now.mono.after(self.settings.heartbeat));
        }
    }
}

/// A batch of what waits, or in the core profile one event.
pub(super) fn plan_events(id: RequestId, session: &mut Session, bytes: usize) -> Option<Plan> {
    if !session.queue.has_waiting() {
        return None;
    }
    let Profile::Full { events, bytes: most } = session.profile else {
        session.queue.lease(id, 1, 0);
        let first = session.queue.leased_to(id).next()?;
        let route = if first.is_move { Route::Update } else { Route::LogEvent };
        return Some(Plan { id, route, beat: false, end: false });
    };
    let all = session.queue.lease(id, events, most.min(bytes));
    Some(Plan { id, route: Route::Batch, beat: false, end: all && session.owes_end() })
}

/// The end alone, when no event waits.
pub(super) fn plan_end(id: RequestId, session: &Session) -> Option<Plan> {
    let is_all = session.owes_end() && !session.queue.has_waiting();
    is_all.then_some(Plan { id, route: Route::End, beat: false, end: true })
}

/// Whether a session's start may travel now: nothing does before the application asked for a start.
fn may_announce(phase: Phase, session: &Session) -> bool {
    session.standing == Standing::Unannounced && phase != Phase::Idle
}
