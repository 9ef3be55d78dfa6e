//! Whose a session is: what others may do with it, which is nothing.

use super::chapter::{REPLIES, WHO};
use crate::backend::{Backend, Lane, Login, merge};
use crate::case::{Case, InCore, Judged, Stop, expect};
use crate::clock::{new_id, now};
use crate::visit::{Visit, change, click};
use serde_json::{Value, json};
use ureq::http::Method;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "unknown-session-404",
        core: InCore::Owed,
        rule: "A write to a session that does not exist is 404 `session-not-found`, upon which the tracker starts it once more.",
        chapter: REPLIES,
        run: unknown_session,
    },
    Case {
        name: "foreign-session-404",
        core: InCore::Owed,
        rule: "Changing or ending another's session is 404 `session-not-found`, the same as one that does not exist.",
        chapter: WHO,
        run: foreign_session,
    },
    Case {
        name: "foreign-session-unread",
        core: InCore::NotAsked,
        rule: "Reading another's session is 404 `session-not-found`, and it is in no list of theirs.",
        chapter: WHO,
        run: foreign_reading,
    },
    Case {
        name: "foreign-user-id-403",
        core: InCore::Owed,
        rule: "Where there is a login, a `userId` in the query that is not the caller's is 403 `forbidden`.",
        chapter: WHO,
        run: foreign_user_id,
    },
    Case {
        name: "start-belongs-to-its-caller",
        core: InCore::NotAsked,
        rule: "A start's reply names its subject: in a server without login the `userId` it was given, else `anon:` and the device's id.",
        chapter: WHO,
        run: belongs_to_its_caller,
    },
    Case {
        name: "bearer-wrong-401",
        core: InCore::Owed,
        rule: "Where there is a login, a bearer that is no token of anybody's is 401.",
        chapter: WHO,
        run: wrong_bearer,
    },
    Case {
        name: "bearer-none-401",
        core: InCore::Owed,
        rule: "Where a login is required, no bearer is 401 `token-missing`; where it is optional, a start makes a visitor.",
        chapter: WHO,
        run: no_bearer,
    },
    Case {
        name: "visitor-comes-back",
        core: InCore::NotAsked,
        rule: "A visitor without a name gets `anon:` and a `visitorToken`, and is the same one who comes back with it.",
        chapter: WHO,
        run: visitor_comes_back,
    },
];

fn writes(backend: &Backend) -> Vec<(&'static str, Value)> {
    let mut writes =
        vec![("update", change("docs", now())), ("log-event", click(2)), ("end", json!({ "reason": "logout" }))];
    if backend.is_full() {
        writes.push(("heartbeat", json!({})));
        writes.push(("batch", json!({ "events": [click(3)] })));
    }
    writes
}

fn unknown_session(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let nowhere = named(backend, &visit, &new_id());
    for (route, members) in writes(backend) {
        let mut body = nowhere.clone();
        merge(&mut body, members);
        backend.post(route, &body, Lane::Json(visit.person.bearer.as_deref()))?.problem(404, "session-not-found")?;
    }
    Ok(())
}

/// A body that names a session by its id alone, without a write token.
fn named(backend: &Backend, visit: &Visit<'_>, session: &str) -> Value {
    let user_id = (backend.login == Login::Claimed).then(|| visit.person.user_id.clone());
    json!({ "sessionId": session, "userId": user_id.flatten() })
}

fn foreign_session(backend: &Backend) -> Judged {
    let mine = Visit::begin(backend)?;
    let other = Visit::begin_with(backend, backend.somebody_else()?, json!({}))?;
    let body = named(backend, &other, &mine.session);
    for (route, members) in writes(backend) {
        let mut body = body.clone();
        merge(&mut body, members);
        backend.post(route, &body, Lane::Json(other.person.bearer.as_deref()))?.problem(404, "session-not-found")?;
    }
    mine.ok("update", json!({ "section": "home" }))?;
    Ok(())
}

fn foreign_reading(backend: &Backend) -> Judged {
    let mine = Visit::begin(backend)?;
    let other = Visit::begin_with(backend, backend.somebody_else()?, json!({}))?;
    backend.get(&format!("{}/events", mine.session), &other.person)?.problem(404, "session-not-found")?;
    let list = backend.get("active", &other.person)?;
    expect(!list.ok()?.to_string().contains(&mine.session), || "another's session is listed as active".into())
}

fn foreign_user_id(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let Some(bearer) = &visit.person.bearer else {
        return Err(Stop::Unjudged("without a login the query names the caller".into()));
    };
    let headers = [("authorization", format!("Bearer {bearer}"))];
    backend.send(&Method::GET, "stats?userId=somebody-else", &headers, b"")?.problem(403, "forbidden")?;
    Ok(())
}

fn belongs_to_its_caller(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let named = visit.reply["userId"].as_str().unwrap_or_default();
    if backend.login != Login::Claimed {
        return expect(!named.is_empty(), || "the reply to a start has no userId".into());
    }
    expect(visit.person.user_id.as_deref() == Some(named), || format!("userId is \"{named}\""))?;
    let device = new_id();
    for _ in 0..2 {
        let reply = backend.start(&visit.person, json!({ "userId": null, "deviceId": device }))?.ok()?.clone();
        expect(reply["userId"] == format!("anon:{device}"), || {
            format!("without a userId, the start of the device {device} is for {}", reply["userId"])
        })?;
    }
    Ok(())
}

fn wrong_bearer(backend: &Backend) -> Judged {
    if backend.login == Login::Claimed {
        return Err(Stop::Unjudged("there is no login".into()));
    }
    let answer = backend.post("start", &json!({ "sessionId": new_id() }), Lane::Json(Some("not.a.token")))?;
    let problem = answer.any_problem()?;
    expect(answer.status == 401, || format!("{problem}"))
}

fn no_bearer(backend: &Backend) -> Judged {
    if backend.login == Login::Claimed {
        return Err(Stop::Unjudged("there is no login".into()));
    }
    let answer = backend.post("start", &json!({ "sessionId": new_id() }), Lane::Text)?;
    if answer.status == 401 {
        answer.problem(401, "token-missing")?;
        return Ok(());
    }
    let reply = answer.ok()?;
    let is_visitor = reply["userId"].as_str().is_some_and(|user_id| user_id.starts_with("anon:"));
    expect(is_visitor, || format!("without a bearer, a start is for {}", reply["userId"]))
}

fn visitor_comes_back(backend: &Backend) -> Judged {
    if backend.login != Login::Visitor {
        return Err(Stop::Unjudged("its starts make no visitors".into()));
    }
    let visit = Visit::begin(backend)?;
    let user_id = &visit.reply["userId"];
    expect(user_id.as_str().is_some_and(|user_id| user_id.starts_with("anon:")), || format!("userId is {user_id}"))?;
    let next = Visit::begin_with(backend, visit.person.clone(), json!({}))?;
    expect(&next.reply["userId"] == user_id, || format!("{user_id} came back as {}", next.reply["userId"]))
}
