//! A visitor's device: its clock, its sleep, and the storage that the pages on it share.

use super::deeds::LONGEST;
use super::{Happening, World};
use crate::book::OUTBOX;
use crate::checks::Outcome;
use crate::dice::Dice;
use crate::ops::Harm;
use crate::page::{Life, NOON, Page};
use crate::storage::{LATEST, Storage};
use session_tracker::record::RECORDS;
use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

/// One person at one device.
#[derive(Debug)]
pub(crate) struct Visitor {
    pub(crate) storage: Rc<RefCell<Storage>>,
    /// Whether the host lets the tracker keep anything.
    pub(crate) is_persistent: bool,
    /// Whether the browser has Web Locks; without them every page leads.
    has_locks: bool,
    /// Whether the browser holds a request for a page that dies.
    pub(crate) can_fetch_later: bool,
    /// The page that has the lead.
    pub(crate) leader: Option<usize>,
    /// How far the device's clock is off.
    skew: i64,
    /// How often it was set.
    pub(crate) jumps: u32,
    pub(crate) is_asleep: bool,
    /// How long it has slept in all.
    slept: u64,
    /// When its storage could last not be read, of the time that the device was awake.
    pub(crate) blind: u64,
    /// Whether the pages' own clocks run on while it sleeps, as they do on some systems.
    clock_runs_on: bool,
}

impl Visitor {
    pub(crate) fn any(dice: &mut Dice, number: u64, has_storage: bool) -> Self {
        Self {
            storage: Rc::default(),
            is_persistent: has_storage && !dice.is_one_in(8),
            has_locks: !dice.is_one_in(6),
            // Two of three browsers are of the Chromium family.
            can_fetch_later: !number.is_multiple_of(3),
            leader: None,
            skew: 0,
            jumps: 0,
            is_asleep: false,
            slept: 0,
            blind: 0,
            clock_runs_on: dice.is_one_in(3),
        }
    }
}

impl World {
    pub(super) fn wall(&self, visitor: usize) -> u64 {
        self.clock.saturating_add_signed(self.visitors[visitor].skew)
    }

    /// For how long the device has been awake.
    pub(super) fn awake(&self, visitor: usize) -> u64 {
        self.clock - self.visitors[visitor].slept
    }

    pub(super) fn jump(&mut self, visitor: usize, seconds: i32) -> Outcome {
        self.count("clock set");
        let visitor = &mut self.visitors[visitor];
        visitor.skew += i64::from(seconds) * 1_000;
        visitor.jumps += 1;
        Ok(())
    }

    pub(super) fn sleep(&mut self, visitors: Range<usize>, millis: u64) -> Outcome {
        if self.clock + millis > NOON + LONGEST {
            return Ok(());
        }
        self.count("sleep");
        self.visitors[visitors.clone()].iter_mut().for_each(|visitor| visitor.is_asleep = true);
        self.pass(millis)?;
        self.visitors[visitors.clone()].iter_mut().for_each(|visitor| {
            visitor.is_asleep = false;
            visitor.slept += millis;
        });
        for index in 0..self.pages.len() {
            if visitors.contains(&self.pages[index].visitor) {
                self.wake(index, millis);
            }
        }
        self.hear_again();
        self.pass(1)
    }

    fn wake(&mut self, index: usize, slept: u64) {
        let page = &mut self.pages[index];
        if self.visitors[page.visitor].clock_runs_on {
            page.seen.has_slept = true;
        } else {
            page.slept += slept;
            page.seen.used_to += slept;
        }
    }

    pub(super) fn harm(&mut self, visitor: usize, harm: Harm) -> Outcome {
        self.count(match harm {
            Harm::Cleared => "storage cleared",
            Harm::Corrupted => "storage corrupted",
            Harm::Blocked => "storage blocked",
            Harm::Full => "storage full",
            Harm::Mended => "storage mended",
        });
        let (nth, awake) = (self.dice.bits(), self.awake(visitor));
        if self.visitors[visitor].storage.borrow().is_blocked {
            self.visitors[visitor].blind = awake;
        }
        let storage = &mut *self.visitors[visitor].storage.borrow_mut();
        match harm {
            Harm::Cleared => {
                self.book.harm(awake, true, |name| storage.entries().contains_key(name));
                storage.clear();
            }
            Harm::Corrupted => {
                let harmed = storage.corrupt(nth).unwrap_or_default();
                self.book.harm(awake, harmed.starts_with(OUTBOX), |name| name == harmed || record_of(name) == harmed);
            }
            Harm::Blocked => {
                self.book.hide(|name| storage.entries().contains_key(name));
                storage.is_blocked = true;
            }
            Harm::Full => storage.is_full = true,
            Harm::Mended => (storage.is_blocked, storage.is_full) = (false, false),
        }
        Ok(())
    }

    /// A page wrote or erased an entry: the others are told of records, each when it sees them.
    pub(super) fn written(&mut self, index: usize, name: &str, text: Option<&str>, taken: bool) {
        self.note(|| format!("  page {index} writes {name}: {taken} {text:?}"));
        let record = name.strip_prefix(RECORDS).filter(|_| text.is_some());
        if let Some(id) = record {
            // The places to which it moves on have other names.
            let seen = &mut self.pages[index].seen;
            let tab = seen.tab.get_or_insert_with(|| id.into()).clone();
            seen.place = id.into();
            self.book.tabs.entry(tab).or_insert(index);
        }
        if name.starts_with(OUTBOX) {
            self.pages[index].seen.store(name, text.filter(|_| taken).map(str::len));
        }
        if !taken {
            if text.is_some() {
                self.pages[index].seen.refused = Some(self.now(index).mono);
            }
            if record.is_some() {
                self.doubt(index);
            }
            self.book.stick(name);
            return;
        }
        if record.is_some() {
            self.pages[index].seen.is_unproven = false;
            self.pages[index].seen.recorded_at = self.clock;
        }
        self.keep(index, name, text);
        if text.is_none() {
            self.overlook(index, name);
        }
        let (visitor, tab) = (self.pages[index].visitor, self.pages[index].tab);
        if !name.starts_with(RECORDS) {
            return;
        }
        self.count("records written");
        for at in 0..self.living.len() {
            let other = self.living[at];
            let page = &self.pages[other];
            if page.visitor == visitor && page.tab != tab && page.life == Life::Open {
                self.come(self.clock + page.late.max(1), Happening::Stored { page: other });
            }
        }
    }

    /// Storage did not take the page's record: the others cannot know that it lives, nor that it left.
    fn doubt(&mut self, index: usize) {
        let page = &mut self.pages[index];
        page.seen.is_unheard = true;
        if !std::mem::replace(&mut page.seen.is_unproven, true)
            && let Some(session) = page.session()
        {
            *self.book.doubted.entry(session).or_default().entry(index).or_default() += 1;
        }
    }

    /// A page erased the record of another one, which had been silent, as that one's sign of life was on its way: of its entries no record tells until it
    /// misses its own.
    fn overlook(&mut self, index: usize, name: &str) {
        let (visitor, latest) = (self.pages[index].visitor, self.clock.saturating_sub(LATEST));
        let is_owner = |page: &Page| {
            page.visitor == visitor
                && name.strip_prefix(RECORDS) == Some(&page.seen.place)
                && page.seen.recorded_at >= latest
        };
        if self.pages.iter().enumerate().any(|(other, page)| other != index && is_owner(page)) {
            let storage = self.visitors[visitor].storage.borrow();
            let is_there = |entry: &str| record_of(entry) == name && storage.entries().contains_key(entry);
            self.book.harm(self.awake(visitor), false, is_there);
        }
    }

    fn keep(&mut self, index: usize, name: &str, text: Option<&str>) {
        let storage = self.visitors[self.pages[index].visitor].storage.borrow();
        let entries = storage.entries();
        match text {
            Some(text) if name.starts_with(OUTBOX) => {
                self.book.keep(index, &name.into(), text, storage.is_whole(&record_of(name)));
            }
            Some(_) => self.book.recover(|entry| record_of(entry) == name && entries.contains_key(entry)),
            None => {}
        }
    }

    /// The page tries to take the lead: it is told whether it did, a moment later.
    pub(super) fn lead(&mut self, index: usize) {
        let later = self.dice.below(20);
        self.pages[index].seen.asked_to_lead += 1;
        let visitor = &mut self.visitors[self.pages[index].visitor];
        let leads = !visitor.has_locks || visitor.leader.is_none_or(|leader| leader == index);
        if leads && visitor.has_locks {
            visitor.leader = Some(index);
        }
        self.come(self.clock + later, Happening::Led { page: index, leads });
    }

    /// The page gives the lead back, or is gone.
    pub(super) fn unlead(&mut self, index: usize) {
        let visitor = &mut self.visitors[self.pages[index].visitor];
        visitor.leader = visitor.leader.filter(|leader| *leader != index);
    }
}

/// The name of the record that tells of an entry.
fn record_of(entry: &str) -> String {
    let place = entry.strip_prefix(OUTBOX).and_then(|rest| rest.rsplit_once(':'));
    format!("{RECORDS}{}", place.map_or("", |(place, _)| place))
}
