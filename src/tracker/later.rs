//! The dead man's hand: a request that the browser holds and sends when the page is killed or crashes (Fetch standard, `fetchLater`). It
//! repeats what waits and, from the only tab, says goodbye; what arrives twice is stored once, so nothing is settled by it.

use super::requests::Plan;
use super::{Output, Page, Phase, Tracker};
use crate::limits::{LATER_PAUSE, PARTING_BYTES};
use crate::presence::Person;
use crate::queue::Fate;
use crate::session::{EndReason, Ending, Profile, Standing};
use crate::time::Now;
use crate::timers::Timer;
use crate::wire::Route;

impl Tracker {
    /// Gives the browser what it shall send should this be the last that is heard of the page; at most once a second, for each
    /// time all of it is written anew.
    pub(super) fn arm(&mut self, now: Now) -> Option<Output> {
        let may_arm = self.can_fetch_later && self.phase == Phase::Live && self.page == Page::Open;
        if !may_arm || self.presence.person() == Person::Hidden || !self.arm_due || self.timers.at(Timer::Arm).is_some()
        {
            return None;
        }
        self.arm_due = false;
        let index = self.sessions.len().checked_sub(1)?;
        let session = self.sessions.get_mut(index).filter(|session| session.standing == Standing::Announced)?;
        if session.token.is_empty() || session.profile == Profile::Core {
            return None;
        }
        self.timers.set(Timer::Arm, now.mono.after(LATER_PAUSE));
        self.is_armed = true;
        let id = self.flights.name();
        session.queue.lease(id, usize::MAX, PARTING_BYTES);
        let is_only = self.tabs.companions(&session.id).next().is_none();
        let ending = session.ending;
        if is_only {
            session.ending = Ending::Owed(EndReason::AppClose, now.wall);
        }
        let body = self.write(Plan { id, route: Route::Batch, beat: true, end: is_only }, index, now);
        let session = self.sessions.get_mut(index)?;
        session.ending = ending;
        session.queue.answer(id, &|_| Fate::Unknown);
        Some(Output::Later(Route::Batch, body?))
    }

    /// Whoever can still speak for themselves needs no dead man's hand.
    pub(super) fn disarm(&mut self) {
        self.timers.stop(Timer::Arm);
        self.arm_due = true;
        if core::mem::take(&mut self.is_armed) {
            self.outputs.push(Output::Later(Route::Batch, String::new()));
        }
    }
}
