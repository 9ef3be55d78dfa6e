//! What the world knows of every event and every session from outside, whichever page had or has it: the checks compare it with what
//! the trackers and the backend say. It concludes nothing.

use crate::page::{Sent, made};
use crate::said::SaidEvent;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use uuid::Uuid;
use uuid::fmt::Hyphenated;

/// How the names of stored events begin.
pub(crate) const OUTBOX: &str = "out:";

/// The events of a stored text.
pub(crate) fn events_in(text: &str) -> impl Iterator<Item = Uuid> {
    let words = text.split('"').filter(|word| word.len() == Hyphenated::LENGTH);
    words.filter_map(|word| Uuid::parse_str(word).ok())
}

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
    pub(crate) kept: Kept,
    /// Somebody meddled with the entry itself: it will not be found again.
    pub(crate) is_spoilt: bool,
    /// Its page was away after it had stored it, and has only what storage still has of it.
    pub(crate) is_left: bool,
    /// A page that was back found no more of it, whether it was its own or taken over: that page holds it no longer.
    pub(crate) is_let_go: bool,
    /// When somebody last meddled with what holds it, of the time that the device was awake.
    pub(crate) harmed: Option<u64>,
    /// Storage would not let go of it: it may be taken for new.
    pub(crate) is_stuck: bool,
    /// Storage was out of reach while it held it: whoever looked then did not find it.
    pub(crate) is_hidden: bool,
    /// Storage holds it though a page was told that it is stored: a page that had not heard of that kept it after another one had taken
    /// that page for dead, or it is half of an entry that was taken over by a page which went away since.
    pub(crate) is_found_again: bool,
    /// Its own page stored it once more, for what had held it was gone: whoever took that over knows nothing of this.
    pub(crate) is_anew: bool,
    /// A page gave it up after an answer that spoke of it.
    pub(crate) is_given_up: bool,
    /// It travelled in a request that the backend did not take.
    pub(crate) has_strayed: bool,
}

/// Whether storage has an event, in an entry of this name that a record tells of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It was never taken.
    No,
    Yes(Rc<str>),
    /// It was, until somebody meddled with the entry or the record.
    Harmed(Rc<str>),
}

/// A moment of the world's clock, and how often the visitor's clock had been set by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) clock: u64,
    pub(crate) jumps: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) events: BTreeMap<Uuid, Known>,
    numbers: BTreeMap<(Rc<str>, Rc<str>, u64), Uuid>,
    /// When each session began.
    pub(crate) begun: BTreeMap<Rc<str>, Moment>,
    /// Which page each tab's name is.
    pub(crate) tabs: BTreeMap<Rc<str>, usize>,
    /// Whose each session is.
    pub(crate) users: BTreeMap<Rc<str>, Rc<str>>,
    /// When each page ended each session, or left it: last, and every time.
    pub(crate) ended: BTreeMap<(Rc<str>, usize), Moment>,
    pub(crate) ends: BTreeMap<(Rc<str>, usize), Vec<Moment>>,
    /// How long each page was in use in each session.
    pub(crate) used: BTreeMap<Rc<str>, BTreeMap<usize, u64>>,
    /// Events of which an answer, or a session too many, made a page give up some: so many of these.
    pub(crate) given_up: Vec<(BTreeSet<Uuid>, u64)>,
    /// How often storage began to refuse each page's record in each session.
    pub(crate) doubted: BTreeMap<Rc<str>, BTreeMap<usize, u64>>,
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

    /// A page wrote a text that holds events: those that it names are kept, if there is a record that tells of them.
    pub(crate) fn keep(&mut self, page: usize, name: &Rc<str>, text: &str, has_record: bool) {
        for id in events_in(text) {
            let known = self.events.entry(id).or_insert_with(|| Known::new(page, Rc::from(""), None));
            known.is_anew |= known.page == page && known.kept != Kept::No && !known.is_in(name);
            known.kept = if has_record { Kept::Yes(name.clone()) } else { Kept::Harmed(name.clone()) };
            known.is_spoilt = false;
            known.is_found_again |= !known.acknowledged.is_empty();
        }
    }

    /// There is a record again that tells of the entries which storage still has.
    pub(crate) fn recover(&mut self, is_there: impl Fn(&str) -> bool) {
        for known in self.events.values_mut() {
            if let Kept::Harmed(name) = &known.kept
                && !known.is_spoilt
                && is_there(name)
            {
                known.kept = Kept::Yes(name.clone());
            }
        }
    }

    /// Somebody meddled with these entries.
    pub(crate) fn harm(&mut self, awake: u64, is_spoilt: bool, is_meant: impl Fn(&str) -> bool) {
        for known in self.events.values_mut() {
            if let Kept::Yes(name) | Kept::Harmed(name) = &known.kept
                && is_meant(name)
            {
                known.kept = Kept::Harmed(name.clone());
                known.harmed = Some(awake);
                known.is_spoilt |= is_spoilt;
            }
        }
    }

    /// Storage would not erase this entry, or not write it anew without what is settled.
    pub(crate) fn stick(&mut self, entry: &str) {
        for known in self.events.values_mut() {
            known.is_stuck |= known.is_in(entry);
        }
    }

    /// Storage does not show these entries.
    pub(crate) fn hide(&mut self, is_meant: impl Fn(&str) -> bool) {
        for known in self.events.values_mut() {
            known.is_hidden |= matches!(&known.kept, Kept::Yes(name) | Kept::Harmed(name) if is_meant(name));
        }
    }

    /// A page is back, which takes what it had stored for anybody's, and what it had taken over too. That is what storage still shows it by these names.
    pub(crate) fn leave_behind(&mut self, page: usize, of_visitor: &[usize], is_there: impl Fn(&str) -> bool) {
        for known in self.events.values_mut() {
            known.is_left |= known.page == page && known.kept != Kept::No;
            known.is_let_go |= of_visitor.contains(&known.page) && matches!(known.kept, Kept::Harmed(_));
            let is_there = matches!(&known.kept, Kept::Yes(name) | Kept::Harmed(name) if is_there(name));
            known.is_found_again |= is_there && known.acknowledged.contains(&page);
        }
    }

    /// A page gave up so many events that it had: of any of its sessions, or of this one, which it or a dead tab was in.
    pub(crate) fn give_up(&mut self, page: usize, of: Option<(&str, &str)>, count: u64) {
        if count == 0 {
            return;
        }
        let is_meant = |known: &Known| match of {
            None => known.page == page,
            Some((tab, session)) => {
                let is_of_tab = self.tabs.get(tab).is_none_or(|page| *page == known.page);
                // What the tracker logged itself is of nobody knows which session until it is sent.
                is_of_tab && (known.session.is_empty() || *known.session == *session)
            }
        };
        let is_open = |known: &Known| known.acknowledged.is_empty() && !known.is_given_up;
        let meant = self.events.iter().filter(|(_, known)| is_meant(known) && is_open(known));
        let meant: BTreeSet<_> = meant.map(|(id, _)| *id).collect();
        if meant.len() as u64 == count {
            meant.iter().for_each(|id| self.mark(*id, |known| known.is_given_up = true));
        } else {
            self.given_up.push((meant, count));
        }
    }

    /// How much of a session's time may count twice: that of pages which storage did not let prove that they live, once each time, for whoever
    /// takes them for dead takes their time over.
    pub(crate) fn doubtful(&self, session: &str) -> u64 {
        let used = |page| self.used.get(session).and_then(|used| used.get(page)).copied().unwrap_or_default();
        self.doubted.get(session).into_iter().flatten().map(|(page, times)| times * used(page)).sum()
    }

    /// A page was in use in a session.
    pub(crate) fn use_page(&mut self, session: Rc<str>, page: usize, millis: u64) {
        *self.used.entry(session).or_default().entry(page).or_default() += millis;
    }
}

impl Known {
    /// Whether storage holds it in this entry.
    pub(crate) fn is_in(&self, entry: &str) -> bool {
        matches!(&self.kept, Kept::Yes(name) | Kept::Harmed(name) if **name == *entry)
    }

    fn new(page: usize, session: Rc<str>, kind: Option<Box<str>>) -> Self {
        Self {
            page,
            session,
            kind,
            number: None,
            acknowledged: Vec::new(),
            kept: Kept::No,
            is_spoilt: false,
            is_left: false,
            is_let_go: false,
            harmed: None,
            is_stuck: false,
            is_hidden: false,
            is_found_again: false,
            is_anew: false,
            is_given_up: false,
            has_strayed: false,
        }
    }
}
