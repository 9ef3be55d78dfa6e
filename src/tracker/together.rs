//! Several tabs, one session: what this tab tells the others through storage, what it learns of them, who of them beats, and who finishes
//! what a dead one left undone.

use super::{Output, Page, Phase, Tracker};
use crate::event::Event;
use crate::id::Id;
use crate::ledger::DropReason;
use crate::limits::{CLAIMS, TAB_LOOK, TAB_RENEWAL};
use crate::lines::Lines;
use crate::presence::Person;
use crate::record::{RECORDS, Record, VERSION, events_name, record_name};
use crate::session::{EndReason, Ending, Key, Session};
use crate::time::{Millis, Now};
use crate::timers::Timer;
use std::rc::Rc;

impl Tracker {
    /// What storage holds under names that begin like this.
    pub(super) fn loaded(&mut self, prefix: &str, entries: &[(String, String)], now: Now) {
        if prefix == events_name(&self.place) {
            return self.unkeep(&|held| held.starts_with(prefix) && !entries.iter().any(|(name, _)| name == held));
        } else if prefix != RECORDS {
            return self.adopt(prefix, entries, now);
        }
        let is_missing = !self.tabs.learn(&self.tab, &self.place, entries, now);
        if self.looks_around {
            // Another tab thought that this one was dead, or somebody cleared the storage; or it is out of reach, and then nothing is known.
            self.record_due |= is_missing && self.is_running();
            if core::mem::replace(&mut self.is_missing, is_missing) && !is_missing {
                self.outputs.push(Output::Load(events_name(&self.place)));
            }
        }
        self.meet(now);
    }

    /// Asks for the other tabs' records.
    pub(super) fn look_around(&mut self) {
        self.looks_around = true;
        self.outputs.push(Output::Load(RECORDS.into()));
    }

    /// The browser profile has one name, which the first of its pages gave it, and is one visitor to the backend.
    pub(super) fn meet_profile(&mut self) {
        if !self.config.persistent {
            return;
        }
        for record in self.tabs.all() {
            if record.device.is_some() {
                self.device.clone_from(&record.device);
            }
            if !record.visitor.is_empty() {
                self.visitor.clone_from(&record.visitor);
            }
        }
    }

    /// Takes over from the records of the others what this tab has to know.
    pub(super) fn meet(&mut self, now: Now) {
        if self.page != Page::Open {
            return;
        }
        if self.is_running() {
            self.catch_up();
            self.follow(now);
        } else if !matches!(self.phase, Phase::Ended(_)) {
            return;
        }
        if self.timers.at(Timer::Renewal).is_none() {
            self.renew(now);
        }
        // When a tab goes all others hear of it at once; the one that leads is enough, and whoever looks by itself.
        if !core::mem::take(&mut self.looks_around) && !self.tabs.leads {
            return;
        }
        let unclaimed =
            self.tabs.orphans().filter(|record| !self.claims.iter().any(|(place, _)| *place == record.place));
        for record in unclaimed.take(CLAIMS.saturating_sub(self.claims.len())) {
            self.outputs.push(Output::Load(events_name(&record.place)));
        }
    }

    /// Takes over what other tabs of the session reached. Gives the one in which the person was last seen.
    pub(super) fn catch_up(&mut self) -> Option<Rc<Record>> {
        let session = self.sessions.last_mut().filter(|session| !session.is_past)?;
        let mut latest: Option<&Rc<Record>> = None;
        for record in self.tabs.all() {
            let Some(known) = record.current().filter(|current| current.id == session.id) else { continue };
            session.epoch = session.epoch.max(known.epoch);
            self.beaten = self.beaten.max(record.beaten);
            self.ran = self.ran.max(record.seen);
            self.presence.merge(record.activities, record.active);
            if latest.is_none_or(|latest| latest.seen < record.seen) {
                latest = Some(record);
            }
        }
        latest.cloned()
    }

    /// Where another tab ended the session, or went on to the next one, this tab does the same; but not into another
    /// person's, who takes this one's place.
    fn follow(&mut self, now: Now) {
        let Some(current) = self.current() else { return };
        let mut ended = None;
        let mut next: Option<&Rc<Record>> = None;
        let mut is_replaced = false;
        let mut best = &current.id;
        // A tab that slept does not know yet that its session is over.
        let is_late = |record: &Record| now.wall.since(record.seen) >= self.settings.timeout;
        for record in self.tabs.living() {
            let Some(theirs) = record.current() else { continue };
            if theirs.id == current.id {
                ended = ended.or(record.ended);
            } else if theirs.user != current.user {
                // Of two people in one profile the later one is there.
                is_replaced |= record.ended.is_none() && is_older(&current.id, &theirs.id);
            } else if record.ended.is_none() && !is_late(record) && self.goes_before(&theirs.id, best) {
                (next, best) = (Some(record), &theirs.id);
            }
        }
        if is_replaced {
            return self.end(EndReason::Replaced, now);
        }
        match (next.cloned(), ended) {
            (Some(record), _) => self.join(&record, now),
            (None, Some(reason)) => {
                self.settle_ending();
                self.finish(reason);
            }
            (None, None) => {}
        }
    }

    /// In which of two sessions all tabs meet: not in one that is over for any of them, and of those that began at the same moment in the one
    /// with the lower id. Where both were left by somebody, the younger one is more likely to go on.
    fn goes_before(&self, one: &Id, other: &Id) -> bool {
        let is_older = is_older(one, other);
        match (self.is_over(one), self.is_over(other)) {
            (false, false) => is_older,
            (true, true) => !is_older && !self.over.iter().any(|counted| counted.is_final && counted.session == *one),
            (is_over, _) => !is_over,
        }
    }

    /// Whether any tab, this one included, knows that the session is over.
    #[inline(never)]
    pub(super) fn is_over(&self, id: &Id) -> bool {
        self.has_left(id) || self.tabs.have_left(id)
    }

    /// Leaves the session for another tab's.
    fn join(&mut self, record: &Record, now: Now) {
        // Of the two that began at the same moment, the backend shall keep one; of one that was over, it knows.
        let is_news = self.current().is_some_and(|current| !self.is_over(&current.id));
        if let Some(session) = self.current_mut() {
            session.ending = if is_news { Ending::Owed(EndReason::Replaced, now.wall) } else { Ending::Settled };
        }
        self.retire(false);
        self.take_up(record, now);
        self.phase = Phase::Starting;
        self.record_due = true;
    }

    /// Takes over what a dead tab left: its sessions, and its events, which stay in the entries they are in until they are settled. When
    /// nothing is left of that, its record goes; but one that is only silent is given time to prove that it lives, and its last words to be seen.
    fn adopt(&mut self, prefix: &str, entries: &[(String, String)], now: Now) {
        let claimed = self.claims.iter().find(|(place, _)| events_name(place) == prefix).cloned();
        let record = self.tabs.dead(prefix);
        let dead = record.as_ref().map(|record| {
            let wait = if record.left { Millis::default() } else { TAB_LOOK };
            (record.place.clone(), now.mono.after(wait))
        });
        let is_claimed = claimed.is_some();
        let Some((place, ripe)) = claimed.or(dead) else { return };
        let is_ripe = ripe <= now.mono;
        let has_news = entries.iter().any(|(name, _)| !self.outbox.has(name));
        if let Some(record) = record.as_ref().filter(|_| !is_claimed || has_news) {
            self.adopt_sessions(record, !is_claimed);
            self.adopt_events(&place, entries, is_ripe);
        }
        self.sessions.retain(|session| !session.is_past || session.owes());
        let is_living = self.tabs.living().any(|record| record.place == place);
        if self.is_open(&place) || !(is_ripe || is_living) {
            if !is_claimed {
                self.claims.push((place, ripe));
                self.record_due = true;
            }
            return;
        }
        self.claims.retain(|(claim, _)| *claim != place);
        self.record_due |= is_claimed;
        if !is_living {
            let here = self.current().map(|current| current.id.clone());
            if let Some(record) = record.filter(|record| record.current().map(|theirs| &theirs.id) == here.as_ref()) {
                self.presence.take_over(record.activities, record.active);
            }
            self.tabs.forget(&place);
            self.outputs.push(Output::Erase(record_name(&place)));
        }
    }

    /// Whether there is anything left to do of what this place's tab left.
    pub(super) fn is_open(&self, place: &Id) -> bool {
        self.outbox.holds(&events_name(place))
            || self.sessions.iter().any(|session| session.origin.as_ref().is_some_and(|(origin, _)| origin == place))
    }

    /// Makes a dead tab's sessions past ones of this tab, with all their ids and numbers; but those of this tab, from before it went away, it
    /// still has.
    fn adopt_sessions(&mut self, record: &Record, is_first: bool) {
        for theirs in &record.sessions {
            if self.sessions.iter().any(|session| session.comes_from(&record.place, &self.tab, theirs.key)) {
                continue;
            }
            let mut session = self.new_session(theirs.id.clone(), theirs.started, theirs.entry.clone());
            session.inherit(theirs);
            session.tab = theirs.tab.clone();
            session.origin = Some((record.place.clone(), theirs.key));
            session.is_past = true;
            session.epoch = theirs.epoch;
            session.standing = theirs.standing;
            session.profile = theirs.profile;
            session.last_seq = theirs.last_seq;
            session.losses = theirs.losses.clone();
            if is_first {
                let lost = session.losses.get(DropReason::NotStored);
                self.ledger.accept(lost);
                self.ledger.give_up(DropReason::NotStored, lost);
            }
            let mut at = self.sessions.len();
            if let Some(current) = self.current() {
                at -= 1;
                // The goodbye is taken back by this tab's being there.
                if current.id != theirs.id && is_first {
                    session.ending = theirs.ending;
                }
            }
            self.sessions.insert(at, session);
        }
    }

    fn adopt_events(&mut self, place: &Id, entries: &[(String, String)], is_ripe: bool) {
        for (name, text) in entries {
            if self.outbox.has(name) {
                continue;
            }
            let number = self.outbox.next_number();
            let mut events = 0;
            if let Some(mut lines) = Lines::read(VERSION, text) {
                let mut key = 0;
                lines.number(&mut key);
                let key = Key(key as u32);
                let mut session = self.sessions.iter_mut().find(|session| session.comes_from(place, &self.tab, key));
                while let Some(session) = session.as_mut().filter(|_| lines.has_more()) {
                    let mut event = Event { kept: Some(number), ..Event::default() };
                    event.carry(&mut lines);
                    session.last_seq = session.last_seq.max(event.seq);
                    session.queue.insert(event);
                    events += 1;
                }
            }
            self.ledger.accept(events as u64);
            if events > 0 {
                self.outbox.keep(number, name.clone(), events, text.len(), false);
                self.flush_due = true;
            } else if is_ripe {
                self.outputs.push(Output::Erase(name.clone()));
            }
        }
    }

    /// What the person does, in whichever tab of the session they are.
    pub(super) fn person(&self) -> Person {
        let own = self.presence.person();
        self.current().map_or(own, |session| own.min(self.tabs.elsewhere(&session.id)))
    }

    /// This tab runs: it says so, and leads if nobody does. Only a page in view leads; nobody waits for it, for a lock that is held or waited for
    /// keeps a page out of the back/forward cache.
    pub(super) fn renew(&mut self, now: Now) {
        let has_business = self.is_running() || self.sessions.iter().any(Session::owes);
        self.record_due |= has_business;
        if has_business || self.tabs.all().next().is_some() {
            // The lead shall pass within a beat, however short that is; and no interval of active time may be longer than two beats, however
            // long the backend makes the page wait to send.
            let often = self.settings.heartbeat.at_most(TAB_RENEWAL);
            self.timers.set(Timer::Renewal, now.mono.after(often));
        }
        if !self.config.persistent {
            // Tabs that know nothing of each other have a session each.
            return self.led(true, now);
        }
        if self.may_lead() && !self.tabs.leads {
            self.outputs.push(Output::Lead);
        }
    }

    /// The lead was free, or not.
    pub(super) fn led(&mut self, leads: bool, now: Now) {
        if !leads || self.tabs.leads {
            return;
        }
        if !self.may_lead() {
            return self.outputs.push(Output::Unlead);
        }
        self.tabs.leads = true;
        let rest = self.settings.heartbeat.less(now.wall.since(self.beaten));
        self.timers.set(Timer::Heartbeat, now.mono.after(rest));
    }

    /// Another tab may lead.
    pub(super) fn stop_leading(&mut self) {
        self.timers.stop(Timer::Heartbeat);
        if core::mem::take(&mut self.tabs.leads) {
            self.outputs.push(Output::Unlead);
        }
    }

    fn may_lead(&self) -> bool {
        self.phase == Phase::Live && self.page == Page::Open && self.presence.person() != Person::Hidden
    }
}

/// Ids begin with the time at which they were made.
#[inline(never)]
fn is_older(one: &Id, other: &Id) -> bool {
    one.as_str() < other.as_str()
}
