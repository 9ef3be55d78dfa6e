//! The other tabs of the origin, as far as their records tell: which of them live, what they left unfinished, and whether this one leads.
//! It reads and compares; what follows from it is decided in `tracker/together.rs`.

use crate::id::Id;
use crate::limits::{CLOCK_TOLERANCE, TAB_SILENCE};
use crate::presence::Person;
use crate::record::Record;
use crate::session::Session;
use crate::time::Wall;

/// What is known of the other tabs.
#[derive(Clone, Debug, Default)]
pub struct Tabs {
    others: Vec<Record>,
    /// Whether this tab leads: of all that are in view it alone sends heartbeats.
    pub leads: bool,
}

impl Tabs {
    /// Takes in all records that storage holds, and leaves out this tab's own.
    pub fn learn(&mut self, own: &Id, entries: &[(String, String)]) {
        let records = entries.iter().filter_map(|(name, text)| Record::read(name, text));
        self.others = records.filter(|record| record.tab != *own).collect();
    }

    /// All other tabs, the living and the dead.
    pub fn all(&self) -> impl Iterator<Item = &Record> {
        self.others.iter()
    }

    /// The tabs that run, as far as one can tell.
    pub fn living(&self, now: Wall) -> impl Iterator<Item = &Record> {
        self.others.iter().filter(move |record| is_living(record, now))
    }

    /// The living tabs of a session.
    pub fn companions(&self, session: &Id, now: Wall) -> impl Iterator<Item = &Record> {
        self.living(now).filter(move |record| record.current().is_some_and(|current| current.id == *session))
    }

    /// The session that was last seen alive, and who had it.
    #[must_use]
    pub fn latest(&self) -> Option<(&Record, &Session)> {
        let current = |record| Some((record, Record::current(record)?));
        self.others.iter().filter_map(current).max_by_key(|(record, _)| record.seen)
    }

    /// The dead tabs whose business nobody living has taken over.
    #[must_use]
    pub fn orphans(&self, now: Wall) -> Vec<Id> {
        let is_claimed = |tab: &Id| self.living(now).any(|record| record.claims.contains(tab));
        let dead = self.others.iter().filter(|record| !is_living(record, now));
        dead.map(|record| record.tab.clone()).filter(|tab| !is_claimed(tab)).collect()
    }

    /// Takes a tab's record out: its business is ours.
    pub fn take(&mut self, tab: &Id) -> Option<Record> {
        let index = self.others.iter().position(|record| record.tab == *tab)?;
        Some(self.others.swap_remove(index))
    }

    /// What the person does in the living tabs of a session, and when one of them last sent a heartbeat.
    #[must_use]
    pub fn elsewhere(&self, session: &Id, now: Wall) -> (Person, Wall) {
        let nobody = (Person::Hidden, Wall::default());
        self.companions(session, now)
            .fold(nobody, |(person, beaten), record| (person.min(record.person), beaten.max(record.beaten)))
    }
}

/// A tab that has left has said so, and one that crashed is silent. A record from the future is of a clock that was set back.
fn is_living(record: &Record, now: Wall) -> bool {
    let is_near = now.since(record.seen) <= TAB_SILENCE && record.seen.since(now) <= CLOCK_TOLERANCE;
    !record.left && is_near
}
