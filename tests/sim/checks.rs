//! What must hold. Every rule has a name here; the rooms below look at one place each: a page after each step, a request as it sets
//! out, an answer as it is heard, a visitor's pages side by side, and all that is stored in the end.

mod answer;
mod end;
mod page;
mod request;

pub(crate) use answer::{given_up, heard, let_go};
pub(crate) use end::at_the_end;
pub(crate) use page::{after, at_rest, before, goodbye, held, kept, lead};
pub(crate) use request::sending;

use std::fmt;

/// A rule of the simulated world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rule {
    /// A number is of one event and an event has one number, none is beyond the last one given.
    Numbers,
    /// What is neither stored nor declared as dropped is what the server finds missing.
    Gaps,
    /// What was acknowledged is stored, and is not sent again.
    Acknowledged,
    /// Accepted = delivered + travelling + waiting + dropped by reason.
    Ledger,
    /// No bound of `limits.rs` is passed.
    Bounds,
    /// No heartbeat after a final end, nor after a provisional one before the page is back.
    Presence,
    /// A heartbeat after the page's own goodbye is later than that by its epoch.
    Epoch,
    /// Only a page in view has the lead.
    Lead,
    /// A visitor's pages share one session.
    OneSession,
    /// A section counts after it held for the debounce, or when the page cannot wait.
    Debounce,
    /// The tracker comes to rest in a bounded number of steps.
    Rest,
    /// One request is awaited at a time.
    OneRequest,
    /// A page that has left says what it has to say by beacon alone, and one that is there does not.
    Parting,
    /// A page that leaves hands over all that waits, and its end.
    Goodbye,
    /// What was logged is in storage at the end of the task, unless storage took no more a moment ago or the page has stored as much as it may,
    /// for all it knows.
    Kept,
    /// What the browser holds for a page that dies is taken back before the page can speak for itself, and is small.
    Held,
    /// No request goes before `Retry-After` allows it.
    RetryAfter,
    /// Failing requests do not follow each other without end.
    Storm,
    /// In good weather everything drains.
    Drain,
    /// Every event is stored once.
    Once,
    /// Every event is stored in the session and under the user that it belonged to, as what it was.
    Belonging,
    /// No event is lost but in the one window that explains it.
    Lost,
    /// The backend does not hold a session for ended whose page is in view.
    Alive,
    /// The time in use that a heartbeat says is what the schedule says.
    Active,
    /// A session's beginning and end are when the schedule says.
    Total,
}

impl Rule {
    /// Every rule there is.
    pub(crate) const ALL: [Self; 25] = [
        Self::Numbers,
        Self::Gaps,
        Self::Acknowledged,
        Self::Ledger,
        Self::Bounds,
        Self::Presence,
        Self::Epoch,
        Self::Lead,
        Self::OneSession,
        Self::Debounce,
        Self::Rest,
        Self::OneRequest,
        Self::Parting,
        Self::Goodbye,
        Self::Kept,
        Self::Held,
        Self::RetryAfter,
        Self::Storm,
        Self::Drain,
        Self::Once,
        Self::Belonging,
        Self::Lost,
        Self::Alive,
        Self::Active,
        Self::Total,
    ];
}

/// A rule that was broken, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) rule: Rule,
    pub(crate) how: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?}: {}", self.rule, self.how)
    }
}

pub(crate) type Outcome = Result<(), Broken>;

impl Rule {
    /// Breaks the rule unless it holds.
    pub(crate) fn holds(self, holds: bool, how: impl FnOnce() -> String) -> Outcome {
        if holds { Ok(()) } else { Err(self.broken(how())) }
    }

    pub(crate) fn broken(self, how: String) -> Broken {
        Broken { rule: self, how }
    }
}
