//! Several tabs, one session: what this tab tells the others through storage, what it learns of them, who of them beats, and who finishes
//! what a dead one left undone.

use super::{Output, Page, Phase, Tracker};
use crate::event::Event;
use crate::id::Id;
use crate::ledger::DropReason;
use crate::limits::{CLAIMS, TAB_RENEWAL};
use crate::lines::Lines;
use crate::presence::Person;
use crate::record::{RECORDS, Record, VERSION, events_name};
use crate::session::{EndReason, Ending, Session};
use crate::time::{Now, Wall};
use crate::timers::Timer;
use std::rc::Rc;

impl Tracker {
    /// What storage holds under names that begin like this.
    pub(super) fn loaded(&mut self, prefix: &str, entries: &[(String, String)], now: Now) {
        if prefix == RECORDS {
            self.tabs.learn(&self.place, entries);
            self.meet(now);
        } else if let Some(tab) = self.claims.iter().find(|tab| events_name(tab) == prefix).cloned() {
            self.adopt_events(&tab, entries, now);
        }
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
        if !self.is_running() || self.page != Page::Open {
            return;
        }
        self.catch_up();
        self.follow(now);
        self.adopt(now);
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
    /// person's, who takes this one's place. Two tabs that began at the same moment agree on
    /// the session with the lower id.
    fn follow(&mut self, now: Now) {
        let Some(current) = self.current() else { return };
        let mut ended = None;
        let mut next = None;
        let mut is_replaced = false;
        for record in self.tabs.living(now.wall) {
            let Some(theirs) = record.current() else { continue };
            let comes_after = record.over.contains(&current.id);
            let came_first = theirs.id.as_str() < current.id.as_str() && !self.has_left(&theirs.id);
            if theirs.id == current.id {
                ended = ended.or(record.ended);
            } else if theirs.user != current.user {
                // Of two people in one profile the later one is there.
                is_replaced |= record.ended.is_none() && theirs.id.as_str() > current.id.as_str();
            } else if record.ended.is_none() && (comes_after || came_first) {
                next = Some((record.clone(), comes_after));
            }
        }
        if is_replaced {
            return self.end(EndReason::Replaced, now);
        }
        match (next, ended) {
            (Some((record, comes_after)), _) => self.join(&record, comes_after, now),
            (None, Some(reason)) => {
                self.settle_ending();
                self.finish(reason);
            }
            (None, None) => {}
        }
    }

    /// Leaves the session for another tab's.
    fn join(&mut self, record: &Record, comes_after: bool, now: Now) {
        if comes_after {
            self.settle_ending();
        } else if let Some(session) = self.current_mut() {
            // Of the two that began at the same moment, the backend shall keep one.
            session.ending = Ending::Owed(EndReason::Replaced, now.wall);
        }
        self.retire(now);
        self.take_up(record, now);
        self.phase = Phase::Starting;
        self.record_due = true;
    }

    /// Asks for the stored events of the tabs that are gone.
    fn adopt(&mut self, now: Now) {
        for record in self.tabs.orphans(now.wall) {
            if !self.claims.contains(&record.place) && self.claims.len() < CLAIMS {
                self.claims.push(record.place.clone());
                self.record_due = true;
                self.adopt_sessions(&record);
                self.outputs.push(Output::Load(events_name(&record.place)));
            }
        }
    }

    /// Makes a dead tab's sessions past ones of this tab, with all their ids and numbers.
    fn adopt_sessions(&mut self, record: &Record) {
        for theirs in &record.sessions {
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
            let lost = session.losses.get(DropReason::NotStored);
            self.ledger.accept(lost);
            self.ledger.give_up(DropReason::NotStored, lost);
            session.is_unread = true;
            let mut at = self.sessions.len();
            if let Some(current) = self.current() {
                at -= 1;
                // The goodbye is taken back by this tab's being there.
                if current.id == theirs.id {
                    self.presence.take_over(record.activities, record.active);
                } else {
                    session.ending = theirs.ending;
                }
            }
            self.sessions.insert(at, session);
        }
    }

    /// A dead tab's stored events find their sessions. They stay in the entries they are in until they are settled.
    fn adopt_events(&mut self, tab: &Id, entries: &[(String, String)], now: Now) {
        for (name, text) in entries {
            let number = self.outbox.next_number();
            let mut events = 0;
            if let Some(mut lines) = Lines::read(VERSION, text) {
                let mut key = 0;
                lines.number(&mut key);
                let mut session = self.sessions.iter_mut().find(|session| session.comes_from(tab, key));
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
            } else {
                self.outputs.push(Output::Erase(name.clone()));
            }
        }
        for session in &mut self.sessions {
            session.is_unread &= session.origin.as_ref().is_none_or(|(origin, _)| origin != tab);
        }
        self.forget_settled(now);
    }

    /// What the person does, in whichever tab of the session they are.
    pub(super) fn person(&self, now: Wall) -> Person {
        let own = self.presence.person();
        self.current().map_or(own, |session| own.min(self.tabs.elsewhere(&session.id, now)))
    }

    /// This tab runs: it says so, and leads if nobody does. Only a page in view leads; nobody waits for it, for a lock that is held or waited for
    /// keeps a page out of the back/forward cache.
    pub(super) fn renew(&mut self, now: Now) {
        if self.is_running() || self.sessions.iter().any(Session::owes) {
            // The lead shall pass within a beat, however short that is; and active time counts in intervals of two beats at most, however
            // long the backend makes the page wait to send.
            let often = self.settings.heartbeat.at_most(TAB_RENEWAL);
            self.timers.set(Timer::Renewal, now.mono.after(often));
            self.record_due = true;
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
