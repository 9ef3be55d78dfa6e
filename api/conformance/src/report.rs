//! What is told of a run, for people and for programs.

use crate::backend::{Backend, Login, Profile};
use crate::case::{Finding, Judgement};
use serde_json::{Value, json};

/// The line above the cases: what is judged, and by which profile.
#[must_use]
pub fn heading(backend: &Backend) -> String {
    let announced = if backend.settings.profile.is_some() { "as asked" } else { "as it announces" };
    let login = match backend.login {
        Login::Claimed => "callers name themselves",
        Login::Visitor => "callers without a login are visitors",
        Login::Bearer => "callers have bearer tokens",
    };
    format!("{}: {} profile, {announced}; {login}", backend.settings.api, name(backend.profile()))
}

/// One case.
#[must_use]
pub fn line(judgement: &Judgement) -> String {
    let case = judgement.case;
    let told = |mark: &str, what: &str, why: &str| format!("  {mark}  {}\n             {what}{why}", case.name);
    match &judgement.finding {
        Finding::Kept => format!("  kept       {}", case.name),
        Finding::Unjudged(why) => told("not judged", "", why),
        Finding::Absent(what) => {
            told("absent    ", "", &format!("{what}\n             not owed in the core profile: {}", case.rule))
        }
        Finding::Broken(what) => told(
            "BROKEN    ",
            "",
            &format!("{what}\n             the rule: {} (api/README.md, \"{}\")", case.rule, case.chapter),
        ),
    }
}

/// What it comes to.
#[must_use]
pub fn summary(judgements: &[Judgement], profile: Profile) -> String {
    let [kept, broken, absent, unjudged] = counts(judgements);
    let mut text = format!(
        "{} cases of the {} profile: {kept} kept, {broken} broken, {unjudged} not judged",
        judgements.len(),
        name(profile)
    );
    if absent > 0 {
        text += &format!(", {absent} absent");
    }
    if let Some(holds) = deduplicates(judgements) {
        text += if holds {
            "\nDeduplication holds: what is sent twice is stored once."
        } else {
            "\nDeduplication does not hold: delivery is at least once, and what is sent twice may be stored twice."
        };
    }
    text
}

/// The whole report as JSON.
#[must_use]
pub fn json(backend: &Backend, judgements: &[Judgement]) -> Value {
    let [kept, broken, absent, unjudged] = counts(judgements);
    let cases: Vec<_> = judgements
        .iter()
        .map(|Judgement { case, finding }| {
            let (finding, why) = match finding {
                Finding::Kept => ("kept", None),
                Finding::Broken(why) => ("broken", Some(why)),
                Finding::Absent(why) => ("absent", Some(why)),
                Finding::Unjudged(why) => ("not judged", Some(why)),
            };
            json!({ "name": case.name, "finding": finding, "why": why, "rule": case.rule, "chapter": case.chapter })
        })
        .collect();
    json!({
        "api": backend.settings.api, "profile": name(backend.profile()), "deduplicates": deduplicates(judgements),
        "kept": kept, "broken": broken, "absent": absent, "notJudged": unjudged, "cases": cases,
    })
}

/// Whether what is sent twice is stored once, if that was tried.
#[must_use]
pub fn deduplicates(judgements: &[Judgement]) -> Option<bool> {
    let mut tried = judgements
        .iter()
        .filter(|judgement| judgement.case.name.ends_with("-repeated") && is_of_events(judgement))
        .peekable();
    tried.peek()?;
    Some(tried.all(|judgement| judgement.finding == Finding::Kept))
}

fn is_of_events(judgement: &Judgement) -> bool {
    ["event-repeated", "section-change-repeated", "batch-repeated"].contains(&judgement.case.name)
}

fn counts(judgements: &[Judgement]) -> [usize; 4] {
    let count = |is: fn(&Finding) -> bool| judgements.iter().filter(|judgement| is(&judgement.finding)).count();
    [
        count(|finding| *finding == Finding::Kept),
        count(|finding| matches!(finding, Finding::Broken(_))),
        count(|finding| matches!(finding, Finding::Absent(_))),
        count(|finding| matches!(finding, Finding::Unjudged(_))),
    ]
}

fn name(profile: Profile) -> &'static str {
    match profile {
        Profile::Core => "core",
        Profile::Full => "full",
    }
}
