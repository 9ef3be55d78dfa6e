//! Sections: changes that overtake each other, and the core profile's heartbeat.

use super::chapter::{TOGETHER, WINS};
use crate::backend::Backend;
use crate::case::{Case, InCore, Judged, Stop, expect};
use crate::clock;
use crate::visit::{Visit, change};
use serde_json::json;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "update-changes-section",
        core: InCore::Owed,
        rule: "An `update` with an `eventId` is a section change, and counts as one entry of the new section.",
        chapter: TOGETHER,
        run: changes_section,
    },
    Case {
        name: "update-later-one-wins",
        core: InCore::Owed,
        rule: "A section becomes current only if its change's time is later than the stored one's, whatever order they come in.",
        chapter: WINS,
        run: later_one_wins,
    },
    Case {
        name: "update-is-a-heartbeat",
        core: InCore::Owed,
        rule: "An `update` without an `eventId` only says where the page stands: no event is stored, no entry counted.",
        chapter: TOGETHER,
        run: is_a_heartbeat,
    },
    Case {
        name: "update-needs-its-section",
        core: InCore::NotAsked,
        rule: "An `update` with an `eventId` and without a `section` is 422.",
        chapter: TOGETHER,
        run: needs_its_section,
    },
];

fn changes_section(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let section = format!("section-{}", visit.tab);
    let reply = visit.ok("update", change(&section, clock::now() + 1_000))?;
    if backend.is_full() {
        expect(reply["section"] == section, || format!("section is {}", reply["section"]))?;
        let stored = visit.stored()?;
        expect(stored.len() == 1 && stored[0]["eventType"] == "section_change", || {
            format!("what is stored is {stored:?}")
        })?;
    }
    let count = &visit.stats()?["sectionCounts"][&section];
    expect(*count == 1, || format!("one change into the section counts as {count}"))
}

fn later_one_wins(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let now = clock::now();
    let reply = visit.ok("update", change("later", now + 2_000))?;
    if reply.get("section").is_none() {
        return Err(Stop::Unjudged("the reply to an update does not say the section".into()));
    }
    let reply = visit.ok("update", change("earlier", now + 1_000))?;
    expect(reply["section"] == "later", || {
        format!("after a change of an earlier time came late, section is {}", reply["section"])
    })
}

fn is_a_heartbeat(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let section = format!("section-{}", visit.tab);
    visit.ok("update", change(&section, clock::now() + 1_000))?;
    for _ in 0..2 {
        visit.ok("update", json!({ "section": section, "metadata": { "plan": "free" } }))?;
    }
    visit.ok("update", json!({}))?;
    let count = &visit.stats()?["sectionCounts"][&section];
    expect(*count == 1, || format!("one change into the section, and statements of it, count as {count}"))?;
    if backend.is_full() {
        let stored = visit.stored()?.len();
        expect(stored == 1, || format!("{stored} events are stored, and 1 was sent"))?;
    }
    Ok(())
}

fn needs_its_section(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let mut change = change("docs", clock::now());
    change["section"] = json!(null);
    visit.post("update", change)?.problem(422, "invalid-request")?;
    Ok(())
}
