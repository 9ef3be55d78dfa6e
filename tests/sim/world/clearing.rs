//! How every schedule ends: the network and the storage are well, everybody who can comes back, what a tab has cached behind its page is let go, and whatever waits has time to go.

use super::devices::Visitor;
use super::{VISITORS, World};
use crate::book::OUTBOX;
use crate::checks::Outcome;
use crate::lies::Lie;
use crate::page::{Life, Page};
use session_tracker::tracker::Input;

const MINUTE: u64 = 60_000;
/// So long may a backend that is well again need to be believed: four times the longest `Retry-After`.
const MINUTES: u64 = 40;

impl World {
    pub(super) fn clear_up(&mut self) -> Outcome {
        self.note(|| "the weather clears".into());
        self.faults.clear();
        self.dark_until = if self.lie == Some(Lie::NetworkNeverClears) { u64::MAX } else { 0 };
        for visitor in &mut self.visitors {
            let storage = &mut *visitor.storage.borrow_mut();
            (storage.is_blocked, storage.is_full) = (false, false);
        }
        for index in 0..self.pages.len() {
            let page = &self.pages[index];
            if page.life != Life::Left {
                continue;
            }
            if self.pages.iter().any(|other| other.tab == page.tab && other.life == Life::Open) {
                self.vanish(index);
            } else {
                self.restore(index)?;
            }
        }
        for _ in 0..MINUTES {
            for visitor in 0..VISITORS {
                self.attend(visitor)?;
            }
            for index in 0..self.pages.len() {
                if self.waits(index) {
                    self.put(index, Input::Flush)?;
                }
            }
            self.pass(MINUTE)?;
            let is_done = !(0..self.pages.len()).any(|index| self.waits(index)) && !self.visitors.iter().any(keeps);
            if is_done {
                return self.pass(100_000);
            }
        }
        Ok(())
    }

    /// Whoever was there has a page in view, which sees to what the dead ones left. One whose session the backend refused does nothing any more, be it
    /// that the refusal was on its way when the weather cleared.
    fn attend(&mut self, visitor: usize) -> Outcome {
        let open = |page: &Page| page.visitor == visitor && page.life == Life::Open && page.tracks();
        if self.visitors[visitor].storage.borrow().entries().is_empty()
            || self.pages.iter().any(|page| open(page) && page.visible)
        {
            return Ok(());
        }
        match self.pages.iter().position(open) {
            Some(index) => self.switch_to(index),
            None => self.arrive(visitor, 0, true),
        }
    }

    fn waits(&self, index: usize) -> bool {
        let page = &self.pages[index];
        page.life == Life::Open && page.tracker.pending() != (0, 0)
    }
}

fn keeps(visitor: &Visitor) -> bool {
    visitor.storage.borrow().entries().keys().any(|name| name.starts_with(OUTBOX))
}
