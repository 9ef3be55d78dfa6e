//! A visitor's device: its clock, its sleep, and the storage that the pages on it share.

use super::World;
use super::deeds::LONGEST;
use crate::checks::Outcome;
use crate::dice::Dice;
use crate::ops::Harm;
use crate::page::{Life, NOON};
use crate::storage::{LATEST, Storage};
use std::ops::Range;

/// What no interval of active time exceeds: two beats.
const LONGEST_INTERVAL: u64 = 60_000;

/// One person at one device.
#[derive(Debug)]
pub(crate) struct Visitor {
    pub(crate) storage: Storage,
    /// How far the device's clock is off.
    skew: i64,
    /// How often it was set.
    pub(crate) jumps: u32,
    pub(crate) is_asleep: bool,
    /// Whether the pages' own clocks run on while it sleeps, as they do on some systems.
    clock_runs_on: bool,
}

impl Visitor {
    pub(crate) fn any(dice: &mut Dice) -> Self {
        Self { storage: Storage::default(), skew: 0, jumps: 0, is_asleep: false, clock_runs_on: dice.is_one_in(3) }
    }
}

impl World {
    pub(super) fn wall(&self, visitor: usize) -> u64 {
        self.clock.saturating_add_signed(self.visitors[visitor].skew)
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
        for index in 0..self.pages.len() {
            self.use_up(index);
        }
        self.visitors[visitors.clone()].iter_mut().for_each(|visitor| visitor.is_asleep = true);
        self.pass(millis)?;
        self.visitors[visitors.clone()].iter_mut().for_each(|visitor| visitor.is_asleep = false);
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
        page.seen.used_to = self.clock;
        if !self.visitors[page.visitor].clock_runs_on {
            page.slept += slept;
        } else if page.is_in_use()
            && let Some(session) = page.session()
        {
            self.book.use_page(session, index, 0, slept.min(LONGEST_INTERVAL));
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
        let nth = self.dice.bits();
        let storage = &mut self.visitors[visitor].storage;
        match harm {
            Harm::Cleared => storage.clear(),
            Harm::Corrupted => storage.corrupt(nth),
            Harm::Blocked => storage.is_blocked = true,
            Harm::Full => storage.is_full = true,
            Harm::Mended => (storage.is_blocked, storage.is_full) = (false, false),
        }
        Ok(())
    }

    /// What a page reads as it opens or returns: other tabs' last writes may not be among it.
    pub(super) fn read_storage(&mut self, visitor: usize, tab: usize) -> Vec<(String, String)> {
        let late = self.dice.below(LATEST + 1);
        self.visitors[visitor].storage.read(self.clock, tab, late)
    }

    pub(super) fn write(&mut self, index: usize, name: &str, text: Option<String>) {
        let page = &self.pages[index];
        let (visitor, tab) = (page.visitor, page.tab);
        let is_there = page.life == Life::Open;
        let taken = self.visitors[visitor].storage.write(self.clock, tab, name, text);
        self.note(|| format!("  page {index} writes {name}: {taken}, there: {is_there}"));
    }
}
