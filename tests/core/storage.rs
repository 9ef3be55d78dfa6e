//! What the pages of one origin share: the entries that they keep, and the lead. It holds them as a browser does, and knows nothing of what they
//! mean but for the records that stories look into.

use crate::domain::Domain;
use session_tracker::record::Record;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// What an origin's tabs share.
#[derive(Clone, Default)]
pub(crate) struct Storage {
    pub(crate) entries: Rc<RefCell<BTreeMap<String, String>>>,
    /// Nothing finds room whose name begins so.
    pub(crate) full_for: Rc<Cell<Option<&'static str>>>,
    /// Who leads, if anybody does.
    pub(crate) lead: Rc<RefCell<Option<u64>>>,
    /// How many pages have been opened with it.
    pub(crate) pages: Rc<Cell<u64>>,
    /// The cookies of the domain, where there are any.
    pub(crate) domain: Option<Domain>,
}

impl Storage {
    pub(crate) fn of(name: &str, text: &str) -> Self {
        let storage = Self::default();
        storage.entries.borrow_mut().insert(name.into(), text.into());
        storage
    }

    /// The same entries, in another profile.
    pub(crate) fn copy(&self) -> Self {
        let entries = self.entries.borrow().clone();
        Self { entries: Rc::new(RefCell::new(entries)), pages: Rc::new(Cell::new(self.pages.get())), ..Self::default() }
    }

    /// That of one origin of a domain, with nothing in it.
    pub(crate) fn of_origin(domain: Domain) -> Self {
        Self { pages: Rc::new(Cell::new(domain.seed())), domain: Some(domain), ..Self::default() }
    }

    pub(crate) fn names(&self, prefix: &str) -> Vec<String> {
        self.load(prefix).into_iter().map(|(name, _)| name).collect()
    }

    /// The records of all tabs.
    pub(crate) fn records(&self) -> Vec<Record> {
        self.load("tab:").iter().filter_map(|(name, text)| Record::read(name, text)).collect()
    }

    /// The only record, as it is spelt.
    pub(crate) fn spelt_record(&self) -> String {
        self.load("tab:").remove(0).1
    }

    pub(crate) fn has_room_for(&self, name: &str) -> bool {
        !self.full_for.get().is_some_and(|prefix| name.starts_with(prefix))
    }

    pub(crate) fn load(&self, prefix: &str) -> Vec<(String, String)> {
        let told = self.domain.iter().filter(|_| prefix == "tab:").flat_map(Domain::hear);
        let entries = self.entries.borrow();
        let kept = entries
            .iter()
            .filter(|(name, _)| name.starts_with(prefix))
            .map(|(name, text)| (name.clone(), text.clone()));
        told.chain(kept).collect()
    }
}
