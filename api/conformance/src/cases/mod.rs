//! Every case, one file a chapter of the story: from a start to what can be read of it.

mod batches;
mod browsers;
mod ends;
mod events;
mod heartbeats;
mod lanes;
mod limits;
mod owners;
mod problems;
mod reading;
mod starts;
mod times;
mod updates;

use crate::case::Case;

/// Chapters of `api/README.md`.
mod chapter {
    pub(super) const PROFILES: &str = "Two profiles";
    pub(super) const LANES: &str = "Two lanes on the same URLs";
    pub(super) const WHO: &str = "Who is asking";
    pub(super) const TOGETHER: &str = "What travels together";
    pub(super) const REPEATED: &str = "What a repeated request does";
    pub(super) const WINS: &str = "Which request wins";
    pub(super) const TIMES: &str = "Times";
    pub(super) const REPLIES: &str = "Replies and problems";
    pub(super) const READING: &str = "Reading";
    pub(super) const LIMITS: &str = "Limits";
}

/// Every case, in the order they are tried.
pub fn all() -> impl Iterator<Item = &'static Case> {
    [
        starts::CASES,
        lanes::CASES,
        browsers::CASES,
        owners::CASES,
        events::CASES,
        updates::CASES,
        heartbeats::CASES,
        batches::CASES,
        ends::CASES,
        times::CASES,
        reading::CASES,
    ]
    .into_iter()
    .flatten()
    .chain(limits::cases())
    .chain(problems::CASES)
}
