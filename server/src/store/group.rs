//! A group of writes in memory: the sessions it touches are read beforehand, the rules applied one write after another, and what has
//! changed is written afterwards, each as one statement. Whoever holds the only writing connection may do it so.

use crate::clock::Timestamp;
use crate::config::Timing;
use crate::session::rules::{self, Effect};
use crate::session::write::{Applied, EventRow, Fate, Outcome, Refusal, Replace, Settled, Tab, Write};
use crate::session::{EndReason, Session};
use std::collections::{BTreeSet, HashMap, HashSet};
use uuid::Uuid;

/// What must be read before a group can be done.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Sessions by subject and id, stored or given.
    pub sessions: BTreeSet<(String, Uuid)>,
    /// Subjects whose live sessions may have to make room.
    pub starting: BTreeSet<String>,
}

impl Wanted {
    /// What these writes need.
    #[must_use]
    pub fn by(writes: &[Write]) -> Self {
        let mut wanted = Self::default();
        for write in writes {
            wanted.sessions.insert((write.user_id.clone(), write.session_id));
            if let Some(start) = &write.start {
                wanted.starting.insert(write.user_id.clone());
                wanted.sessions.extend(start.previous_id.map(|previous| (write.user_id.clone(), previous)));
            }
        }
        wanted
    }
}

/// A group that has been done in memory.
#[derive(Debug, Default)]
pub struct Group {
    slots: Vec<Slot>,
    by_id: HashMap<(String, Uuid), usize>,
    /// Rows to store, in order, unless their key is there already.
    pub events: Vec<Keyed<EventRow>>,
    /// Accounts of tabs.
    pub tabs: Vec<Keyed<TabAccount>>,
    outcomes: Vec<Result<Applied, Refusal>>,
}

#[derive(Debug)]
struct Slot {
    before: Option<Session>,
    after: Option<Session>,
    changed_at: Timestamp,
}

/// Something of a session.
#[derive(Clone, Debug)]
pub struct Keyed<T> {
    /// Whose.
    pub user_id: String,
    /// Of which session.
    pub session_id: Uuid,
    /// What.
    pub value: T,
}

/// A tab's account and the epoch it wrote at.
#[derive(Clone, Debug)]
pub struct TabAccount {
    /// The account.
    pub tab: Tab,
    /// The session's epoch then.
    pub epoch: u64,
}

/// A session to be stored, and the `session_end` event that goes with it.
#[derive(Debug)]
pub struct Change<'a> {
    /// Its new state.
    pub session: &'a Session,
    /// When it changed.
    pub at: Timestamp,
    /// Whether an end was said or taken back, or a late section change says where it was, so that the stored `session_end` event is wrong.
    pub end_changed: bool,
}

impl Group {
    /// Begins with the sessions that [`Wanted`] names.
    #[must_use]
    pub fn over(loaded: Vec<Session>) -> Self {
        let mut group = Self::default();
        for session in loaded {
            let index = group.slots.len();
            group.name(&session, index);
            group.slots.push(Slot {
                changed_at: session.created_at,
                before: Some(session.clone()),
                after: Some(session),
            });
        }
        group
    }

    /// A session answers to its stored id and to the one its client gave.
    fn name(&mut self, session: &Session, index: usize) {
        for id in [Some(session.id), session.given_id].into_iter().flatten() {
            self.by_id.insert((session.user_id.clone(), id), index);
        }
    }

    /// Does the next write.
    pub fn apply(&mut self, write: &Write, timing: &Timing) {
        let now = write.sent.received_at;
        let index = self.find(&write.user_id, write.session_id);
        self.expire(index, now, timing);
        let result = rules::apply(&mut self.slots[index].after, write, timing);
        let outcome = match (result, self.slots[index].after.clone()) {
            (Ok(effect), Some(session)) => {
                self.slots[index].changed_at = now;
                self.name(&session, index);
                Ok(self.follow(index, write, effect, session, timing))
            }
            (Err(refusal), _) => Err(refusal),
            (Ok(_), None) => Err(Refusal::NotFound),
        };
        self.outcomes.push(outcome);
    }

    /// Ends those of the loaded sessions that are due. How many.
    pub fn expire_all(&mut self, now: Timestamp, timing: &Timing) -> u64 {
        (0..self.slots.len()).map(|index| u64::from(self.expire(index, now, timing))).sum()
    }

    fn expire(&mut self, index: usize, now: Timestamp, timing: &Timing) -> bool {
        let slot = &mut self.slots[index];
        let expired = slot.after.as_mut().is_some_and(|session| rules::expire(session, now, timing));
        if expired {
            slot.changed_at = now;
        }
        expired
    }

    fn find(&mut self, user_id: &str, id: Uuid) -> usize {
        self.by_id.get(&(user_id.to_owned(), id)).copied().unwrap_or_else(|| {
            self.slots.push(Slot { before: None, after: None, changed_at: Timestamp::default() });
            self.slots.len() - 1
        })
    }

    fn follow(&mut self, index: usize, write: &Write, effect: Effect, session: Session, timing: &Timing) -> Applied {
        let keyed = |value| Keyed { user_id: session.user_id.clone(), session_id: session.id, value };
        if effect.created {
            self.events.push(keyed(rules::start_event(&session, write)));
        }
        let mut events = Vec::with_capacity(effect.events.len());
        for (settled, row) in effect.events {
            self.events.extend(row.map(keyed));
            events.push(settled);
        }
        if let Some(tab) = &write.tab {
            self.tabs.push(Keyed {
                user_id: session.user_id.clone(),
                session_id: session.id,
                value: TabAccount { tab: tab.clone(), epoch: write.epoch.unwrap_or(session.epoch) },
            });
        }
        if effect.arrived && session.ended().is_none() {
            self.make_room(index, write, timing);
        }
        Applied { session, created: effect.created, events }
    }

    /// Ends the sessions that a start replaces, and the one that its client knows to have crashed.
    fn make_room(&mut self, arrived: usize, write: &Write, timing: &Timing) {
        let Some(start) = &write.start else { return };
        for index in (0..self.slots.len()).filter(|index| *index != arrived) {
            self.expire(index, write.sent.received_at, timing);
            let slot = &mut self.slots[index];
            let Some(other) =
                slot.after.as_mut().filter(|other| other.user_id == write.user_id && other.ended().is_none())
            else {
                continue;
            };
            let is_previous = start.previous_id.is_some_and(|id| other.id == id || other.given_id == Some(id));
            let replaced = match start.replace {
                Replace::Device => start.device_id.is_some() && other.device_id == start.device_id,
                Replace::User => true,
                Replace::None => false,
            };
            let reason = match start.previous_end {
                Some(EndReason::Crash) if is_previous => EndReason::Crash,
                _ if replaced => EndReason::Replaced,
                _ => continue,
            };
            rules::end_elsewhere(other, reason);
            slot.changed_at = write.sent.received_at;
        }
    }

    /// The sessions to be stored.
    pub fn changes(&self) -> impl Iterator<Item = Change<'_>> {
        self.slots.iter().filter_map(|slot| {
            let session = slot.after.as_ref()?;
            let end = |session: &Session| session.ended().map(|ended| (ended, session.section.clone()));
            (slot.after != slot.before).then_some(Change {
                session,
                at: slot.changed_at,
                end_changed: end(session) != slot.before.as_ref().and_then(end),
            })
        })
    }

    /// The answers, once it is known which events were stored: of those with one key, the first is accepted and the others are duplicates.
    #[must_use]
    pub fn outcomes(self, mut stored: HashSet<(String, Uuid, Uuid)>) -> Vec<Outcome> {
        let mut outcomes = self.outcomes;
        for applied in outcomes.iter_mut().flatten() {
            let Session { user_id, id, .. } = &applied.session;
            for Settled { event_id, fate, .. } in &mut applied.events {
                if *fate == Fate::Accepted && !stored.remove(&(user_id.clone(), *id, *event_id)) {
                    *fate = Fate::Duplicate;
                }
            }
        }
        outcomes
    }
}
