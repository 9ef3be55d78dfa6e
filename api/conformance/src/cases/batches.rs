//! Batches: everything that one tab has to say, each event judged by itself.

use super::chapter::{REPEATED, REPLIES, TOGETHER};
use crate::backend::{Backend, Lane, Login};
use crate::case::{Case, InCore, Judged, Stop, expect};
use crate::clock::{new_id, now, text};
use crate::visit::{Visit, click};
use serde_json::{Value, json};

pub(super) const CASES: &[Case] = &[
    Case {
        name: "batch-lists-by-index",
        core: InCore::NotAsked,
        rule: "A batch's reply lists each event by its index as accepted, duplicate or rejected, and what is accepted is stored.",
        chapter: REPLIES,
        run: lists_by_index,
    },
    Case {
        name: "batch-repeated",
        core: InCore::NotAsked,
        rule: "A batch that is sent again lists its events as duplicates, as it does one that stands in it twice.",
        chapter: REPEATED,
        run: repeated,
    },
    Case {
        name: "batch-of-bad-events-200",
        core: InCore::NotAsked,
        rule: "A batch is 200 even if every event in it is rejected.",
        chapter: REPLIES,
        run: all_bad,
    },
    Case {
        name: "batch-whole-visit",
        core: InCore::NotAsked,
        rule: "A batch may carry the start itself, with events, totals and the end, without a token; it may be sent again.",
        chapter: TOGETHER,
        run: whole_visit,
    },
    Case {
        name: "batch-section-change",
        core: InCore::NotAsked,
        rule: "An event of type `section_change` in a batch changes the section as an `update` does.",
        chapter: TOGETHER,
        run: section_change,
    },
];

fn lists_by_index(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let known = click(1);
    visit.ok("log-event", known.clone())?;
    let bad = json!({ "eventId": new_id(), "seq": 2, "eventType": "" });
    let servers = json!({ "eventId": new_id(), "seq": 3, "eventType": "session_start" });
    let reply = visit.ok("batch", json!({ "events": [bad, known, click(4), servers, 7, click(5)] }))?;
    expect(reply["accepted"] == json!([2, 5]), || format!("accepted is {}, and should be [2,5]", reply["accepted"]))?;
    expect(reply["duplicates"] == json!([1]), || format!("duplicates is {}, and should be [1]", reply["duplicates"]))?;
    let rejected = reply["rejected"].as_array().cloned().unwrap_or_default();
    let indexes: Vec<_> = rejected.iter().map(|event| event["index"].as_u64()).collect();
    expect(indexes == [Some(0), Some(3), Some(4)], || format!("rejected is {}", reply["rejected"]))?;
    for event in &rejected {
        let is_told = kind(event) == "invalid-request" && event["detail"].as_str().is_some_and(|text| !text.is_empty());
        expect(is_told, || format!("a rejected event is told as {event}"))?;
    }
    let stored = visit.stored()?.len();
    expect(stored == 3, || format!("{stored} of 3 events are stored"))
}

fn repeated(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let twice = click(2);
    let flush = json!({ "events": [click(1), twice.clone(), twice] });
    let first = visit.ok("batch", flush.clone())?;
    expect(first["accepted"] == json!([0, 1]) && first["duplicates"] == json!([2]), || {
        format!("the reply is {first}")
    })?;
    let second = visit.ok("batch", flush)?;
    expect(second["accepted"] == json!([]) && second["duplicates"] == json!([0, 1, 2]), || {
        format!("sent again, the reply is {second}")
    })?;
    let stored = visit.stored()?.len();
    expect(stored == 2, || format!("2 events, sent twice, are stored {stored} times"))
}

fn all_bad(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let reply = visit.post("batch", json!({ "events": [{}, { "eventType": 7 }] }))?.ok_as(200)?.clone();
    expect(reply["rejected"].as_array().is_some_and(|list| list.len() == 2), || format!("the reply is {reply}"))
}

fn whole_visit(backend: &Backend) -> Judged {
    if backend.login == Login::Bearer {
        return Err(Stop::Unjudged("a beacon has no bearer, and there is a login".into()));
    }
    let (person, sent) = (backend.person(), now());
    let body = json!({
        "sessionId": new_id(), "tabId": new_id(), "epoch": 1, "lastSeq": 1, "sentAt": text(sent),
        "start": { "userId": person.user_id, "section": "home", "startedAt": text(sent - 1_900) },
        "events": [click(1)],
        "heartbeat": { "activity": "active", "activityCount": 1, "activeSeconds": 1.5 },
        "end": { "reason": "app_close", "endedAt": text(sent) },
    });
    let first = backend.post("batch", &body, Lane::Text)?.ok_as(200)?.clone();
    let told = [
        &first["accepted"],
        &first["status"],
        &first["endReason"],
        &first["totalDurationSeconds"],
        &first["activeSeconds"],
    ];
    let expected = [json!([0]), json!("ended"), json!("app_close"), json!(1), json!(1)];
    expect(told.into_iter().eq(&expected), || format!("the reply is {first}"))?;
    expect(first["token"].is_string() && first["profile"] == "full", || {
        "the reply to a batch with a start does not tell what a start is told".into()
    })?;
    if backend.login == Login::Claimed {
        let again = backend.post("batch", &body, Lane::Text)?.ok_as(200)?.clone();
        expect(again["duplicates"] == json!([0]) && again["status"] == "ended", || {
            format!("sent again, the reply is {again}")
        })?;
    }
    Ok(())
}

fn section_change(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let change = json!({
        "eventId": new_id(), "seq": 1, "eventType": "section_change", "section": "pricing", "occurredAt": text(now() + 1_000)
    });
    visit.ok("batch", json!({ "events": [change] }))?;
    let row = visit.listed()?.unwrap_or_default();
    expect(row["section"] == "pricing", || format!("section is {}", row["section"]))
}

fn kind(event: &Value) -> &str {
    event["type"].as_str().unwrap_or_default().rsplit([':', '/']).next().unwrap_or_default()
}
