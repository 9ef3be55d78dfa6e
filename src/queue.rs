//! The events of one session that the backend has not acknowledged yet, oldest first. An event that travels is leased to its
//! request; it leaves the queue only when an answer says so, so no two requests that wait for an answer carry the same event.

use crate::event::Event;
use std::collections::VecDeque;

/// Names a request for as long as the page lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId(pub u32);

#[derive(Clone, Debug)]
struct Entry {
    event: Event,
    lease: Option<RequestId>,
}

/// What an answer says of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is stored, by this request or an earlier one.
    Stored,
    /// It will never be stored.
    Rejected,
    /// Nothing was said of it.
    Unknown,
}

/// The unacknowledged events.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    entries: VecDeque<Entry>,
    bytes: usize,
}

impl Queue {
    /// Takes an event in, as the youngest.
    pub fn push(&mut self, event: Event) {
        self.bytes += event.bytes();
        self.entries.push_back(Entry { event, lease: None });
    }

    /// How many events there are, travelling ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether everything is acknowledged.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The bytes all events would take on the wire.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many travel.
    #[must_use]
    pub fn leased(&self) -> usize {
        self.entries.iter().filter(|entry| entry.lease.is_some()).count()
    }

    /// Whether any event waits for a request.
    #[must_use]
    pub fn has_waiting(&self) -> bool {
        self.entries.iter().any(|entry| entry.lease.is_none())
    }

    /// Leases the oldest waiting events to a request: as many as fit both limits, and one in any case. True if none is left waiting.
    pub fn lease(&mut self, request: RequestId, max_events: usize, max_bytes: usize) -> bool {
        let (mut count, mut bytes) = (0_usize, 0_usize);
        for entry in self.entries.iter_mut().filter(|entry| entry.lease.is_none()) {
            bytes += entry.event.bytes();
            if count > 0 && (count >= max_events || bytes > max_bytes) {
                return false;
            }
            count += 1;
            entry.lease = Some(request);
        }
        true
    }

    /// The events that a request carries, in order.
    pub fn leased_to(&self, request: RequestId) -> impl Iterator<Item = &Event> {
        self.entries.iter().filter(move |entry| entry.lease == Some(request)).map(|entry| &entry.event)
    }

    /// Acts on an answer: `fate` is asked for each event of the request by its index. What is stored or rejected leaves, the rest waits again.
    /// Gives the events that were rejected, and how many were stored.
    pub fn answer(&mut self, request: RequestId, fate: impl Fn(usize) -> Fate) -> (Vec<Event>, u64) {
        let (mut index, mut stored) = (0_usize, 0_u64);
        let mut rejected = Vec::new();
        let mut kept = VecDeque::with_capacity(self.entries.len());
        for mut entry in core::mem::take(&mut self.entries) {
            if entry.lease != Some(request) {
                kept.push_back(entry);
                continue;
            }
            let said = fate(index);
            index += 1;
            match said {
                Fate::Unknown => {
                    entry.lease = None;
                    kept.push_back(entry);
                    continue;
                }
                Fate::Stored => stored += 1,
                Fate::Rejected => {}
            }
            self.bytes = self.bytes.saturating_sub(entry.event.bytes());
            if said == Fate::Rejected {
                rejected.push(entry.event);
            }
        }
        self.entries = kept;
        (rejected, stored)
    }

    /// Lets go of every lease whose request can no longer answer: what became of those events is unknown, and they wait again.
    pub fn release(&mut self, answerable: impl Fn(RequestId) -> bool) {
        for entry in &mut self.entries {
            entry.lease = entry.lease.filter(|request| answerable(*request));
        }
    }

    /// Gives up everything.
    pub fn clear(&mut self) -> impl Iterator<Item = Event> {
        self.bytes = 0;
        core::mem::take(&mut self.entries).into_iter().map(|entry| entry.event)
    }
}
