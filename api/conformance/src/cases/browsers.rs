//! What a page of another origin needs: a preflight for the JSON lane, none for beacons, and answers it may read.

use super::chapter::LANES;
use crate::backend::Backend;
use crate::case::{Case, InCore, Judged, Stop, expect};
use crate::clock::new_id;
use crate::visit::{Visit, click};
use serde_json::json;
use ureq::http::Method;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "cors-preflight",
        core: InCore::Owed,
        rule: "The JSON lane's preflight allows the page's origin, POST, `authorization` and `content-type`; that of a read allows `authorization`.",
        chapter: LANES,
        run: preflight,
    },
    Case {
        name: "cors-beacon",
        core: InCore::Owed,
        rule: "A `text/plain` write needs no preflight, and an allowed page may read its answer, a problem too.",
        chapter: LANES,
        run: beacon,
    },
    Case {
        name: "cors-exposes-retry-after",
        core: InCore::NotAsked,
        rule: "An allowed page may read `Retry-After`.",
        chapter: LANES,
        run: exposes_retry_after,
    },
];

fn origin(backend: &Backend) -> Result<String, Stop> {
    backend.settings.origin.clone().ok_or(Stop::Unjudged("needs an origin that the backend allows: --origin".into()))
}

fn preflight(backend: &Backend) -> Judged {
    let origin = origin(backend)?;
    for (method, route, wanted) in [
        ("POST", "start", "authorization,content-type"),
        ("GET", "stats", "authorization"),
        ("POST", "log-event", "content-type"),
    ] {
        let headers = [
            ("origin", origin.clone()),
            ("access-control-request-method", method.to_owned()),
            ("access-control-request-headers", wanted.to_owned()),
        ];
        let answer = backend.send(&Method::OPTIONS, route, &headers, b"")?;
        let list = |name| answer.header(name).unwrap_or_default().to_lowercase();
        let (allowed, methods, from) = (
            list("access-control-allow-headers"),
            list("access-control-allow-methods"),
            list("access-control-allow-origin"),
        );
        expect((200..300).contains(&answer.status), || {
            format!("{} was answered with {}", answer.asked, answer.status)
        })?;
        expect(from == "*" || from == origin.to_lowercase(), || format!("access-control-allow-origin is \"{from}\""))?;
        // A wildcard does not cover `authorization`, and GET and POST need not be named.
        let is_allowed =
            |name| allowed.split(',').any(|one| one.trim() == name || (one.trim() == "*" && name != "authorization"));
        for name in wanted.split(',') {
            expect(is_allowed(name), || format!("access-control-allow-headers is \"{allowed}\", without {name}"))?;
        }
        expect(methods.is_empty() || methods.contains(&method.to_lowercase()) || methods.contains('*'), || {
            format!("access-control-allow-methods is \"{methods}\"")
        })?;
    }
    Ok(())
}

fn beacon(backend: &Backend) -> Judged {
    let origin = origin(backend)?;
    let visit = Visit::begin(backend)?;
    let headers = [("content-type", "text/plain;charset=UTF-8".to_owned()), ("origin", origin.clone())];
    let write = visit.says(click(1)).to_string();
    let bad = visit.says(json!({ "sessionId": new_id(), "eventType": 7 })).to_string();
    for (body, is_taken) in [(write, true), (bad, false)] {
        let answer = backend.send(&Method::POST, "log-event", &headers, body.as_bytes())?;
        expect(answer.ok().is_ok() == is_taken, || format!("{} was answered with {}", answer.asked, answer.status))?;
        let from = answer.header("access-control-allow-origin").unwrap_or_default();
        expect(from == "*" || from == origin, || {
            format!("the answer of {} has access-control-allow-origin \"{from}\"", answer.status)
        })?;
    }
    Ok(())
}

fn exposes_retry_after(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let headers = [("content-type", "text/plain;charset=UTF-8".to_owned()), ("origin", origin(backend)?)];
    let answer = backend.send(&Method::POST, "log-event", &headers, visit.says(click(1)).to_string().as_bytes())?;
    let exposed = answer.header("access-control-expose-headers").unwrap_or_default().to_lowercase();
    expect(exposed.contains("retry-after") || exposed.contains('*'), || {
        format!("access-control-expose-headers is \"{exposed}\"")
    })
}
