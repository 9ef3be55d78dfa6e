//! The one real timeout, for the earliest of the core's deadlines. It may ring late (a hidden page's timers do) or for nothing: the core
//! compares times.

use super::Driver;
use crate::time::Mono;
use crate::tracker::Input;
use gloo_timers::callback::Timeout;
use std::cell::RefCell;
use std::rc::Weak;

/// Browsers hold a delay in 31 bits and ring at once beyond it; an hour is as good as any longer time.
const LONGEST_MILLISECONDS: u64 = 3_600_000;

pub(super) struct Alarm {
    driver: Weak<Driver>,
    set: RefCell<Option<(Mono, Timeout)>>,
}

impl Alarm {
    pub(super) fn new(driver: Weak<Driver>) -> Self {
        Self { driver, set: RefCell::new(None) }
    }

    /// Rings at `deadline` and at no other time.
    pub(super) fn set(&self, deadline: Option<Mono>, now: Mono) {
        let Some(deadline) = deadline else { return self.stop() };
        if self.set.borrow().as_ref().is_some_and(|(at, _)| *at == deadline) {
            return;
        }
        // One more than the difference: both were cut to whole milliseconds, and waking early costs a second alarm.
        let delay = deadline.since(now).0.min(LONGEST_MILLISECONDS) + 1;
        let driver = self.driver.clone();
        let ring = move || {
            if let Some(driver) = driver.upgrade() {
                driver.alarm.set.borrow_mut().take().map(|(_, timeout)| timeout.forget());
                driver.put(Input::Wake);
            }
        };
        let timeout = Timeout::new(u32::try_from(delay).unwrap_or(u32::MAX), ring);
        *self.set.borrow_mut() = Some((deadline, timeout));
    }

    /// Does not ring.
    pub(super) fn stop(&self) {
        *self.set.borrow_mut() = None;
    }
}
