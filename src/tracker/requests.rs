//! What is sent next. One request is awaited at a time: what becomes due meanwhile travels together with the next one.

use super::{Credential, Page, Phase, Request, Tracker, may_announce};
use crate::event::What;
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
        let past = self.past.iter_mut().position(|session| session.owes());
        let request = match past {
            Some(index) => {
                let mut session = self.past.remove(index)?;
                let plan = self.plan_past(id, &mut session);
                let request = plan.map(|plan| self.compose(plan, &mut session, false, now));
                self.past.insert(index, session);
                request
            }
            None => None,
        };
        if request.is_some() {
            return request;
        }
        let mut session = self.session.take()?;
        let plan = self.plan(id, &mut session);
        let request = plan.map(|plan| self.compose(plan, &mut session, false, now));
        self.session = Some(session);
        if plan.is_some_and(|plan| plan.beat) {
            self.beat_sent(now);
        }
        request
    }

    fn plan_past(&self, id: RequestId, session: &mut Session) -> Option<Plan> {
        match session.standing {
            Standing::Announcing => None,
            Standing::Unannounced => Some(Plan { id, route: Route::Start, beat: false, end: false }),
            Standing::Announced => plan_events(id, session, FLUSH_BYTES).or_else(|| plan_end(id, session)),
        }
    }

    fn plan(&mut self, id: RequestId, session: &mut Session) -> Option<Plan> {
        match session.standing {
            Standing::Announcing => return None,
            Standing::Unannounced => {
                return may_announce(self.phase, session).then_some(Plan {
                    id,
                    route: Route::Start,
                    beat: false,
                    end: false,
                });
            }
            Standing::Announced => {}
        }
        let beat = self.beat_due && self.phase == Phase::Live;
        if self.flush_due || matches!(self.phase, Phase::Ended(_)) {
            let bytes = if self.presence.person() == Person::Hidden { PARTING_BYTES } else { FLUSH_BYTES };
            if let Some(plan) = plan_events(id, session, bytes) {
                return Some(Plan { beat: beat && plan.route == Route::Batch, ..plan });
            }
            self.flush_due = false;
            self.timers.stop(Timer::Flush);
        }
        plan_end(id, session).or_else(|| {
            let route = if session.profile == Profile::Core { Route::Update } else { Route::Heartbeat };
            beat.then_some(Plan { id, route, beat, end: false })
        })
    }

    fn beat_sent(&mut self, now: Now) {
        self.beat_due = false;
        if self.presence.person() != Person::Hidden {
            self.timers.set(Timer::Heartbeat, now.mono.after(self.settings.heartbeat));
        }
    }

    /// Writes the request that was planned and notes that it travels.
    pub(super) fn compose(&mut self, plan: Plan, session: &mut Session, parting: bool, now: Now) -> Request {
        let is_start = plan.route == Route::Start;
        let events: Vec<_> = session.queue.leased_to(plan.id).collect();
        let carried = events.len();
        let is_statement = plan.route == Route::Update && events.is_empty();
        let message = Message {
            session: session.id,
            token: session.token.as_deref(),
            tab: self.tab,
            epoch: session.epoch,
            sent: now.wall,
            last_seq: session.last_seq,
            losses: &session.losses,
            introduction: is_start.then(|| Introduction {
                config: &self.config,
                device: self.record.device,
                device_info: self.device_info.as_deref(),
                location_info: self.location_info.as_deref(),
                section: &session.entry,
                started: session.started,
                previous: session.previous,
            }),
            events,
            section: is_statement.then(|| self.sections.current()),
            beat: plan.beat.then(|| Beat {
                person: self.presence.person(),
                activities: self.presence.activities(),
                active: self.presence.active(),
            }),
            end: match session.ending {
                Ending::Owed(reason, at) if plan.end => Some((reason, at)),
                _ => None,
            },
        };
        let body = wire::write(plan.route, &message);
        if is_start {
            session.standing = Standing::Announcing;
        }
        let kept = self.flights.keep(body.len());
        self.flights.add(Flight {
            id: plan.id,
            route: plan.route,
            session: session.id,
            events: carried,
            beat: plan.beat,
            end: plan.end,
            parting,
            kept,
        });
        if !parting {
            self.timers.set(Timer::Reply, now.mono.after(REPLY_WAIT));
        }
        let credential = match (&session.token, is_start, self.bearer_refused) {
            (Some(_), false, _) => Credential::InBody,
            (_, _, false) => Credential::Bearer,
            (_, _, true) => Credential::FreshBearer,
        };
        Request { id: plan.id, route: plan.route, body, credential, keepalive: kept > 0, parting }
    }
}

/// A batch of what waits, or in the core profile one event.
pub(super) fn plan_events(id: RequestId, session: &mut Session, bytes: usize) -> Option<Plan> {
    if !session.queue.has_waiting() {
        return None;
    }
    let (max_events, max_bytes) = match session.profile {
        Profile::Core => (1, 0),
        Profile::Full { events, bytes: most } => (events, most.min(bytes)),
    };
    let all = session.queue.lease(id, max_events, max_bytes);
    let first = session.queue.leased_to(id).next().map(|event| &event.what);
    let route = match (session.profile, first) {
        (Profile::Full { .. }, _) => Route::Batch,
        (Profile::Core, Some(What::Moved(_))) => Route::Update,
        (Profile::Core, _) => Route::LogEvent,
    };
    let end = all && route == Route::Batch && matches!(session.ending, Ending::Owed(..));
    Some(Plan { id, route, beat: false, end })
}

/// The end alone, when no event waits.
pub(super) fn plan_end(id: RequestId, session: &Session) -> Option<Plan> {
    let owed = matches!(session.ending, Ending::Owed(..)) && !session.queue.has_waiting();
    owed.then_some(Plan { id, route: Route::End, beat: false, end: true })
}
