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

/// When each timer goes off that is set; those that are not go off at a time that never comes.
#[derive(Clone, Debug)]
pub struct Timers([Mono; ALL.len()]);

const NEVER: Mono = Mono(u64::MAX);

impl Default for Timers {
    fn default() -> Self {
        Self([NEVER; ALL.len()])
    }
}

impl Timers {
    /// Sets a timer, in place of what it was set to.
    pub fn set(&mut self, timer: Timer, at: Mono) {
        if let Some(slot) = self.0.get_mut(timer as usize) {
            *slot = at;
        }
    }

    /// Sets a timer unless it goes off earlier already.
    pub fn set_by(&mut self, timer: Timer, at: Mono) {
        self.set(timer, at.min(self.moment(timer)));
    }

    /// Takes a timer back.
    pub fn stop(&mut self, timer: Timer) {
        self.set(timer, NEVER);
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
        Some(self.moment(timer)).filter(|at| *at != NEVER)
    }

    /// The earliest timer, and what it is for.
    #[must_use]
    pub fn next(&self) -> Option<(Mono, Timer)> {
        let (mut earliest, mut what) = (NEVER, None);
        for timer in ALL {
            if self.moment(timer) < earliest {
                (earliest, what) = (self.moment(timer), Some(timer));
            }
        }
        what.map(|timer| (earliest, timer))
    }

    /// Takes out one timer that has gone off by `now`; it is stopped before it is acted upon.
    pub fn take_expired(&mut self, now: Mono) -> Option<Timer> {
        let expired = ALL.into_iter().find(|timer| self.moment(*timer) <= now)?;
        self.stop(expired);
        Some(expired)
    }
    fn moment(&self, timer: Timer) -> Mono {
        self.0.get(timer as usize).copied().unwrap_or(NEVER)
    }
}
