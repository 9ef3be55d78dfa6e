//! The two content types, write tokens and compression.

use super::chapter::{LANES, REPLIES};
use crate::backend::{Backend, Lane, Login};
use crate::case::{Case, InCore, Judged, Stop, expect};
use crate::clock::{new_id, now};
use crate::visit::{Visit, change, click};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::Write;
use ureq::http::Method;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "lane-text",
        core: InCore::Owed,
        rule: "Every POST takes JSON as `text/plain;charset=UTF-8`, the only lane that a beacon has.",
        chapter: LANES,
        run: text,
    },
    Case {
        name: "lane-json",
        core: InCore::Owed,
        rule: "Every POST takes JSON as `application/json`.",
        chapter: LANES,
        run: as_json,
    },
    Case {
        name: "lane-other-415",
        core: InCore::Owed,
        rule: "Another content type is 415 `unsupported-media-type`.",
        chapter: REPLIES,
        run: other,
    },
    Case {
        name: "token-is-enough",
        core: InCore::Owed,
        rule: "With the write token in the body a write needs no bearer and no `userId`; where nobody logs in, a `userId` beside it says nothing.",
        chapter: LANES,
        run: token_is_enough,
    },
    Case {
        name: "token-of-another-session-403",
        core: InCore::Owed,
        rule: "A write token names one session: with it, another `sessionId` is 403 `forbidden`.",
        chapter: LANES,
        run: token_of_another_session,
    },
    Case {
        name: "token-forged-401",
        core: InCore::Owed,
        rule: "A token that the backend did not sign is 401 `token-invalid`.",
        chapter: REPLIES,
        run: token_forged,
    },
    Case {
        name: "token-never-reads",
        core: InCore::Owed,
        rule: "A write token never reads anything.",
        chapter: LANES,
        run: token_never_reads,
    },
    Case {
        name: "gzip",
        core: InCore::NotAsked,
        rule: "A body marked `?encoding=gzip` is inflated; what is marked so and is not gzip is 400, another encoding 415.",
        chapter: LANES,
        run: gzip,
    },
];

/// A body for each route that changes something, in the order that a visit has.
fn writes(backend: &Backend) -> Vec<(&'static str, Value)> {
    let mut writes = vec![("update", change("docs", now())), ("log-event", click(2))];
    if backend.is_full() {
        writes.push(("heartbeat", json!({ "heartbeat": { "activity": "active" } })));
        writes.push(("batch", json!({ "events": [click(3)] })));
    }
    writes.push(("end", json!({ "reason": "logout" })));
    writes
}

fn text(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    if visit.token.is_none() && visit.person.bearer.is_some() {
        return Err(Stop::Unjudged("without a write token this lane has nobody's name on it".into()));
    }
    for (route, members) in writes(backend) {
        backend.post(route, &visit.says(members), Lane::Text)?.ok()?;
    }
    Ok(())
}

fn as_json(backend: &Backend) -> Judged {
    let person = backend.person();
    let lane = Lane::Json(person.bearer.as_deref());
    backend
        .post("start", &json!({ "sessionId": new_id(), "userId": person.user_id, "replace": "none" }), lane)?
        .ok()?;
    let visit = Visit::begin_with(backend, person.clone(), json!({}))?;
    for (route, members) in writes(backend) {
        backend.post(route, &visit.says(members), Lane::Json(visit.person.bearer.as_deref()))?.ok()?;
    }
    Ok(())
}

fn other(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    for media_type in ["application/x-www-form-urlencoded", "text/html"] {
        let headers = [("content-type", media_type.to_owned())];
        let body = visit.says(click(1)).to_string();
        let answer = backend.send(&Method::POST, "log-event", &headers, body.as_bytes())?;
        answer.problem(415, "unsupported-media-type")?;
    }
    Ok(())
}

fn token_of(visit: &Visit<'_>) -> Result<String, Stop> {
    visit.token.clone().ok_or(Stop::Unjudged("its starts hand out no write tokens".into()))
}

fn token_is_enough(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let token = token_of(&visit)?;
    // Whoever is logged in may name nobody else.
    let beside = if backend.login == Login::Bearer { Value::Null } else { json!("somebody-else") };
    for user_id in [Value::Null, beside] {
        let mut body = json!({ "sessionId": visit.session, "token": token, "userId": user_id });
        crate::backend::merge(&mut body, click(1));
        backend.post("log-event", &body, Lane::Text)?.ok()?;
    }
    if backend.is_full() {
        let stored = visit.stored()?.len();
        expect(stored == 2, || format!("{stored} of 2 events are stored in the token's session"))?;
    }
    Ok(())
}

fn token_of_another_session(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let other = Visit::begin_with(backend, visit.person.clone(), json!({}))?;
    let token = token_of(&other)?;
    visit.post("log-event", with(click(1), "token", json!(token)))?.problem(403, "forbidden")?;
    Ok(())
}

fn token_forged(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let token = token_of(&visit)?;
    let end = if token.ends_with('A') { "B" } else { "A" };
    let mut altered: Vec<char> = token.chars().collect();
    // Not the last character: in Base64 it may have bits that say nothing.
    let at = altered.len().saturating_sub(3);
    altered[at] = if altered[at] == 'A' { 'B' } else { 'A' };
    for token in [altered.into_iter().collect(), format!("{token}{end}{end}"), "x".into(), "..".into()] {
        visit.post("log-event", with(click(1), "token", json!(token)))?.problem(401, "token-invalid")?;
    }
    Ok(())
}

fn token_never_reads(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let bearer = [("authorization", format!("Bearer {}", token_of(&visit)?))];
    for path in ["stats".to_owned(), format!("{}/events", visit.session), "active".into()] {
        let answer = backend.send(&Method::GET, &path, &bearer, b"")?;
        expect(answer.status >= 400, || format!("{} was answered with {}", answer.asked, answer.status))?;
    }
    Ok(())
}

fn gzip(backend: &Backend) -> Judged {
    if backend.terms["limits"]["gzip"] != true {
        return Err(Stop::Unjudged("limits.gzip is not announced".into()));
    }
    let visit = Visit::begin(backend)?;
    let body = visit.says(json!({ "events": [click(1)] })).to_string();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let zipped = encoder.write_all(body.as_bytes()).and_then(|()| encoder.finish());
    let zipped = zipped.map_err(|error| Stop::Unjudged(error.to_string()))?;
    let answer = backend.post_bytes("batch?encoding=gzip", &zipped, Lane::Text)?;
    expect(answer.ok()?["accepted"] == json!([0]), || format!("the reply is {}", answer.json))?;
    backend.post_bytes("batch?encoding=gzip", body.as_bytes(), Lane::Text)?.problem(400, "invalid-json")?;
    backend.post_bytes("batch?encoding=br", body.as_bytes(), Lane::Text)?.problem(415, "unsupported-media-type")?;
    Ok(())
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}
