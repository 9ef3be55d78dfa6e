//! What the world knows of every event and every session from outside, whichever page had or has it: the checks compare it with what
//! the trackers and the backend say. It concludes nothing.

use crate::page::{Sent, made};
use crate::said::SaidEvent;
use std::collections::BTreeMap;
use std::rc::Rc;
use uuid::Uuid;

/// How the names of stored events begin.
pub(crate) const OUTBOX: &str = "out:";

/// One accepted event.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// The page that took it in.
    pub(crate) page: usize,
    pub(crate) session: Rc<str>,
    /// Its type, if the application logged it.
    pub(crate) kind: Option<Box<str>>,
    /// Its tab and its number there, once it has been sent.
    pub(crate) number: Option<(Rc<str>, u64)>,
    /// The pages that an answer told that it is stored.
    pub(crate) acknowledged: Vec<usize>,
    /// Storage has it, and nobody has meddled with that since.
    pub(crate) is_kept: bool,
    /// A page gave it up after an answer that spoke of it.
    pub(crate) is_given_up: bool,
    /// It travelled in a request that the backend did not take.
    pub(crate) has_strayed: bool,
}

/// A moment of the world's clock, and how often the visitor's clock had been set by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) clock: u64,
    pub(crate) jumps: u32,
}

/// How long a page was in use in a session, in milliseconds: at least, and with what a clock that runs on in sleep may add.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Used {
    pub(crate) least: u64,
    pub(crate) most: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) events: BTreeMap<Uuid, Known>,
    numbers: BTreeMap<(Rc<str>, Rc<str>, u64), Uuid>,
    /// When each session began.
    pub(crate) begun: BTreeMap<Rc<str>, Moment>,
    /// Whose each session is.
    pub(crate) users: BTreeMap<Rc<str>, Rc<str>>,
    /// When each page ended each session, or left it.
    pub(crate) ended: BTreeMap<(Rc<str>, usize), Moment>,
    /// How long each page was in use in each session.
    pub(crate) used: BTreeMap<Rc<str>, BTreeMap<usize, Used>>,
}

impl Book {
    /// The application logged an event.
    pub(crate) fn log(&mut self, id: Uuid, page: usize, session: Rc<str>, kind: Box<str>) {
        self.events.insert(id, Known::new(page, session, Some(kind)));
    }

    /// An event is seen in a request. Gives what its number was before, or who else had the number, if either differs.
    pub(crate) fn see(&mut self, sent: &Sent, event: &SaidEvent) -> Result<(), String> {
        let session: Rc<str> = made(&sent.said.session).into();
        let known = self.events.entry(event.id).or_insert_with(|| Known::new(sent.page, session.clone(), None));
        if known.session.is_empty() {
            known.session = session.clone();
        }
        let number = known.number.get_or_insert_with(|| (sent.said.tab.clone(), event.seq));
        if *number != (sent.said.tab.clone(), event.seq) {
            return Err(format!("{} was {number:?} and is {} of {}", event.id, event.seq, sent.said.tab));
        }
        let holder = *self.numbers.entry((session, sent.said.tab.clone(), event.seq)).or_insert(event.id);
        if holder == event.id { Ok(()) } else { Err(format!("{} is both {holder} and {}", event.seq, event.id)) }
    }

    pub(crate) fn mark(&mut self, id: Uuid, change: impl FnOnce(&mut Known)) {
        if let Some(known) = self.events.get_mut(&id) {
            change(known);
        }
    }

    /// A page wrote a text that holds events: those that it names are kept.
    pub(crate) fn keep(&mut self, page: usize, name: &str, text: &str) {
        if !name.starts_with(OUTBOX) {
            return;
        }
        for id in text.split('"').filter_map(|word| Uuid::parse_str(word).ok()) {
            let known = self.events.entry(id).or_insert_with(|| Known::new(page, Rc::from(""), None));
            known.is_kept = true;
        }
    }

    /// Somebody meddled with the storage of these pages.
    pub(crate) fn forget_kept(&mut self, pages: &[usize]) {
        for known in self.events.values_mut().filter(|known| pages.contains(&known.page)) {
            known.is_kept = false;
        }
    }

    /// A page was in use in a session.
    pub(crate) fn use_page(&mut self, session: Rc<str>, page: usize, least: u64, most: u64) {
        let used = self.used.entry(session).or_default().entry(page).or_default();
        used.least += least;
        used.most += most;
    }
}

impl Known {
    fn new(page: usize, session: Rc<str>, kind: Option<Box<str>>) -> Self {
        Self {
            page,
            session,
            kind,
            number: None,
            acknowledged: Vec::new(),
            is_kept: false,
            is_given_up: false,
            has_strayed: false,
        }
    }
}
