//! The other tabs of the origin, as far as their records tell: which of them live, what they left unfinished, and whether this one leads.
//! It reads and compares; what follows from it is decided in `tracker/together.rs`.

use crate::id::Id;
use crate::limits::{CLOCK_TOLERANCE, TAB_SILENCE};
use crate::presence::Person;
use crate::record::Record;
use crate::time::Wall;
use std::rc::Rc;

/// What is known of the other tabs.
#[derive(Clone, Debug, Default)]
pub struct Tabs {
    others: Vec<Rc<Record>>,
    /// Whether this tab leads: of all that are in view it alone sends heartbeats.
    pub leads: bool,
}

impl Tabs {
    /// Takes in all records that storage holds, and leaves out this tab's own.
    pub fn learn(&mut self, own: &Id, entries: &[(String, String)]) {
        self.others.clear();
        for (name, text) in entries {
            self.others.extend(Record::read(name, text).filter(|record| record.place != *own).map(Rc::new));
        }
    }

    /// All other tabs, the living and the dead.
    pub fn all(&self) -> impl Iterator<Item = &Rc<Record>> {
        self.others.iter()
    }

    /// The tabs that run, as far as one can tell.
    pub fn living(&self, now: Wall) -> impl Iterator<Item = &Rc<Record>> {
        self.others.iter().filter(move |record| is_living(record, now))
    }

    /// The living tabs of a session.
    pub fn companions(&self, session: &Id, now: Wall) -> impl Iterator<Item = &Rc<Record>> {
        self.living(now).filter(move |record| record.current().is_some_and(|current| current.id == *session))
    }

    /// The tab in a session that was last seen.
    #[must_use]
    pub fn latest(&self) -> Option<&Rc<Record>> {
        let in_session = self.others.iter().filter(|record| record.current().is_some());
        in_session.max_by_key(|record| record.seen)
    }

    /// The dead tabs whose business nobody living has taken over.
    #[must_use]
    pub fn orphans(&self, now: Wall) -> Vec<Rc<Record>> {
        let mut orphans = Vec::new();
        for record in self.others.iter().filter(|record| !is_living(record, now)) {
            if !self.living(now).any(|living| living.claims.contains(&record.place)) {
                orphans.push(record.clone());
            }
        }
        orphans
    }

    /// What the person does in the living tabs of a session.
    #[must_use]
    pub fn elsewhere(&self, session: &Id, now: Wall) -> Person {
        self.companions(session, now).fold(Person::Hidden, |person, record| person.min(record.person))
    }
}

/// A tab that has left has said so, and one that crashed is silent. A record from the future is of a clock that was set back.
fn is_living(record: &Record, now: Wall) -> bool {
    let is_near = now.since(record.seen) <= TAB_SILENCE && record.seen.since(now) <= CLOCK_TOLERANCE;
    !record.left && is_near
}
