//! Which entries of storage hold events that are not acknowledged. An entry is written once and erased when its last event has been
//! settled, so nothing is ever rewritten; it knows counts and names, not what the events are.

use crate::limits::OUTBOX_BYTES;

#[derive(Clone, Debug)]
struct Entry {
    number: u32,
    name: String,
    events: usize,
    /// Of this tab's own share; zero if another tab wrote it.
    bytes: usize,
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
        self.entries.iter().map(|entry| entry.bytes).sum::<usize>() + bytes <= OUTBOX_BYTES
    }

    /// An entry holds so many events.
    pub fn keep(&mut self, number: u32, name: String, events: usize, bytes: usize) {
        self.entries.push(Entry { number, name, events, bytes });
    }

    /// An event of an entry is settled. Gives the entry's name if that was the last one.
    pub fn settle(&mut self, number: u32) -> Option<String> {
        let index = self.entries.iter().position(|entry| entry.number == number)?;
        let entry = self.entries.get_mut(index)?;
        entry.events -= 1;
        (entry.events == 0).then(|| self.entries.swap_remove(index).name)
    }
}
