//! All timers, as data. The browser holds one real timeout, for the earliest of these; a late or needless wake-up is harmless,
//! for what counts is the comparison with the time that comes with it.

use crate::time::Mono;

/// What is waited for, in the order in which things that fall due together are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// A section has held long enough to count.
    Debounce,
    /// Nobody has touched the page for the idle time.
    Idle,
    /// The events that wait have waited long enough.
    Flush,
    /// It is time to say that the page is still there.
    Heartbeat,
    /// It is time to tell the other tabs so, and to see how they are.
    Renewal,
    /// The request that the browser holds may be written anew.
    Arm,
    /// The backend may be tried again.
    Retry,
    /// An answer has been waited for long enough.
    Reply,
}

const ALL: [Timer; 8] = [
    Timer::Debounce,
    Timer::Idle,
    Timer::Flush,
    Timer::Heartbeat,
    Timer::Renewal,
    Timer::Arm,
    Timer::Retry,
    Timer::Reply,
];

/// When each timer goes off, if it is set.
#[derive(Clone, Debug, Default)]
pub struct Timers([Option<Mono>; ALL.len()]);

impl Timers {
    /// Sets a timer, in place of what it was set to.
    pub fn set(&mut self, timer: Timer, at: Mono) {
        if let Some(slot) = self.0.get_mut(timer as usize) {
            *slot = Some(at);
        }
    }

    /// Sets a timer unless it goes off earlier already.
    pub fn set_by(&mut self, timer: Timer, at: Mono) {
        match self.at(timer) {
            Some(earlier) if earlier <= at => {}
            _ => self.set(timer, at),
        }
    }

    /// Takes a timer back.
    pub fn stop(&mut self, timer: Timer) {
        if let Some(slot) = self.0.get_mut(timer as usize) {
            *slot = None;
        }
    }

    /// Takes every timer back but the retry: what the backend asked for holds for a page that leaves and comes back, too.
    pub fn stop_all(&mut self) {
        for timer in ALL {
            if timer != Timer::Retry {
                self.stop(timer);
            }
        }
    }

    /// When a timer goes off.
    #[must_use]
    pub fn at(&self, timer: Timer) -> Option<Mono> {
        self.0.get(timer as usize).copied().flatten()
    }

    /// The earliest timer, and what it is for.
    #[must_use]
    pub fn next(&self) -> Option<(Mono, Timer)> {
        ALL.into_iter().filter_map(|timer| Some((self.at(timer)?, timer))).min_by_key(|(at, _)| *at)
    }

    /// Takes out one timer that has gone off by `now`; it is stopped before it is acted upon.
    pub fn take_expired(&mut self, now: Mono) -> Option<Timer> {
        let expired = ALL.into_iter().find(|timer| self.at(*timer).is_some_and(|at| at <= now))?;
        self.stop(expired);
        Some(expired)
    }
}
