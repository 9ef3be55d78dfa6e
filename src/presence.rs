//! Whether the person is there, and for how long they were: visible *and* focused time by the monotonic clock, and how often they did
//! something. Sleep and throttled timers never add to it.

use crate::time::{Millis, Mono};

/// What the person is doing, as far as a page can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Person {
    /// Using the page.
    Active,
    /// The page is in view, but nothing was touched for the idle time.
    Idle,
    /// The page is not in view.
    Hidden,
}

impl Person {
    /// The word for it, on the wire and in the state.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Idle => "idle",
            Self::Hidden => "hidden",
        }
    }
}

/// The two totals of a session that its pages keep, and what this page adds to them.
#[derive(Clone, Debug, Default)]
pub struct Presence {
    activities: u64,
    active: Millis,
    counted_to: Option<Mono>,
    visible: bool,
    focused: bool,
    idle: bool,
}

impl Presence {
    /// Continues from the totals that earlier pages of the session reached.
    pub fn resume(&mut self, activities: u64, active: Millis) {
        self.activities = activities;
        self.active = active;
    }

    /// What the person is doing.
    #[must_use]
    pub fn person(&self) -> Person {
        match (self.visible, self.idle) {
            (false, _) => Person::Hidden,
            (true, true) => Person::Idle,
            (true, false) => Person::Active,
        }
    }

    /// The page came into view or left it. What came before must have been counted.
    pub fn show(&mut self, visible: bool, now: Mono) {
        self.visible = visible;
        self.restart(now);
    }

    /// The window got or lost the focus. What came before must have been counted.
    pub fn focus(&mut self, focused: bool, now: Mono) {
        self.focused = focused;
        self.restart(now);
    }

    /// The person did something. True if they had been idle.
    pub fn act(&mut self) -> bool {
        self.activities += 1;
        core::mem::take(&mut self.idle)
    }

    /// Nothing was touched for the idle time.
    pub fn rest(&mut self) {
        self.idle = true;
    }

    /// Adds the time since the last count if the page was in use. No interval counts for more than `cap`: a longer one was sleep.
    pub fn count(&mut self, now: Mono, cap: Millis) {
        if let Some(since) = self.counted_to {
            self.active.0 += now.since(since).at_most(cap).0;
            self.counted_to = Some(now);
        }
    }

    /// How often the person did something in this session.
    #[must_use]
    pub fn activities(&self) -> u64 {
        self.activities
    }

    /// How long the page was in use in this session, up to the last count.
    #[must_use]
    pub fn active(&self) -> Millis {
        self.active
    }

    fn restart(&mut self, now: Mono) {
        self.counted_to = (self.visible && self.focused).then_some(now);
    }
}
