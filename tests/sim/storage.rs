//! The storage that the pages of one visitor share: small texts by name. A page sees what it or its own tab wrote at once, and what
//! another tab wrote up to half a second late, each name's writes in their order: another process's storage is a copy. This
//! room knows no text's meaning.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Bound;

/// Another tab's write is seen so many milliseconds late at most.
pub(crate) const LATEST: u64 = 500;
/// What an origin may keep: the 5 MiB that browsers agree on, in UTF-16 units of names and texts.
const QUOTA: usize = 5 * 1024 * 1024 / 2;

/// One write or erasure, and what was there before.
#[derive(Clone, Debug)]
struct Write {
    at: u64,
    tab: usize,
    name: String,
    before: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Storage {
    entries: BTreeMap<String, String>,
    recent: VecDeque<Write>,
    /// Entries that somebody cut in half, and that nobody has written anew.
    spoilt: BTreeSet<String>,
    pub(crate) is_blocked: bool,
    pub(crate) is_full: bool,
}

impl Storage {
    /// Writes or erases an entry. False if that failed.
    pub(crate) fn write(&mut self, at: u64, tab: usize, name: &str, text: Option<String>) -> bool {
        let held = self.entries.get(name).map(String::len);
        let longer = text.as_ref().map_or(0, |text| text.len() + name.len()) > held.map_or(0, |held| held + name.len());
        if self.is_blocked || (longer && (self.is_full || self.size() > QUOTA)) {
            return false;
        }
        self.spoilt.remove(name);
        let before = match text {
            Some(text) => self.entries.insert(name.into(), text),
            None => self.entries.remove(name),
        };
        self.recent.retain(|write| write.at + LATEST >= at);
        self.recent.push_back(Write { at, tab, name: name.into(), before });
        true
    }

    /// What a page of `tab`, which is `late` milliseconds behind the others, reads under all names that begin so.
    pub(crate) fn read(&self, prefix: &str, at: u64, tab: usize, late: u64) -> Vec<(String, String)> {
        if self.is_blocked {
            return Vec::new();
        }
        let found = self.entries.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
        let mut entries: Vec<_> = found.take_while(|(name, _)| name.starts_with(prefix)).collect();
        let mut seen = Vec::new();
        for write in self.recent.iter().rev().filter(|write| write.name.starts_with(prefix)) {
            if write.tab == tab || write.at + late <= at {
                seen.push(&write.name);
            } else if !seen.contains(&&write.name) {
                let place = entries.binary_search_by_key(&&write.name, |(name, _)| name);
                match (&write.before, place) {
                    (Some(before), Ok(place)) => entries[place].1 = before,
                    (Some(before), Err(place)) => entries.insert(place, (&write.name, before)),
                    (None, Ok(place)) => _ = entries.remove(place),
                    (None, Err(_)) => {}
                }
            }
        }
        entries.into_iter().map(|(name, text)| (name.clone(), text.clone())).collect()
    }

    /// Somebody clears it.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.recent.clear();
    }

    /// Somebody cuts an entry in half. Gives its name.
    pub(crate) fn corrupt(&mut self, nth: u64) -> Option<String> {
        self.recent.clear();
        let count = self.entries.len() as u64;
        let (name, text) = self.entries.iter_mut().nth((nth % count.max(1)) as usize)?;
        let half = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        text.truncate(half);
        self.spoilt.insert(name.clone());
        Some(name.clone())
    }

    /// Whether an entry is there as it was written.
    pub(crate) fn is_whole(&self, name: &str) -> bool {
        self.entries.contains_key(name) && !self.spoilt.contains(name)
    }

    /// Names and texts as they stand.
    pub(crate) fn entries(&self) -> &BTreeMap<String, String> {
        &self.entries
    }

    fn size(&self) -> usize {
        self.entries.iter().map(|(name, text)| name.len() + text.len()).sum()
    }
}

#[test]
fn a_write_is_seen_at_once_by_its_own_tab_and_late_by_another() {
    let mut storage = Storage::default();
    assert!(storage.write(1_000, 0, "name", Some("old".into())));
    assert!(storage.write(2_000, 0, "name", Some("new".into())));
    let read = |at, tab, late| storage.read("na", at, tab, late).pop().map(|(_, text)| text);
    assert_eq!(read(2_100, 0, 400).as_deref(), Some("new"));
    assert_eq!(read(2_100, 1, 400).as_deref(), Some("old"));
    assert_eq!(read(2_100, 1, 50).as_deref(), Some("new"));
    assert_eq!(read(2_500, 1, 400).as_deref(), Some("new"));
}

#[test]
fn a_full_storage_takes_only_what_is_no_longer_than_before() {
    let mut storage = Storage::default();
    assert!(storage.write(0, 0, "name", Some("text".into())));
    storage.is_full = true;
    assert!(storage.write(0, 0, "name", Some("less".into())));
    assert!(!storage.write(0, 0, "name", Some("more of it".into())));
    assert!(!storage.write(0, 0, "other", Some("x".into())));
    assert!(storage.write(0, 0, "name", None));
}
