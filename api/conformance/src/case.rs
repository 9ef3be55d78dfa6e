//! What a case is, and what can be found of it.

use crate::backend::Backend;

/// One promise of the API, and how to find out whether a backend keeps it.
#[derive(Debug)]
pub struct Case {
    /// Its name, unique, for `--only` and for scripts.
    pub name: &'static str,
    /// Whether a backend of the core profile owes it too.
    pub core: InCore,
    /// The promise, in a sentence.
    pub rule: &'static str,
    /// The chapter of `api/README.md` that makes it.
    pub chapter: &'static str,
    /// Tries it.
    pub run: fn(&Backend) -> Judged,
}

/// What the core profile has to do with a case. The full profile owes every one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InCore {
    /// Owed.
    Owed,
    /// Told, but no fault: an application may choose a backend without it.
    Reported,
    /// Not a matter of the core profile.
    NotAsked,
}

/// `Ok` if the promise was kept.
pub type Judged = Result<(), Stop>;

/// Why a case came to its end early.
#[derive(Debug)]
pub enum Stop {
    /// The backend did something else than it should; the sentence says what.
    Broken(String),
    /// This run cannot find out; the sentence says what would be needed.
    Unjudged(String),
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The promise was kept.
    Kept,
    /// It was broken, in this way.
    Broken(String),
    /// It is not kept, and in the core profile need not be.
    Absent(String),
    /// It was not tried, for this reason.
    Unjudged(String),
}

/// A case and what was found.
#[derive(Debug)]
pub struct Judgement {
    /// The case.
    pub case: &'static Case,
    /// What was found.
    pub finding: Finding,
}

/// Breaks the case unless `kept`.
///
/// # Errors
/// [`Stop::Broken`] with the sentence.
pub fn expect(kept: bool, sentence: impl FnOnce() -> String) -> Judged {
    if kept { Ok(()) } else { Err(Stop::Broken(sentence())) }
}
