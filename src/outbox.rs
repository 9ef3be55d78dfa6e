//! Which entries of storage hold events that are not acknowledged. An entry holds the events of one task, which as a rule travel and are
//! settled together: then it is erased, and only if they are not it is written anew. It knows counts and names, not what the events are.

use crate::limits::{NAMESPACE_BYTES, OUTBOX_BYTES};

#[derive(Clone, Debug)]
struct Entry {
    number: u32,
    name: String,
    events: usize,
    bytes: usize,
    /// Whether this tab wrote it.
    is_own: bool,
    /// Whether it is this tab's to write anew, for it holds events that are settled.
    is_cut: bool,
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

    /// Whether an entry whose name begins so holds events.
    #[must_use]
    pub fn holds(&self, prefix: &str) -> bool {
        self.entries.iter().any(|entry| entry.name.starts_with(prefix))
    }

    /// Whether this entry holds events.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| entry.name == name)
    }

    /// The next entry that holds more than it should: its number and its name.
    pub fn next_cut(&mut self) -> Option<(u32, String)> {
        let entry = self.entries.iter_mut().find(|entry| entry.is_cut)?;
        entry.is_cut = false;
        Some((entry.number, entry.name.clone()))
    }

    /// Storage does not hold these entries. Gives their numbers.
    pub fn forget(&mut self, is_meant: &dyn Fn(&str) -> bool) -> Vec<u32> {
        let mut forgotten = Vec::new();
        while let Some(index) = self.entries.iter().position(|entry| is_meant(&entry.name)) {
            forgotten.push(self.entries.swap_remove(index).number);
        }
        forgotten
    }

    /// An entry, of this tab or one that is gone, holds so many events.
    pub fn keep(&mut self, number: u32, name: String, events: usize, bytes: usize, is_own: bool) {
        self.entries.push(Entry { number, name, events, bytes, is_own, is_cut: false });
    }

    /// An event of an entry, of so many bytes, is settled. Gives the entry's name if that was the last one.
    pub fn settle(&mut self, number: u32, bytes: usize) -> Option<String> {
        let index = self.entries.iter().position(|entry| entry.number == number)?;
        let entry = self.entries.get_mut(index)?;
        entry.events -= 1;
        // One of a tab that is gone may be another one's too, which has erased it.
        entry.is_cut = entry.is_own;
        entry.bytes -= if entry.is_own { bytes } else { 0 };
        (entry.events == 0).then(|| self.entries.swap_remove(index).name)
    }
}
