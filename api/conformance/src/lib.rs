//! Judges any backend of the session API by its URL, with what `api/README.md` promises and nothing else: it shares no code with the
//! tracker or with the reference server, so that three readings of the same page have to agree.
//!
//! `case` says what a case is, `cases/` has them, one file a chapter; `backend` speaks HTTP, `visit` has one session's side of it.

pub mod answer;
pub mod backend;
pub mod case;
pub mod cases;
pub mod clock;
pub mod report;
pub mod visit;

use backend::Backend;
use case::{Case, Finding, InCore, Judgement, Stop};

/// Runs every case whose name contains `only`, in order, and tells `heard` of each as soon as it is judged.
pub fn judge(backend: &Backend, only: &str, mut heard: impl FnMut(&Judgement)) -> Vec<Judgement> {
    let mut judgements = Vec::new();
    for case in cases::all().filter(|case| case.name.contains(only) && is_asked(case, backend)) {
        let finding = match (case.run)(backend) {
            Ok(()) => Finding::Kept,
            Err(Stop::Unjudged(why)) => Finding::Unjudged(why),
            Err(Stop::Broken(what)) if !backend.is_full() && case.core == InCore::Reported => Finding::Absent(what),
            Err(Stop::Broken(what)) => Finding::Broken(what),
        };
        let judgement = Judgement { case, finding };
        heard(&judgement);
        judgements.push(judgement);
    }
    judgements
}

fn is_asked(case: &Case, backend: &Backend) -> bool {
    backend.is_full() || case.core != InCore::NotAsked
}
