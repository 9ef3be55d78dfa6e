//! Several tabs, one session: what this tab tells the others through storage, what it learns of them, who of them beats, and who finishes
//! what a dead one left undone.

use super::{Output, Page, Phase, Tracker};
use crate::event::Event;
use crate::id::Id;
use crate::ledger::DropReason;
use crate::limits::{PAST_SESSIONS, TAB_RENEWAL};
use crate::presence::Person;
use crate::record::{RECORDS, Record, events_name};
use crate::session::{EndReason, Ending, Key, Session};
use crate::time::{Now, Wall};
use crate::timers::Timer;
use crate::wire::{Value, read_events};

impl Tracker {
    /// What storage holds under names that begin like this.
    pub(super) fn loaded(&mut self, prefix: &str, entries: &[(String, String)], now: Now) {
        if prefix == RECORDS {
            self.tabs.learn(&self.tab, entries);
            self.meet(now);
        } else if let Some(tab) = self.claims.iter().find(|tab| events_name(tab) == prefix).cloned() {
            self.adopt_events(&tab, entries);
        }
    }

    /// The browser profile has one name, which the first of its pages gave it.
    pub(super) fn meet_device(&mut self) {
        let known = self.tabs.all().find_map(|record| record.device.clone());
        if self.config.persistent && known.is_some() {
            self.device = known;
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

    /// Takes over what other tabs of the session reached. Gives where the person was last seen there.
    pub(super) fn catch_up(&mut self) -> Option<String> {
        let session = self.sessions.last_mut().filter(|session| !session.is_past)?;
        let mut latest: Option<&Record> = None;
        for record in self.tabs.all() {
            let Some(known) = record.current().filter(|current| current.id == session.id) else { continue };
            session.epoch = session.epoch.max(known.epoch);
            self.presence.merge(record.activities, record.active);
            if latest.is_none_or(|latest| latest.seen < record.seen) {
                latest = Some(record);
            }
        }
        latest.map(|record| record.section.clone())
    }

    /// Where another tab ended the session, or went on to the next one, this tab does the same. Two tabs that began at the same moment agree on
    /// the session with the lower id.
    fn follow(&mut self, now: Now) {
        let Some(current) = self.current() else { return };
        let mut ended = None;
        let mut next: Option<(&Record, &Session)> = None;
        for record in self.tabs.living(now.wall) {
            let Some(theirs) = record.current() else { continue };
            let comes_after = theirs.previous.as_ref().is_some_and(|(id, _)| *id == current.id);
            let came_first = theirs.user == current.user && theirs.id.as_str() < current.id.as_str();
            if theirs.id == current.id {
                ended = ended.or(record.ended);
            } else if record.ended.is_none() && (comes_after || came_first) {
                next = Some((record, theirs));
            }
        }
        if let Some((record, theirs)) = next {
            let (record, theirs) = (record.clone(), theirs.clone());
            self.join(&record, theirs, now);
        } else if let Some(reason) = ended {
            if let Some(session) = self.current_mut() {
                session.ending = Ending::Settled;
            }
            self.finish(reason);
        }
    }

    /// Leaves the session for another tab's.
    fn join(&mut self, record: &Record, theirs: Session, now: Now) {
        if let Some(session) = self.current_mut() {
            // Of the two that began at the same moment, the backend shall keep one.
            let is_double = theirs.previous.as_ref().is_none_or(|(id, _)| *id != session.id);
            session.ending = if is_double { Ending::Owed(EndReason::Replaced, now.wall) } else { Ending::Settled };
        }
        self.retire();
        self.config.user_id.clone_from(&theirs.user);
        self.take_up(record, theirs, now);
        self.phase = Phase::Starting;
        self.record_due = true;
    }

    /// Asks for the stored events of the tabs that are gone.
    fn adopt(&mut self, now: Now) {
        for tab in self.tabs.orphans(now.wall) {
            if self.claims.contains(&tab) {
                continue;
            }
            if self.sessions.len() + self.claims.len() >= PAST_SESSIONS {
                return;
            }
            self.claims.push(tab.clone());
            self.record_due = true;
            self.adopt_sessions(&tab);
            self.outputs.push(Output::Load(events_name(&tab)));
        }
    }

    /// Makes a dead tab's sessions past ones of this tab, with all their ids and numbers.
    fn adopt_sessions(&mut self, tab: &Id) {
        let Some(record) = self.tabs.take(tab) else { return };
        let current = self.current().map(|session| session.id.clone());
        for mut session in record.sessions {
            if current.as_ref() == Some(&session.id) {
                self.presence.take_over(record.activities, record.active);
                // Its goodbye was taken back by this tab's being there.
                session.ending = Ending::None;
            }
            let lost = session.losses.get(DropReason::NotStored);
            self.ledger.accept(lost);
            self.ledger.give_up(DropReason::NotStored, lost);
            session.is_past = true;
            session.origin = Some(tab.clone());
            session.is_unread = true;
            // The key stays the dead tab's until its events have found it.
            let before_current = self.sessions.len() - usize::from(current.is_some());
            self.sessions.insert(before_current, session);
        }
    }

    /// A dead tab's stored events find their sessions. They stay in the entries they are in until they are settled.
    fn adopt_events(&mut self, tab: &Id, entries: &[(String, String)]) {
        let mut found: Vec<(Option<u64>, Event)> = Vec::new();
        for (name, text) in entries {
            let entry = Value::object(text);
            let key = entry.and_then(|entry| entry.get("key")?.whole());
            let number = self.outbox.next_number();
            let before = found.len();
            for mut event in entry.into_iter().flat_map(read_events) {
                event.kept = Some(number);
                found.push((key, event));
            }
            if found.len() > before {
                self.outbox.keep(number, name.clone(), found.len() - before, 0);
            } else {
                self.outputs.push(Output::Erase(name.clone()));
            }
        }
        found.sort_by_key(|(_, event)| event.seq);
        for (key, event) in found {
            let origin = |session: &&mut Session| session.origin.as_ref() == Some(tab);
            let home = self.sessions.iter_mut().filter(origin).find(|session| key == Some(u64::from(session.key.0)));
            match home {
                Some(session) => {
                    session.last_seq = session.last_seq.max(event.seq);
                    session.queue.push(event);
                    self.ledger.accept(1);
                }
                None => self.let_go(&event),
            }
        }
        self.close_adoption(tab);
    }

    /// All of a dead tab's events are read: its sessions get names of their own, and those that owe nothing are let go.
    fn close_adoption(&mut self, tab: &Id) {
        for session in &mut self.sessions {
            if session.origin.as_ref() == Some(tab) {
                session.is_unread = false;
                self.last_key = Key(self.last_key.0.wrapping_add(1));
                session.key = self.last_key;
            }
        }
        self.forget_settled();
    }

    /// What the person does, in whichever tab of the session they are.
    pub(super) fn person(&self, now: Wall) -> Person {
        let own = self.presence.person();
        self.current().map_or(own, |session| own.min(self.tabs.elsewhere(&session.id, now).0))
    }

    /// This tab runs: it says so, and leads if nobody does. Only a page in view leads; nobody waits for it, for a lock that is held or waited for
    /// keeps a page out of the back/forward cache.
    pub(super) fn renew(&mut self, now: Now) {
        if !self.config.persistent {
            // Tabs that know nothing of each other have a session each.
            return self.led(true, now);
        }
        if self.is_running() || self.sessions.iter().any(Session::owes) {
            // The lead shall pass within a beat, however short that is.
            let often = self.settings.heartbeat.at_most(TAB_RENEWAL);
            self.timers.set(Timer::Renewal, now.mono.after(often));
            self.record_due = true;
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
        let elsewhere = self.current().map(|session| self.tabs.elsewhere(&session.id, now.wall).1);
        let rested = now.wall.since(self.beaten.max(elsewhere.unwrap_or_default()));
        let rest = self.settings.heartbeat.less(rested);
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
