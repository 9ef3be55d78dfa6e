//! The other tabs of the origin, as far as their records tell: which of them live, what they left unfinished, and whether this one leads.
//! It reads and compares; what follows from it is decided in `tracker/together.rs`.

use crate::flat::pairs;
use crate::id::Id;
use crate::limits::{TAB_LOOK, TAB_SILENCE};
use crate::presence::Person;
use crate::record::{RECORDS, Record, events_name};
use crate::time::{Millis, Mono, Now};
use std::rc::Rc;

#[derive(Clone, Debug)]
struct Other {
    text: String,
    record: Rc<Record>,
    /// For how long this tab has seen no change of it.
    silent: Millis,
}

/// What is known of the other tabs.
#[derive(Clone, Debug, Default)]
pub struct Tabs {
    others: Vec<Other>,
    /// When this tab last looked at them.
    looked: Mono,
    /// And when before that: what it sees at its first look after sleep is from before.
    pub looked_before: Mono,
    /// Whether this tab leads: of all that are in view it alone sends heartbeats.
    pub leads: bool,
}

impl Tabs {
    /// Takes in all records that storage holds, and leaves out this tab's own. False if that one is not there.
    ///
    /// A tab is silent while it is seen to be: a clock that is set says nothing, and of the time that this tab slept, when the others did
    /// too, a bound counts. Only at the first look of all is there nothing to go by but the times in the records.
    pub fn learn(&mut self, tab: &Id, place: &Id, entries: &str, now: Now) -> bool {
        let is_first = self.looked == Mono::default();
        self.looked_before = core::mem::replace(&mut self.looked, now.mono);
        let unseen = now.mono.since(self.looked_before).at_most(TAB_LOOK);
        let mut known = core::mem::take(&mut self.others);
        let mut is_own_there = false;
        for (name, text) in pairs(entries) {
            let named = name.strip_prefix(RECORDS).unwrap_or_default();
            if named == place.as_str() {
                is_own_there = true;
                continue;
            }
            let at = known.iter().position(|other| other.record.place.as_str() == named);
            let before = at.map(|at| known.swap_remove(at));
            if let Some(mut other) = before.filter(|other| other.text == text) {
                other.silent = Millis(other.silent.0 + unseen.0);
                self.others.push(other);
            } else if let Some(record) = Record::read(name, text) {
                // What this tab wrote before it went away is nobody's.
                let is_former = named.starts_with(tab.as_str());
                let silent = match (is_former, is_first) {
                    (true, _) => Millis(u64::MAX >> 1),
                    (false, true) => now.wall.since(record.seen),
                    (false, false) => Millis::default(),
                };
                self.others.push(Other { text: text.into(), record: Rc::new(record), silent });
            }
        }
        is_own_there
    }

    /// All other tabs, the living and the dead.
    pub fn all(&self) -> impl Iterator<Item = &Rc<Record>> {
        self.others.iter().map(|other| &other.record)
    }

    /// The tabs that run, as far as one can tell.
    pub fn living(&self) -> impl Iterator<Item = &Rc<Record>> {
        self.others.iter().filter(|other| other.is_living()).map(|other| &other.record)
    }

    /// The living tabs of a session.
    pub fn companions(&self, session: &Id) -> impl Iterator<Item = &Rc<Record>> {
        self.living().filter(move |record| record.current().is_some_and(|current| current.id == *session))
    }

    /// Whether any of them, be it dead, knows that this session is over.
    #[must_use]
    pub fn have_left(&self, session: &Id) -> bool {
        self.have_ended(session) || self.all().any(|record| record.over.contains(session))
    }

    /// Whether any of them, be it dead, ended this session for good.
    #[must_use]
    pub fn have_ended(&self, session: &Id) -> bool {
        let is_theirs = |record: &Record| record.current().is_some_and(|current| current.id == *session);
        self.all().any(|record| record.ended.is_some() && is_theirs(record))
    }

    /// The tab in a session that was last seen.
    #[must_use]
    pub fn latest(&self) -> Option<&Rc<Record>> {
        let in_session = self.all().filter(|record| record.current().is_some());
        in_session.max_by_key(|record| record.seen)
    }

    /// The dead tabs of this origin whose business nobody living has taken over.
    pub fn orphans(&self) -> impl Iterator<Item = &Rc<Record>> {
        let dead = self.others.iter().filter(|other| !other.is_living() && !other.record.is_elsewhere());
        dead.map(|other| &other.record)
            .filter(|record| !self.living().any(|living| living.claims.contains(&record.place)))
    }

    /// The dead tab whose entries have names that begin so.
    #[must_use]
    pub fn dead(&self, prefix: &str) -> Option<Rc<Record>> {
        let is_meant = |other: &&Other| !other.is_living() && events_name(&other.record.place) == prefix;
        self.others.iter().find(is_meant).map(|other| other.record.clone())
    }

    /// The tab of this place is no more.
    pub fn forget(&mut self, place: &Id) {
        self.others.retain(|other| other.record.place != *place);
    }

    /// What the person does in the living tabs of a session.
    #[must_use]
    pub fn elsewhere(&self, session: &Id) -> Person {
        self.companions(session).fold(Person::Hidden, |person, record| person.min(record.person))
    }
}

impl Other {
    /// A tab that has left has said so, and one that crashed is silent.
    fn is_living(&self) -> bool {
        !self.record.left && self.silent <= TAB_SILENCE
    }
}
