//! Whether the person is there, and for how long they were: visible *and* focused time by the monotonic clock, and how often they did
//! something. Sleep and throttled timers never add to it.

use crate::time::{Millis, Mono};

/// What the person is doing, as far as a page can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Person {
    /// Using the page.
    Active,
    /// The page is in view, but nothing was touched for the idle time.
    Idle,
    /// The page is not in view.
    Hidden,
}

impl Person {
    /// Whom a name means; nobody is hidden who is not said to be there.
    #[must_use]
    pub fn parse(name: &str) -> Self {
        [Self::Active, Self::Idle].into_iter().find(|person| person.name() == name).unwrap_or(Self::Hidden)
    }

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

/// A total of a session, to which one tab at a time adds: that of the person's hands and eyes. What others reached is taken over as it
/// becomes known; what this tab reached is its own word, in which nothing that others may have from it is counted again.
#[derive(Clone, Copy, Debug, Default)]
struct Total {
    /// Where this tab began to add.
    from: u64,
    added: u64,
    others: u64,
}

impl Total {
    fn own(self) -> u64 {
        self.from + self.added
    }

    fn all(self) -> u64 {
        self.own().max(self.others)
    }

    /// This tab begins to add.
    fn begin(&mut self) {
        *self = Self { from: self.all(), ..Self::default() };
    }

    /// Another tab's word. While this one adds, that can only be late news of what it ought to have begun with.
    fn merge(&mut self, other: u64, is_adding: bool) {
        let known = if is_adding { &mut self.from } else { &mut self.others };
        *known = other.max(*known);
    }

    /// The word of a tab that adds no more: from here on it is part of this tab's.
    fn take_over(&mut self, other: u64) {
        self.from += other.saturating_sub(self.own());
    }
}

/// The two totals of a session that its tabs keep, and what this tab adds to them.
#[derive(Clone, Debug, Default)]
pub struct Presence {
    activities: Total,
    active: Total,
    /// How long this section has been in use.
    dwelt: Millis,
    /// Something was done that has not been asked about.
    touched: bool,
    counted_to: Option<Mono>,
    /// The session is over: time belongs to nobody.
    is_over: bool,
    away: bool,
    visible: bool,
    focused: bool,
    idle: bool,
}

impl Presence {
    /// A session begins.
    pub fn reset(&mut self, now: Mono) {
        (self.activities, self.active, self.dwelt) = Default::default();
        self.touched = true;
        self.is_over = false;
        self.restart(now);
    }

    /// The session ends. What came before must have been counted.
    pub fn end(&mut self) {
        self.is_over = true;
        self.counted_to = None;
    }

    /// Another tab of the session has reached these totals.
    pub fn merge(&mut self, activities: u64, active: Millis) {
        let is_adding = self.counted_to.is_some();
        self.touched |= activities > self.activities.all();
        self.activities.merge(activities, is_adding);
        self.active.merge(active.0, is_adding);
    }

    /// A tab of the session that had reached these totals is gone, and its record goes too.
    pub fn take_over(&mut self, activities: u64, active: Millis) {
        self.merge(activities, active);
        if self.counted_to.is_none() {
            self.activities.take_over(activities);
            self.active.take_over(active.0);
        }
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

    /// The page left, or is back. What came before must have been counted.
    pub fn leave(&mut self, away: bool, now: Mono) {
        self.away = away;
        self.restart(now);
    }

    /// The window got or lost the focus. What came before must have been counted.
    pub fn focus(&mut self, focused: bool, now: Mono) {
        self.focused = focused;
        self.restart(now);
    }

    /// The person did something. True if they had been idle.
    pub fn act(&mut self) -> bool {
        self.activities.added += 1;
        self.touched = true;
        core::mem::take(&mut self.idle)
    }

    /// Nothing was touched for the idle time.
    pub fn rest(&mut self) {
        self.idle = true;
    }

    /// Adds the time since the last count if the page was in use. An interval that is longer than `longest` was sleep, and counts nothing: how
    /// much of it the person was there for, nobody knows.
    pub fn count(&mut self, now: Mono, longest: Millis) {
        if let Some(since) = self.counted_to {
            let used = now.since(since);
            if used <= longest {
                self.active.added += used.0;
                self.dwelt.0 += used.0;
            }
            self.counted_to = Some(now);
        }
    }

    /// Whether anything was done, here or in another tab, since this was last asked.
    pub fn take_touched(&mut self) -> bool {
        core::mem::take(&mut self.touched)
    }

    /// The section has been in use for so long before this page.
    pub fn dwell(&mut self, dwelt: Millis) {
        self.dwelt = dwelt;
    }

    /// How long the section has been in use up to the last count.
    #[must_use]
    pub fn dwelt(&self) -> Millis {
        self.dwelt
    }

    /// How often the person did something in this session, and how long it was in use up to the last count.
    #[must_use]
    pub fn totals(&self) -> (u64, Millis) {
        (self.activities.all(), Millis(self.active.all()))
    }

    /// The same, as far as this tab has a part in it: its word for the others.
    #[must_use]
    pub fn own(&self) -> (u64, Millis) {
        (self.activities.own(), Millis(self.active.own()))
    }

    fn restart(&mut self, now: Mono) {
        let is_adding = self.visible && self.focused && !self.away && !self.is_over;
        if is_adding && self.counted_to.is_none() {
            self.activities.begin();
            self.active.begin();
        }
        self.counted_to = is_adding.then_some(now);
    }
}
