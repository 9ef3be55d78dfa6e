//! How large a request may be: its body, its events, and the data of one; at the limit and one over.

use super::with;
use crate::answer::Answer;
use crate::backend::Backend;
use crate::case::{Case, InCore, Judged, Stop, expect};
use crate::cases::chapter::LIMITS;
use crate::clock::new_id;
use crate::visit::{Visit, click};
use serde_json::{Value, json};

pub(super) const CASES: &[Case] = &[
    Case {
        name: "limit-of-a-batch",
        core: InCore::NotAsked,
        rule: "A batch has at most `limits.batchBytes` bytes; one over is 413.",
        chapter: LIMITS,
        run: batch_bytes,
    },
    Case {
        name: "limit-of-a-beacon",
        core: InCore::NotAsked,
        rule: "A `text/plain` end, heartbeat, update or log-event has at most `limits.beaconBytes` bytes; one over is 413.",
        chapter: LIMITS,
        run: beacon_bytes,
    },
    Case {
        name: "limit-of-events",
        core: InCore::NotAsked,
        rule: "A request has at most `limits.batchEvents` events; one over is 413.",
        chapter: LIMITS,
        run: batch_events,
    },
    Case {
        name: "limit-of-event-data",
        core: InCore::NotAsked,
        rule: "An `eventData` has at most `limits.eventBytes` bytes of JSON text; one over, the event is rejected (log-event: 413).",
        chapter: LIMITS,
        run: event_bytes,
    },
];

fn batch_bytes(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let most = backend.limit("batchBytes", 524_288);
    visit.ok("batch", padded(&visit, json!({ "events": [click(1)] }), most))?;
    is_too_large(&visit.post("batch", padded(&visit, json!({ "events": [click(2)] }), most + 1))?)?;
    let stored = visit.stored()?.len();
    expect(stored == 1, || format!("{stored} events are stored, and 1 was taken"))
}

fn beacon_bytes(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    if visit.token.is_none() {
        return Err(Stop::Unjudged("its starts hand out no write tokens".into()));
    }
    let most = backend.limit("beaconBytes", 65_536);
    for (route, members) in
        [("heartbeat", json!({})), ("update", json!({})), ("log-event", click(1)), ("end", json!({}))]
    {
        is_too_large(&visit.post(route, padded(&visit, members.clone(), most + 1))?)?;
        visit.ok(route, padded(&visit, members, most))?;
    }
    Ok(())
}

fn batch_events(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let most = backend.limit("batchEvents", 500);
    let events = |count: usize| -> Vec<Value> {
        (1..=count).map(|seq| json!({ "eventId": new_id(), "seq": seq, "eventType": "click" })).collect()
    };
    is_too_large(&visit.post("batch", json!({ "events": events(most + 1) }))?)?;
    let reply = visit.ok("batch", json!({ "events": events(most) }))?;
    let accepted = reply["accepted"].as_array().map_or(0, Vec::len);
    expect(accepted == most, || format!("{accepted} of {most} events are accepted"))
}

fn event_bytes(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let most = backend.limit("eventBytes", 32_768);
    let event = |seq, bytes: usize| with(click(seq), "eventData", json!("x".repeat(bytes - 2)));
    let reply = visit.ok("batch", json!({ "events": [event(1, most + 1), event(2, most)] }))?;
    let rejected = &reply["rejected"][0];
    let is_told =
        rejected["index"] == 0 && rejected["type"].as_str().is_some_and(|kind| kind.ends_with("payload-too-large"));
    expect(reply["accepted"] == json!([1]) && is_told, || format!("the reply is {reply}"))?;
    visit.ok("log-event", event(3, most))?;
    is_too_large(&visit.post("log-event", event(4, most + 1))?)
}

/// Members that make the body exactly so long.
fn padded(visit: &Visit<'_>, mut members: Value, bytes: usize) -> Value {
    members["padding"] = json!("");
    let length = visit.says(members.clone()).to_string().len();
    members["padding"] = json!("x".repeat(bytes.saturating_sub(length)));
    members
}

fn is_too_large(answer: &Answer) -> Judged {
    answer.problem(413, "payload-too-large").map(|_| ())
}
