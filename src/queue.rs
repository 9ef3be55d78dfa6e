//! The events of one session that the backend has not acknowledged yet, oldest first. An event that travels is leased to its
//! request; it leaves the queue only when an answer says so, so no two requests that wait for an answer carry the same event.

use crate::event::Event;

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
    entries: Vec<Entry>,
    bytes: usize,
}

impl Queue {
    /// Takes an event in, as the youngest.
    pub fn push(&mut self, event: Event) {
        self.bytes += event.bytes();
        self.entries.push(Entry { event, lease: None });
    }

    /// Takes in an event of a tab that is gone, whose events come in any order.
    pub fn insert(&mut self, event: Event) {
        self.bytes += event.bytes();
        let at = self.entries.iter().take_while(|entry| entry.event.seq < event.seq).count();
        self.entries.insert(at, Entry { event, lease: None });
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

    /// How many wait for a request, and the bytes they would take on the wire.
    #[must_use]
    pub fn waiting(&self) -> (usize, usize) {
        let waiting = self.entries.iter().filter(|entry| entry.lease.is_none());
        waiting.fold((0, 0), |(events, bytes), entry| (events + 1, bytes + entry.event.bytes()))
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

    /// Acts on an answer: `fate` is asked for each event of the request by its index. What is stored or rejected leaves and is given
    /// back, the rest waits again.
    pub fn answer(&mut self, request: RequestId, fate: &dyn Fn(usize) -> Fate) -> Vec<(Event, Fate)> {
        self.sift(Some(request), fate)
    }

    /// Gives up everything.
    pub fn clear(&mut self) -> Vec<(Event, Fate)> {
        self.sift(None, &|_| Fate::Rejected)
    }

    fn sift(&mut self, request: Option<RequestId>, fate: &dyn Fn(usize) -> Fate) -> Vec<(Event, Fate)> {
        let mut index = 0_usize;
        let mut left = Vec::new();
        for mut entry in core::mem::take(&mut self.entries) {
            if request.is_none() || entry.lease == request {
                let said = fate(index);
                index += 1;
                if said != Fate::Unknown {
                    self.bytes -= entry.event.bytes();
                    left.push((entry.event, said));
                    continue;
                }
                entry.lease = None;
            }
            self.entries.push(entry);
        }
        left
    }

    /// Lets go of every lease but that of the one request that can still be answered: what became of the others is unknown, and they wait
    /// again.
    pub fn release(&mut self, answerable: Option<RequestId>) {
        for entry in &mut self.entries {
            if entry.lease != answerable {
                entry.lease = None;
            }
        }
    }

    /// Leaves behind what storage holds. Gives how many events that were.
    pub fn leave_kept(&mut self) -> usize {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.event.kept.is_none());
        self.bytes = self.entries.iter().map(|entry| entry.event.bytes()).sum();
        before - self.entries.len()
    }

    /// All events, oldest first.
    pub fn events(&self) -> impl DoubleEndedIterator<Item = &Event> {
        self.entries.iter().map(|entry| &entry.event)
    }

    /// All events, oldest first, for whoever notes where they are kept.
    pub fn events_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut Event> {
        self.entries.iter_mut().map(|entry| &mut entry.event)
    }
}
