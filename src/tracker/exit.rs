//! Leaving and coming back. A leaving page hands over what is neither acknowledged nor travelling, and a provisional end, in requests small
//! enough for the quota it shares with the rest of the page. Nobody hears the answers; a page that comes back sends again what it
//! cannot know, and the server's keys make that harmless.

use super::requests::{plan_end, plan_events};
use super::{Phase, Request, Tracker};
use crate::limits::{PARTING_BYTES, PARTING_REQUESTS, PARTING_REQUESTS_CORE, REPLY_WAIT};
use crate::queue::{Fate, RequestId};
use crate::session::{EndReason, Ending, Profile, Session, Standing};
use crate::time::{Now, Wall};
use crate::timers::Timer;
use crate::tracker::requests::Plan;
use crate::wire::Route;

/// Whether the page is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    /// It is.
    Open,
    /// It has left, or is frozen.
    Left {
        /// When.
        at: Wall,
        /// How large a parting request may be; halved when the browser refuses one.
        bytes: usize,
        /// How many more may be tried.
        requests: usize,
    },
}

impl Tracker {
    pub(super) fn leave(&mut self, now: Now) {
        if self.page != Page::Open {
            return;
        }
        self.disarm();
        // A request without a part of the quota dies with the page, so what it carries is said anew.
        self.recall(0);
        self.settle_section(now);
        self.timers.stop_all();
        self.presence.leave(true, now.mono);
        let is_core = self
            .current()
            .is_some_and(|session| session.standing == Standing::Announced && session.profile == Profile::Core);
        let requests = if is_core { PARTING_REQUESTS_CORE } else { PARTING_REQUESTS };
        self.page = Page::Left { at: now.wall, bytes: PARTING_BYTES, requests };
        self.stop_leading();
        self.retry_keeping();
        let is_last = self.current().is_none_or(|session| self.tabs.companions(&session.id).next().is_none());
        if self.is_running()
            && is_last
            && let Some(session) = self.current_mut()
        {
            session.ending = Ending::Owed(EndReason::AppClose, now.wall);
        }
        self.record_due = true;
    }

    pub(super) fn close(&mut self, now: Now) {
        self.leave(now);
        self.phase = Phase::Inert("destroyed");
        self.settle();
    }

    pub(super) fn next_parting(&mut self, now: Now) -> Option<Request> {
        let Page::Left { bytes, requests, at } = self.page else { return None };
        if requests == 0 || self.phase == Phase::Idle {
            return None;
        }
        let id = self.flights.name();
        let beats = self.is_running() || self.phase == Phase::Inert("destroyed");
        for index in 0..self.sessions.len() {
            let session = self.sessions.get_mut(index)?;
            let Some(mut plan) = plan_parting(id, session, bytes) else { continue };
            plan.beat = plan.end && beats && !session.is_past;
            self.page = Page::Left { at, bytes, requests: requests - 1 };
            let request = self.compose(plan, index, true, now);
            let session = self.sessions.get_mut(index)?;
            if let (true, Ending::Owed(reason, at)) = (plan.end, session.ending) {
                session.ending = Ending::Parted(reason, at);
            }
            return request;
        }
        None
    }

    /// The browser took a parting request, or refused it for its size: then half of it is tried, down to a single event.
    pub(super) fn handed(&mut self, id: RequestId, taken: bool) {
        let Some(flight) = self.flights.take(id) else { return };
        if taken {
            return;
        }
        if let Some(session) = self.find(flight.session) {
            session.queue.answer(id, &|_| Fate::Unknown);
            if let (true, Ending::Parted(reason, at)) = (flight.end, session.ending) {
                session.ending = Ending::Owed(reason, at);
            }
        }
        if let Page::Left { at, bytes, requests } = self.page {
            let requests = if flight.events > 1 { requests } else { 0 };
            self.page = Page::Left { at, bytes: bytes / 2, requests };
        }
    }

    pub(super) fn come_back(&mut self, now: Now) {
        let Page::Left { at: left, .. } = self.page else { return };
        if self.phase == Phase::Inert("destroyed") {
            return;
        }
        self.page = Page::Open;
        self.presence.leave(false, now.mono);
        self.hurry();
        if self.config.persistent {
            self.move_on();
        }
        self.unknown_again();
        self.renew(now);
        if self.flights.awaited().is_some() {
            self.timers.set(Timer::Reply, now.mono.after(REPLY_WAIT));
        }
        if !self.is_running() {
            return;
        }
        let elsewhere = self.catch_up();
        if now.wall.since(self.ran.max(left)) > self.settings.resume {
            return self.over(EndReason::AppClose, now);
        }
        if let Some(session) = self.current_mut() {
            session.epoch = session.epoch.saturating_add(1);
        }
        if let Some(record) = elsewhere {
            self.arrive(&record, now);
        }
        self.flush_due = true;
        self.beat_due = true;
    }

    /// What was handed over may have arrived or not: events and final ends are sent again, the provisional end is taken back.
    fn unknown_again(&mut self) {
        let awaited = self.flights.awaited();
        for session in &mut self.sessions {
            session.queue.release(awaited);
            session.ending = match session.ending {
                Ending::Owed(EndReason::AppClose, _) | Ending::Parted(EndReason::AppClose, _) => Ending::None,
                Ending::Parted(reason, at) => Ending::Owed(reason, at),
                other => other,
            };
        }
    }
}

/// Events with the end, or the end alone. A session that the backend may not know yet is announced by the same request.
fn plan_parting(id: RequestId, session: &mut Session, bytes: usize) -> Option<Plan> {
    if session.standing == Standing::Announced {
        return plan_events(id, session, bytes).or_else(|| plan_end(id, session));
    }
    if !session.queue.has_waiting() && !session.owes_end() {
        return None;
    }
    let all = session.queue.lease(id, usize::MAX, bytes);
    Some(Plan { id, route: Route::Start, beat: false, end: all && session.owes_end() })
}
