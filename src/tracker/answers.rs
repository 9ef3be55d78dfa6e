//! What an answer changes. Only an answer of this API acknowledges anything; everything else leaves the events where they are.

use super::{Input, Notice, Output, Phase, Tracker, find};
use crate::config::Settings;
use crate::flights::Flight;
use crate::ledger::DropReason;
use crate::queue::{Fate, RequestId};
use crate::session::{EndReason, Ending, Profile, Standing};
use crate::time::{Millis, Now};
use crate::timers::Timer;
use crate::wire::{Batched, Route, Started, Verdict};

impl Tracker {
    pub(super) fn answered(&mut self, id: RequestId, verdict: Verdict, now: Now) {
        let Some(flight) = self.flights.take(id) else { return };
        self.timers.stop(Timer::Reply);
        match verdict {
            Verdict::Started(started) if flight.route == Route::Start => self.started(&flight, started, now),
            Verdict::Batched(batched) if flight.route == Route::Batch => self.batched(&flight, &batched, now),
            Verdict::Done { ended } => self.done(&flight, ended, now),
            Verdict::TooLarge => self.too_large(&flight, now),
            Verdict::Unauthorised => self.renew(&flight, now),
            Verdict::UnknownSession => self.unknown_session(&flight, now),
            Verdict::SessionOver(reason) => self.session_over(&flight, reason, now),
            Verdict::Refused(why) => self.refused(&flight, why),
            Verdict::TryAgain { after } => self.try_again(&flight, after, now),
            Verdict::Started(_) | Verdict::Batched(_) => self.try_again(&flight, None, now),
        }
        self.past.retain(super::Session::owes);
    }

    /// No answer came in time: the request counts as lost, and one that comes later is not listened to.
    pub(super) fn give_up_waiting(&mut self, now: Now) {
        let Some(id) = self.flights.awaited() else { return };
        self.outputs.push_back(Output::Cancel(id));
        self.handle(Input::Answered(id, Verdict::TryAgain { after: None }), now);
    }

    fn started(&mut self, flight: &Flight, started: Started, now: Now) {
        self.retry.succeeded();
        self.bearer_refused = false;
        let is_current = self.session_id() == Some(flight.session);
        let Some(session) = find(&mut self.session, &mut self.past, flight.session) else { return };
        session.id = started.session;
        session.standing = Standing::Announced;
        session.token = started.token.map(String::into_boxed_str);
        session.profile = started.profile;
        self.settings = Settings::new(self.config.chosen, started.times);
        if is_current && self.phase == Phase::Starting {
            self.phase = Phase::Live;
            self.flush_due = true;
            self.timers.set(Timer::Heartbeat, now.mono.after(self.settings.heartbeat));
            self.timers.set(Timer::Idle, now.mono.after(self.settings.idle));
            self.outputs.push_back(Output::Notify(Notice::Started));
            self.save(now);
        }
    }

    fn batched(&mut self, flight: &Flight, batched: &Batched, now: Now) {
        let says_nothing = (0..flight.events).all(|index| batched.fate(index) == Fate::Unknown);
        if flight.events > 0 && says_nothing {
            return self.try_again(flight, None, now);
        }
        self.account(flight, DropReason::Rejected, |index| batched.fate(index));
        self.acknowledged(flight, batched.ended, now);
    }

    fn done(&mut self, flight: &Flight, ended: Option<EndReason>, now: Now) {
        self.account(flight, DropReason::Rejected, |_| Fate::Stored);
        self.acknowledged(flight, ended, now);
    }

    /// What every success means, whatever was sent.
    fn acknowledged(&mut self, flight: &Flight, ended: Option<EndReason>, now: Now) {
        self.retry.succeeded();
        let Some(session) = find(&mut self.session, &mut self.past, flight.session) else { return };
        session.renewals = 0;
        if flight.end {
            session.ending = Ending::Settled;
        }
        let ended_elsewhere = ended.filter(|_| session.ending == Ending::None);
        match ended_elsewhere {
            Some(reason) if self.session_id() == Some(flight.session) => self.over(reason, now),
            _ => self.save(now),
        }
    }

    fn try_again(&mut self, flight: &Flight, after: Option<Millis>, now: Now) {
        self.take_back(flight);
        let first = !self.retry.is_down();
        let wait = self.retry.failed(after, &mut self.random);
        self.timers.set(Timer::Retry, now.mono.after(wait));
        if first {
            self.outputs.push_back(Output::Notify(Notice::Unreachable));
        }
        self.settle();
    }

    /// Everything a request carried is as if it had not been sent.
    fn take_back(&mut self, flight: &Flight) {
        self.beat_due |= flight.beat && self.phase == Phase::Live;
        let awaited = self.flights.awaited();
        let Some(session) = find(&mut self.session, &mut self.past, flight.session) else { return };
        session.queue.release(|id| id != flight.id || Some(id) == awaited);
        if flight.route == Route::Start {
            session.standing = Standing::Unannounced;
        }
        self.flush_due |= flight.events > 0;
    }

    fn too_large(&mut self, flight: &Flight, now: Now) {
        match flight.events {
            0 => self.try_again(flight, None, now),
            1 => self.account(flight, DropReason::TooLarge, |_| Fate::Rejected),
            events => {
                self.take_back(flight);
                if let Some(session) = find(&mut self.session, &mut self.past, flight.session)
                    && let Profile::Full { bytes, .. } = session.profile
                {
                    session.profile = Profile::Full { events: events / 2, bytes };
                }
            }
        }
    }

    /// A token was refused: one new one is asked for at once, and after that only with the usual waits.
    fn renew(&mut self, flight: &Flight, now: Now) {
        if self.may_renew(flight) {
            self.take_back(flight);
        } else {
            self.try_again(flight, None, now);
        }
        self.bearer_refused = true;
        if let Some(session) = find(&mut self.session, &mut self.past, flight.session) {
            session.standing = Standing::Unannounced;
        }
    }

    fn unknown_session(&mut self, flight: &Flight, now: Now) {
        if flight.route == Route::Start {
            // The id is not ours to use. Its events belong to no session that could ever take them.
            self.give_up_session(flight);
            if self.session_id() == Some(flight.session) {
                self.over(EndReason::Timeout, now);
            }
        } else if self.may_renew(flight) {
            self.take_back(flight);
            if let Some(session) = find(&mut self.session, &mut self.past, flight.session) {
                session.standing = Standing::Unannounced;
            }
        } else {
            self.account(flight, DropReason::NoSession, |_| Fate::Rejected);
            self.end_settled(flight);
        }
    }

    fn may_renew(&mut self, flight: &Flight) -> bool {
        let Some(session) = find(&mut self.session, &mut self.past, flight.session) else { return false };
        session.renewals += 1;
        session.renewals == 1
    }

    fn session_over(&mut self, flight: &Flight, reason: EndReason, now: Now) {
        self.retry.succeeded();
        self.take_back(flight);
        self.end_settled(flight);
        if let Some(session) = find(&mut self.session, &mut self.past, flight.session)
            && flight.route == Route::Start
        {
            // Presence is over, but a write token of the session still takes its events.
            session.standing = Standing::Announced;
            if session.token.is_none() {
                self.give_up_session(flight);
            }
        }
        if self.session_id() == Some(flight.session) && matches!(self.phase, Phase::Starting | Phase::Live) {
            self.over(reason, now);
        }
    }

    fn refused(&mut self, flight: &Flight, why: String) {
        if flight.route == Route::Start {
            self.outputs.push_back(Output::Notify(Notice::StartFailed(why)));
            self.give_up_session(flight);
            if self.session_id() == Some(flight.session) {
                self.timers.stop_all();
                self.phase = Phase::Inert("refused");
                self.settle();
            }
        } else {
            self.outputs.push_back(Output::Notify(Notice::Refused(why)));
            self.account(flight, DropReason::Rejected, |_| Fate::Rejected);
            self.end_settled(flight);
        }
    }

    fn end_settled(&mut self, flight: &Flight) {
        if let Some(session) = find(&mut self.session, &mut self.past, flight.session)
            && flight.end
        {
            session.ending = Ending::Settled;
        }
    }

    /// Takes out of the queue what an answer spoke of, and counts it.
    fn account(&mut self, flight: &Flight, reason: DropReason, fate: impl Fn(usize) -> Fate) {
        let Some(session) = find(&mut self.session, &mut self.past, flight.session) else { return };
        let (rejected, stored) = session.queue.answer(flight.id, fate);
        self.ledger.deliver(stored);
        for event in rejected {
            session.losses.add(reason, event.seq);
            self.ledger.drop_one(reason);
        }
    }

    /// The session can never be announced: what waits for it is counted as lost.
    fn give_up_session(&mut self, flight: &Flight) {
        let Some(session) = find(&mut self.session, &mut self.past, flight.session) else { return };
        session.ending = Ending::Settled;
        for event in session.queue.clear() {
            session.losses.add(DropReason::NoSession, event.seq);
            self.ledger.drop_one(DropReason::NoSession);
        }
    }
}
