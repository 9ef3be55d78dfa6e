//! Which entries of storage hold events that are not acknowledged. An entry is written once and erased when its last event has been
//! settled, so nothing is ever rewritten; it knows counts and names, not what the events are.

use crate::limits::{NAMESPACE_BYTES, OUTBOX_BYTES};

#[derive(Clone, Debug)]
struct Entry {
    number: u32,
    name: String,
    events: usize,
    bytes: usize,
    /// Whether this tab wrote it.
    is_own: bool,
}

/// The entries.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    entries: Vec<Entry>,
    last: u32,
}

impl Outbox {
    /// The number of the next entry.
    pub fn next_number(&mut self) -> u32 {
        self.last = self.last.wrapping_add(1);
        self.last
    }

    /// Whether this tab may store so many bytes more.
    #[must_use]
    pub fn has_room(&self, bytes: usize) -> bool {
        let (mut own, mut all) = (bytes, bytes);
        for entry in &self.entries {
            all += entry.bytes;
            own += if entry.is_own { entry.bytes } else { 0 };
        }
        own <= OUTBOX_BYTES && all <= NAMESPACE_BYTES
    }

    /// An entry, of this tab or one that is gone, holds so many events.
    pub fn keep(&mut self, number: u32, name: String, events: usize, bytes: usize, is_own: bool) {
        self.entries.push(Entry { number, name, events, bytes, is_own });
    }

    /// An event of an entry is settled. Gives the entry's name if that was the last one.
    pub fn settle(&mut self, number: u32) -> Option<String> {
        let index = self.entries.iter().position(|entry| entry.number == number)?;
        let entry = self.entries.get_mut(index)?;
        entry.events -= 1;
        (entry.events == 0).then(|| self.entries.swap_remove(index).name)
    }
}
