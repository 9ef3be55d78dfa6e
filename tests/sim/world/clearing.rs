//! How every schedule ends: the network and the storage are well, everybody who can comes back, and whatever waits has time to go.

use super::World;
use crate::checks::Outcome;
use crate::lies::Lie;
use crate::page::Life;
use session_tracker::tracker::Input;

const MINUTE: u64 = 60_000;
/// So long may a backend that is well again need to be believed: three times the longest `Retry-After`.
const MINUTES: u64 = 30;

impl World {
    pub(super) fn clear_up(&mut self) -> Outcome {
        self.note(|| "the weather clears".into());
        self.faults.clear();
        self.dark_until = if self.lie == Some(Lie::NetworkNeverClears) { u64::MAX } else { 0 };
        for visitor in &mut self.visitors {
            visitor.storage.is_blocked = false;
            visitor.storage.is_full = false;
        }
        for index in 0..self.pages.len() {
            if self.pages[index].life == Life::Left {
                self.restore(index)?;
            }
        }
        for _ in 0..MINUTES {
            for index in 0..self.pages.len() {
                if self.waits(index) {
                    self.put(index, Input::Flush)?;
                }
            }
            self.pass(MINUTE)?;
            if !(0..self.pages.len()).any(|index| self.waits(index)) {
                return self.pass(100_000);
            }
        }
        Ok(())
    }

    fn waits(&self, index: usize) -> bool {
        let page = &self.pages[index];
        page.life == Life::Open && page.tracker.pending() != (0, 0)
    }
}
