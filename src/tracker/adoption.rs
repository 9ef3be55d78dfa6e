//! What a dead tab left undone: its sessions and its events become this tab's to finish, under their own ids and numbers. Who is dead is known
//! in `tabs.rs`, and which of the living asks for whose entries in `together.rs`.

use super::{Output, Tracker};
use crate::event::Event;
use crate::flat::pairs;
use crate::id::Id;
use crate::ledger::DropReason;
use crate::limits::TAB_LOOK;
use crate::lines::Lines;
use crate::record::{Record, VERSION, events_name, record_name};
use crate::session::Key;
use crate::time::{Mono, Now};

impl Tracker {
    /// Takes over what a dead tab left: its sessions, and its events, which stay in the entries they are in until they are settled. When
    /// nothing is left of that, its record goes; but one that is only silent is given time to prove that it lives, and its last words to be seen.
    pub(super) fn adopt(&mut self, prefix: &str, entries: &str, now: Now) {
        let claimed = self.claims.iter().find(|(place, _)| events_name(place) == prefix).cloned();
        let record = self.tabs.dead(prefix);
        let dead = record.as_ref().map(|record| {
            let ripe = if record.left { Mono::default() } else { now.mono.after(TAB_LOOK) };
            (record.place.clone(), ripe)
        });
        let is_claimed = claimed.is_some();
        let Some((place, ripe)) = claimed.or(dead) else { return };
        let is_ripe = ripe <= self.tabs.looked_before;
        let has_news = pairs(entries).any(|(name, _)| !self.outbox.has(name));
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

    fn adopt_events(&mut self, place: &Id, entries: &str, is_ripe: bool) {
        for (name, text) in pairs(entries) {
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
                self.outbox.keep(number, name.into(), events, text.len(), false);
                self.flush_due = true;
            } else if is_ripe {
                self.outputs.push(Output::Erase(name.into()));
            }
        }
    }
}
