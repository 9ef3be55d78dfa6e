//! How long to wait after a failure: exponential with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"), so that the
//! visitors of a backend that comes back do not all come back in the same second.

use crate::limits::{RETRY_AFTER_LONGEST, RETRY_FIRST, RETRY_LONGEST};
use crate::random::Random;
use crate::time::Millis;

/// The state of a backend that may be down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retry {
    failures: u32,
    is_asked: bool,
}

impl Retry {
    /// Counts a failure and says how long to wait: at least what the server asked for, else anything up to the current ceiling.
    pub fn failed(&mut self, asked: Option<Millis>, random: &mut Random) -> Millis {
        let ceiling = Millis(RETRY_FIRST.0 << self.failures.min(16)).at_most(RETRY_LONGEST);
        self.failures = self.failures.saturating_add(1);
        self.is_asked = asked.is_some();
        match asked {
            Some(asked) => {
                let jitter = random.up_to(RETRY_FIRST.0);
                Millis(asked.at_most(RETRY_AFTER_LONGEST).0 + jitter)
            }
            None => Millis(random.up_to(ceiling.0)),
        }
    }

    /// The backend has answered: the next failure is a first one again.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// Whether the wait is the backend's wish, which no change of the network or the page overrides.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.is_asked
    }

    /// Whether the last attempt failed.
    #[must_use]
    pub fn is_down(&self) -> bool {
        self.failures > 0
    }
}
