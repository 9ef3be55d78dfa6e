//! Whatever a client does wrong is answered with a problem, and never with a 500.

use super::chapter::REPLIES;
use crate::backend::{Backend, Lane};
use crate::case::{Case, InCore, Judged, Stop, expect};
use crate::visit::{Visit, click};
use serde_json::{Value, json};
use ureq::http::Method;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "problem-invalid-json",
        core: InCore::Owed,
        rule: "A body that is no JSON is 400 `invalid-json`.",
        chapter: REPLIES,
        run: invalid_json,
    },
    Case {
        name: "problem-wrong-type",
        core: InCore::Owed,
        rule: "A known member of the wrong type is 422 `invalid-request`; a full backend names it in `errors`.",
        chapter: REPLIES,
        run: wrong_type,
    },
    Case {
        name: "problem-never-a-500",
        core: InCore::Owed,
        rule: "No body makes a route fail: each is answered with a problem of 4xx.",
        chapter: REPLIES,
        run: never_a_500,
    },
    Case {
        name: "unknown-members-ignored",
        core: InCore::Owed,
        rule: "Unknown members are ignored, and `null` is as good as absent.",
        chapter: "The session API",
        run: unknown_ignored,
    },
    Case {
        name: "problem-no-such-route",
        core: InCore::Owed,
        rule: "An address that is none of the API's is 404 `not-found`, which is not `session-not-found`.",
        chapter: REPLIES,
        run: no_such_route,
    },
    Case {
        name: "problem-wrong-method",
        core: InCore::NotAsked,
        rule: "A method that the route does not take is 405 `method-not-allowed`, with `Allow`.",
        chapter: REPLIES,
        run: wrong_method,
    },
    Case {
        name: "problem-has-the-requests-id",
        core: InCore::NotAsked,
        rule: "A problem's `instance` is the request's id.",
        chapter: REPLIES,
        run: has_the_requests_id,
    },
    Case {
        name: "retry-after-forms",
        core: InCore::Owed,
        rule: "With 429 and 503, `Retry-After` says when to come back: in seconds or as a date.",
        chapter: REPLIES,
        run: retry_after,
    },
];

fn routes(backend: &Backend) -> &'static [&'static str] {
    if backend.is_full() {
        &["start", "update", "log-event", "end", "batch", "heartbeat"]
    } else {
        &["start", "update", "log-event", "end"]
    }
}

fn invalid_json(backend: &Backend) -> Judged {
    for route in routes(backend) {
        for lane in [Lane::Text, Lane::Json(backend.settings.token.as_deref())] {
            for body in [&b"{"[..], b"", b"{\"a\":1,}", b"\xff\xfe"] {
                backend.post_bytes(route, body, lane)?.problem(400, "invalid-json")?;
            }
        }
    }
    Ok(())
}

fn wrong_type(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let mut wrong = vec![
        ("log-event", json!({ "sessionId": 7, "eventType": "click" }), "/sessionId"),
        ("log-event", json!({ "eventType": true }), "/eventType"),
        ("log-event", json!({}), "/eventType"),
        ("update", json!({ "section": 7 }), "/section"),
        ("end", json!({ "reason": "bored" }), "/reason"),
    ];
    if backend.is_full() {
        wrong.push(("batch", json!({ "events": "none" }), "/events"));
        wrong.push(("batch", json!({ "sentAt": "noon" }), "/sentAt"));
        wrong.push(("heartbeat", json!({ "heartbeat": { "activeSeconds": "7" } }), "/heartbeat/activeSeconds"));
        wrong.push(("update", json!({ "metadata": [] }), "/metadata"));
    }
    for (route, members, pointer) in wrong {
        let answer = visit.post(route, members)?;
        let problem = answer.problem(422, "invalid-request")?;
        let named = &problem["errors"][0]["pointer"];
        expect(!backend.is_full() || named == pointer, || {
            format!("{route}: {pointer} is wrong, and errors name {named}")
        })?;
    }
    Ok(())
}

fn never_a_500(backend: &Backend) -> Judged {
    let deep = "[".repeat(60_000);
    let bodies: [&[u8]; 10] = [
        b"null",
        b"[]",
        b"7",
        b"\"text\"",
        b"{\"sessionId\":{}}",
        br#"{"sessionId":[],"events":{},"start":[]}"#,
        br#"{"userId":7,"sessionId":"\udc00","section":"\u0000"}"#,
        br#"{"sessionId":7,"epoch":1e999}"#,
        br#"{"sessionId":"' OR 1=1 --"}"#,
        deep.as_bytes(),
    ];
    for route in routes(backend) {
        for body in bodies {
            let answer = backend.post_bytes(route, body, Lane::Json(backend.settings.token.as_deref()))?;
            answer.any_problem().map_err(|_| {
                answer.unexpected(&format!(
                    "a problem of 4xx, for {}",
                    String::from_utf8_lossy(&body[..body.len().min(60)])
                ))
            })?;
        }
    }
    Ok(())
}

fn unknown_ignored(backend: &Backend) -> Judged {
    let visit = Visit::begin_with(backend, backend.person(), json!({ "colour": "blue", "previousId": null }))?;
    visit.ok("update", json!({ "colour": "blue", "section": null, "metadata": null, "occurredAt": null }))?;
    let mut event = click(1);
    event["colour"] = json!({ "of": "the button" });
    event["section"] = Value::Null;
    event["eventData"] = Value::Null;
    visit.ok("log-event", event)?;
    visit.ok("end", json!({ "colour": "blue", "reason": "logout", "endedAt": null }))?;
    Ok(())
}

fn no_such_route(backend: &Backend) -> Judged {
    let person = backend.person();
    for path in ["nothing-of-this-name", "start/twice"] {
        backend.get(path, &person)?.problem(404, "not-found")?;
    }
    Ok(())
}

fn wrong_method(backend: &Backend) -> Judged {
    for route in routes(backend) {
        let answer = backend.get(route, &backend.person())?;
        answer.problem(405, "method-not-allowed")?;
        let allow = answer.header("allow").unwrap_or_default();
        expect(allow.contains("POST"), || format!("{route}: Allow is \"{allow}\""))?;
    }
    let answer = backend.send(&Method::DELETE, "stats", &[], b"")?;
    answer.problem(405, "method-not-allowed")?;
    Ok(())
}

fn has_the_requests_id(backend: &Backend) -> Judged {
    let answer = backend.post_bytes("log-event", b"{", Lane::Text)?;
    let problem = answer.any_problem()?;
    let id = answer.header("x-request-id").unwrap_or_default();
    expect(problem["instance"] == id && !id.is_empty(), || {
        format!("instance is {}, and X-Request-Id is \"{id}\"", problem["instance"])
    })
}

/// Whatever the other cases were told to wait.
fn retry_after(backend: &Backend) -> Judged {
    let waits = backend.waits.borrow();
    if waits.is_empty() {
        return Err(Stop::Unjudged("it never asked to come back".into()));
    }
    let is_date = |text: &str| text.len() == 29 && text.ends_with(" GMT");
    for wait in waits.iter() {
        let is_told = wait.as_deref().is_some_and(|text| text.parse::<u32>().is_ok() || is_date(text));
        expect(is_told, || format!("Retry-After is {wait:?}"))?;
    }
    Ok(())
}
