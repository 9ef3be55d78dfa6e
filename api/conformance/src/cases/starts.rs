//! How a session begins, and what a repeated start does.

use super::chapter::{PROFILES, REPEATED, TOGETHER};
use crate::backend::Backend;
use crate::case::{Case, InCore, Judged, expect};
use crate::clock::{self, DAY, new_id};
use crate::visit::{Visit, click};
use serde_json::json;
use uuid::Uuid;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "start-names-its-session",
        core: InCore::Owed,
        rule: "The reply to a start has `sessionId`, a UUID; a full backend takes the one that was proposed.",
        chapter: PROFILES,
        run: names_its_session,
    },
    Case {
        name: "start-mints-an-id",
        core: InCore::Owed,
        rule: "A start without `sessionId` gets a new one each time.",
        chapter: PROFILES,
        run: mints_an_id,
    },
    Case {
        name: "start-tells-its-terms",
        core: InCore::NotAsked,
        rule: "A full backend announces `profile` and `limits`, and hands out a write token that outlives the session by seven days.",
        chapter: PROFILES,
        run: tells_its_terms,
    },
    Case {
        name: "start-repeated",
        core: InCore::Owed,
        rule: "A start with a known id is the same session: 200 (201 only the first time).",
        chapter: REPEATED,
        run: repeated,
    },
    Case {
        name: "start-repeated-changes-nothing",
        core: InCore::NotAsked,
        rule: "A start with a known id changes nothing that was set.",
        chapter: REPEATED,
        run: repeated_changes_nothing,
    },
    Case {
        name: "start-carries-everything",
        core: InCore::NotAsked,
        rule: "A start may carry events, totals and an end, applied in that order; its reply lists the events.",
        chapter: TOGETHER,
        run: carries_everything,
    },
    Case {
        name: "start-replaces",
        core: InCore::NotAsked,
        rule: "`replace: device` ends the subject's other live sessions of that device as `replaced`; `none` ends none.",
        chapter: TOGETHER,
        run: replaces,
    },
    Case {
        name: "start-tells-of-a-crash",
        core: InCore::NotAsked,
        rule: "`previousEnd: crash` ends the session that `previousId` names, as `crash`.",
        chapter: TOGETHER,
        run: tells_of_a_crash,
    },
];

fn names_its_session(backend: &Backend) -> Judged {
    let id = new_id();
    let reply = backend.start(&backend.person(), json!({ "sessionId": id }))?.ok()?.clone();
    let named = reply["sessionId"].as_str().unwrap_or_default();
    expect(Uuid::parse_str(named).is_ok(), || format!("sessionId is {}, and a UUID was expected", reply["sessionId"]))?;
    expect(!backend.is_full() || named == id, || format!("sessionId is {named}, and {id} was proposed"))
}

fn mints_an_id(backend: &Backend) -> Judged {
    let person = backend.person();
    let mut ids = Vec::new();
    for _ in 0..2 {
        let reply = backend.start(&person, json!({ "section": "home" }))?.ok()?.clone();
        let id = reply["sessionId"].as_str().unwrap_or_default().to_owned();
        expect(Uuid::parse_str(&id).is_ok(), || {
            format!("sessionId is {}, and a UUID was expected", reply["sessionId"])
        })?;
        ids.push(id);
    }
    expect(ids[0] != ids[1], || format!("two starts without an id are one session, {}", ids[0]))
}

fn tells_its_terms(backend: &Backend) -> Judged {
    let reply = Visit::begin(backend)?.reply;
    for name in ["batchEvents", "batchBytes", "beaconBytes", "eventBytes"] {
        let limit = &reply["limits"][name];
        expect(limit.as_u64().is_some_and(|limit| limit > 0), || format!("limits.{name} is {limit}"))?;
    }
    expect(reply["profile"] == "full", || format!("profile is {}", reply["profile"]))?;
    expect(reply["token"].is_string(), || "there is no token".into())?;
    let (started, expires) = (clock::read(&reply, "startedAt")?, clock::read(&reply, "tokenExpiresAt")?);
    expect(expires >= started + 7 * DAY, || format!("tokenExpiresAt is {}", reply["tokenExpiresAt"]))
}

fn repeated(backend: &Backend) -> Judged {
    let (person, id) = (backend.person(), new_id());
    let start = json!({ "sessionId": id, "tabId": new_id(), "epoch": 1, "section": "home" });
    let first = backend.start(&person, start.clone())?;
    let mut again = start;
    again["token"] = first.ok()?["token"].clone();
    let again = backend.start(&person, again)?;
    expect(again.ok()?["sessionId"] == first.json["sessionId"], || {
        format!("it was {} first, and then {}", first.json["sessionId"], again.json["sessionId"])
    })?;
    if backend.is_full() {
        first.ok_as(201)?;
        again.ok_as(200)?;
    }
    Ok(())
}

fn repeated_changes_nothing(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let other =
        json!({ "section": "elsewhere", "platform": "another", "startedAt": clock::text(clock::now() - 3_600_000) });
    let reply = visit.start_again(other)?.ok()?.clone();
    expect(reply["startedAt"] == visit.reply["startedAt"], || format!("startedAt became {}", reply["startedAt"]))?;
    let row = visit.listed()?.unwrap_or_default();
    expect(row["section"] == "home" && row["platform"] == "web", || format!("the session became {row}"))
}

fn carries_everything(backend: &Backend) -> Judged {
    let members = json!({
        "startedAt": clock::text(clock::now() - 60_000),
        "events": [click(1), click(2)],
        "heartbeat": { "activity": "active", "activityCount": 2, "activeSeconds": 7 },
        "end": { "reason": "logout" },
    });
    let visit = Visit::begin_with(backend, backend.person(), members)?;
    let reply = &visit.reply;
    expect(reply["accepted"] == json!([0, 1]), || format!("accepted is {}", reply["accepted"]))?;
    let ended = reply["status"] == "ended" && reply["endReason"] == "logout" && reply["activeSeconds"] == 7;
    expect(ended, || format!("the reply is {reply}"))?;
    let stored = visit.stored()?.len();
    expect(stored == 2, || format!("{stored} of 2 events are stored"))
}

fn replaces(backend: &Backend) -> Judged {
    let (person, device) = (backend.person(), new_id());
    let begin = |replace| json!({ "deviceId": device, "replace": replace });
    let first = Visit::begin_with(backend, person, begin("none"))?;
    let second = Visit::begin_with(backend, first.person.clone(), begin("none"))?;
    first.post("heartbeat", json!({}))?.ok()?;
    Visit::begin_with(backend, first.person.clone(), begin("device"))?;
    for visit in [first, second] {
        let answer = visit.post("heartbeat", json!({}))?;
        let problem = answer.problem(410, "session-ended")?;
        expect(problem["endReason"] == "replaced", || format!("endReason is {}", problem["endReason"]))?;
    }
    Ok(())
}

fn tells_of_a_crash(backend: &Backend) -> Judged {
    let crashed = Visit::begin(backend)?;
    let members = json!({ "previousId": crashed.session, "previousEnd": "crash" });
    Visit::begin_with(backend, crashed.person.clone(), members)?;
    let answer = crashed.post("heartbeat", json!({}))?;
    let problem = answer.problem(410, "session-ended")?;
    expect(problem["endReason"] == "crash", || format!("endReason is {}", problem["endReason"]))
}
