//! The one real timeout, for the earliest of the core's deadlines. It may ring late (a hidden page's timers do) or for nothing: the core
//! compares times.

use super::page::Page;
use crate::time::Mono;
use std::cell::Cell;

/// Browsers hold a delay in 31 bits and ring at once beyond it; an hour is as good as any longer time.
const LONGEST_MILLISECONDS: u64 = 3_600_000;

#[derive(Default)]
pub(super) struct Alarm(Cell<Option<Mono>>);

impl Alarm {
    /// Rings at `deadline` and at no other time.
    pub(super) fn set(&self, deadline: Option<Mono>, now: Mono, page: Page) {
        if self.0.replace(deadline) == deadline {
            return;
        }
        // One more than the difference: both were cut to whole milliseconds, and waking early costs a second alarm.
        let delay = deadline.map_or(0, |at| at.since(now).0.min(LONGEST_MILLISECONDS) + 1);
        page.set_alarm(delay as u32);
    }

    /// It rang.
    pub(super) fn rang(&self) {
        self.0.set(None);
    }
}
