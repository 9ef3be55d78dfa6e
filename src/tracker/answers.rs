//! What an answer changes. Only an answer of this API acknowledges anything; everything else leaves the events where they are.

use super::{Notice, Output, Phase, Tracker};
use crate::config::Settings;
use crate::event::Event;
use crate::flights::Flight;
use crate::ledger::DropReason;
use crate::limits::EPOCH_LEAP;
use crate::queue::{Fate, RequestId};
use crate::session::{EndReason, Ending, Profile, Standing};
use crate::time::{Millis, Now};
use crate::timers::Timer;
use crate::wire::{Route, Started, Taken, Verdict};

impl Tracker {
    pub(super) fn answered(&mut self, id: RequestId, verdict: Verdict, now: Now) {
        let Some(flight) = self.flights.take(id) else { return };
        self.timers.stop(Timer::Reply);
        match verdict {
            Verdict::UnknownSession | Verdict::SessionOver(_) | Verdict::Refused(_)
                if flight.route == Route::Start && self.disown(flight.session, now) =>
            {
                self.take_back(&flight);
            }
            Verdict::Started(started) => self.started(&flight, started, now),
            Verdict::Taken(taken) => self.taken(&flight, &taken, now),
            Verdict::TooLarge => self.too_large(&flight, now),
            Verdict::Unauthorised => self.unauthorised(&flight, now),
            Verdict::UnknownSession => self.unknown_session(&flight, now),
            Verdict::SessionOver(reason) => self.session_over(&flight, reason, now),
            Verdict::Refused(why) => self.refused(&flight, why),
            Verdict::TryAgain { after } => self.try_again(&flight, after, now),
        }
        self.forget_settled();
    }

    /// No answer came in time: the request counts as lost, and one that comes later is not listened to.
    pub(super) fn give_up_waiting(&mut self, now: Now) {
        if let Some(id) = self.flights.awaited() {
            self.outputs.push(Output::Cancel);
            self.answered(id, Verdict::TryAgain { after: None }, now);
        }
    }

    fn started(&mut self, flight: &Flight, started: Started, now: Now) {
        self.retry.succeeded();
        self.bearer_refused = false;
        self.settings = Settings::new(self.config.chosen, started.times);
        if let Some(visitor) = started.visitor {
            self.visitor = visitor;
        }
        let Some(session) = self.find(flight.session) else { return };
        let is_renamed = session.name != started.session;
        session.name = started.session;
        session.standing = Standing::Announced;
        session.is_heard = false;
        if session.subject.is_empty() {
            session.subject = started.user.unwrap_or_default();
        }
        session.token = started.token.unwrap_or_default();
        session.profile = started.profile;
        self.renamings += u32::from(is_renamed);
        if self.phase == Phase::Starting && self.is_current(flight.session) {
            self.phase = Phase::Live;
            self.flush_due = true;
            self.beaten = now.wall;
            self.renew(now);
            self.timers.set(Timer::Idle, now.mono.after(self.settings.idle));
            self.outputs.push(Output::Notify(Notice::Started));
        }
        self.record_due = true;
    }

    fn taken(&mut self, flight: &Flight, taken: &Taken, now: Now) {
        let unsaid = (0..flight.events).filter(|index| taken.fate(*index) == Fate::Unknown).count();
        if flight.events > 0 && unsaid == flight.events {
            return self.try_again(flight, None, now);
        }
        self.flush_due |= unsaid > 0;
        self.retry.succeeded();
        self.account(flight, DropReason::Rejected, &|index| taken.fate(index));
        self.end_settled(flight);
        self.record_due = true;
        let is_here = self.is_here(flight.session);
        let Some(session) = self.find(flight.session) else { return };
        let renewals = core::mem::take(&mut session.renewals);
        let is_part = session.is_past;
        let Some(current) = self.current_mut().filter(|_| is_here) else { return };
        match taken.ended.filter(|_| current.ending == Ending::None) {
            // What this page says for itself takes that back.
            Some(EndReason::AppClose) if is_part => {}
            Some(EndReason::AppClose) if renewals < 2 => {
                // A goodbye was said here or in another tab, and somebody is here: that takes it back.
                current.renewals = renewals + 1;
                current.epoch = current.epoch.saturating_add(EPOCH_LEAP);
                self.beat_due = true;
            }
            Some(reason) => self.over(reason, now),
            None => {}
        }
    }

    fn try_again(&mut self, flight: &Flight, after: Option<Millis>, now: Now) {
        self.take_back(flight);
        if !self.retry.is_down() {
            self.outputs.push(Output::Notify(Notice::Unreachable));
        }
        let wait = self.retry.failed(after, &mut self.random);
        self.timers.set(Timer::Retry, now.mono.after(wait));
        self.settle();
    }

    /// The answer is not waited for any more, if the request holds at most so many bytes of the quota: everything it carried is as if it had
    /// not been sent.
    pub(super) fn recall(&mut self, most: usize) {
        if let Some(flight) = self.flights.take_awaited(most) {
            self.outputs.push(Output::Cancel);
            self.take_back(&flight);
        }
    }

    /// Everything a request carried is as if it had not been sent.
    pub(super) fn take_back(&mut self, flight: &Flight) {
        self.beat_due |= flight.beat && self.phase == Phase::Live;
        self.flush_due |= flight.events > 0;
        let Some(session) = self.find(flight.session) else { return };
        session.queue.answer(flight.id, &|_| Fate::Unknown);
        if flight.route == Route::Start {
            session.standing = Standing::Unannounced;
        }
    }

    fn too_large(&mut self, flight: &Flight, now: Now) {
        match flight.events {
            0 => self.try_again(flight, None, now),
            1 => self.account(flight, DropReason::TooLarge, &|_| Fate::Rejected),
            events => {
                self.take_back(flight);
                if let Some(session) = self.find(flight.session)
                    && let Profile::Full { events: most, .. } = &mut session.profile
                {
                    *most = events / 2;
                }
            }
        }
    }

    fn unauthorised(&mut self, flight: &Flight, now: Now) {
        let user = self.find(flight.session).map(|session| session.user.clone());
        if flight.route == Route::Start && user.is_some_and(|user| user != self.config.user_id) {
            // Only a bearer of that person's could announce it, and they are not here.
            return self.give_up_session(flight);
        }
        self.bearer_refused = true;
        self.announce_again(flight, now);
    }

    /// A token or the session itself was not known: the start is repeated, the first time at once and then with the usual waits.
    fn announce_again(&mut self, flight: &Flight, now: Now) {
        let Some(session) = self.find(flight.session) else { return };
        session.renewals += 1;
        let is_first = session.renewals == 1;
        session.standing = Standing::Unannounced;
        if is_first {
            self.take_back(flight);
        } else {
            self.try_again(flight, None, now);
        }
    }

    fn unknown_session(&mut self, flight: &Flight, now: Now) {
        let renewals = self.find(flight.session).map_or(0, |session| session.renewals);
        if flight.route == Route::Start {
            // The id is not ours to use. Its events belong to no session that could ever take them.
            self.give_up_session(flight);
            if self.is_current(flight.session) {
                self.over(EndReason::Timeout, now);
            }
        } else if renewals == 0 {
            self.announce_again(flight, now);
        } else if !self.is_current(flight.session) || !self.is_running() {
            // It was announced again to no avail. What waits would be refused one by one.
            self.give_up_session(flight);
        } else {
            self.account(flight, DropReason::NoSession, &|_| Fate::Rejected);
            self.end_settled(flight);
        }
    }

    fn session_over(&mut self, flight: &Flight, reason: EndReason, now: Now) {
        self.retry.succeeded();
        let is_news = self.is_here(flight.session) && self.is_running();
        if is_news {
            self.take_back(flight);
        } else {
            // It was known to be over, and this was about its events alone: they will never be taken.
            self.account(flight, DropReason::NoSession, &|_| Fate::Rejected);
        }
        self.end_settled(flight);
        let Some(session) = self.find(flight.session) else { return };
        // Presence is over, but a write token of the session still takes its events.
        session.standing = Standing::Announced;
        let is_start = flight.route == Route::Start;
        let id = session.id.clone();
        if is_start && flight.end {
            self.give_up_session(flight);
        }
        if is_news {
            self.over(reason, now);
        } else {
            self.hear_over(id);
        }
        // A start that says the end too is answered even here, with a token for the events.
        if is_start
            && let Some(session) = self.find(flight.session)
            && !session.queue.is_empty()
        {
            session.standing = Standing::Unannounced;
            session.ending = Ending::Owed(reason, now.wall);
        }
    }

    fn refused(&mut self, flight: &Flight, why: String) {
        if flight.route != Route::Start {
            self.outputs.push(Output::Notify(Notice::Refused(why)));
            self.account(flight, DropReason::Rejected, &|_| Fate::Rejected);
            return self.end_settled(flight);
        }
        self.outputs.push(Output::Notify(Notice::StartFailed(why)));
        self.give_up_session(flight);
        if self.is_current(flight.session) {
            self.timers.stop_all();
            self.presence.end();
            self.disarm();
            self.phase = Phase::Inert("refused");
            self.settle();
        }
    }

    fn end_settled(&mut self, flight: &Flight) {
        if flight.end
            && let Some(session) = self.find(flight.session)
        {
            session.ending = Ending::Settled;
        }
    }

    /// Takes out of the queue what an answer spoke of, and counts it.
    fn account(&mut self, flight: &Flight, reason: DropReason, fate: &dyn Fn(usize) -> Fate) {
        let Some(session) = self.find(flight.session) else { return };
        for (event, fate) in session.queue.answer(flight.id, fate) {
            if fate == Fate::Stored {
                self.ledger.deliver(1);
                self.let_go(&event);
            } else {
                self.lose(flight, reason, &event);
            }
        }
    }

    /// The session can never be announced: what waits for it is counted as lost.
    fn give_up_session(&mut self, flight: &Flight) {
        let Some(session) = self.find(flight.session) else { return };
        session.ending = Ending::Settled;
        for (event, _) in session.queue.clear() {
            self.lose(flight, DropReason::NoSession, &event);
        }
    }

    fn lose(&mut self, flight: &Flight, reason: DropReason, event: &Event) {
        self.ledger.give_up(reason, 1);
        self.let_go(event);
        self.record_due = true;
        let is_live = self.phase == Phase::Live;
        if let Some(session) = self.find(flight.session) {
            session.losses.add(reason, event.seq);
            // The server shall hear of it though nothing more happens here, and though another tab says that somebody is there.
            self.beat_due |= is_live && session.profile != Profile::Core;
        }
    }
}
