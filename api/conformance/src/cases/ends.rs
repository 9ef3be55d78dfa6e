//! Ends: provisional ones that are taken back, final ones that stand, and what still comes after them.

use super::chapter::{REPEATED, WINS};
use crate::backend::Backend;
use crate::case::{Case, InCore, Judged, expect};
use crate::clock::now;
use crate::visit::{Visit, change, click};
use serde_json::{Value, json};

pub(super) const CASES: &[Case] = &[
    Case {
        name: "end-repeated",
        core: InCore::Owed,
        rule: "A second end is 200 with the first one's times.",
        chapter: REPEATED,
        run: repeated,
    },
    Case {
        name: "end-is-told",
        core: InCore::NotAsked,
        rule: "The reply to an end has status `ended`, `endReason`, `endedAt` and `totalDurationSeconds`; the session goes on in no list.",
        chapter: WINS,
        run: is_told,
    },
    Case {
        name: "end-final-410",
        core: InCore::Owed,
        rule: "A start, heartbeat or update that is no section change is 410 `session-ended` on a finally ended session, and names the `endReason`.",
        chapter: WINS,
        run: final_is_410,
    },
    Case {
        name: "end-provisional-start-revives",
        core: InCore::Owed,
        rule: "`app_close` is taken back by a start of a higher epoch within the resume window.",
        chapter: WINS,
        run: start_revives,
    },
    Case {
        name: "end-provisional-contact-revives",
        core: InCore::Owed,
        rule: "`app_close` is taken back by an update (full profile: or heartbeat) of a higher epoch, or one without an epoch.",
        chapter: WINS,
        run: contact_revives,
    },
    Case {
        name: "end-provisional-old-contact",
        core: InCore::NotAsked,
        rule: "A contact of the same epoch as the `app_close` was sent before it, and revives nothing.",
        chapter: WINS,
        run: old_contact,
    },
    Case {
        name: "end-provisional-overtaken",
        core: InCore::NotAsked,
        rule: "`app_close` is applied only if no contact with a higher epoch is stored.",
        chapter: WINS,
        run: overtaken,
    },
    Case {
        name: "end-events-revive-nothing",
        core: InCore::NotAsked,
        rule: "Events are not contacts: they are stored after an `app_close`, and revive nothing.",
        chapter: WINS,
        run: events_revive_nothing,
    },
    Case {
        name: "end-takes-the-place",
        core: InCore::NotAsked,
        rule: "A final end takes the place of a provisional one, and a provisional one never that of a final.",
        chapter: WINS,
        run: takes_the_place,
    },
    Case {
        name: "event-after-the-end",
        core: InCore::Owed,
        rule: "Events with a new id are stored after a final end, an `update` that is a section change too, and change neither the state nor the end.",
        chapter: WINS,
        run: event_after_the_end,
    },
    Case {
        name: "goodbye-repeated",
        core: InCore::NotAsked,
        rule: "A start or batch with events on a finally ended session is 200 with status `ended`, and says what became of them.",
        chapter: WINS,
        run: goodbye_repeated,
    },
];

fn repeated(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let first = visit.post("end", json!({ "reason": "logout" }))?.ok()?.clone();
    let second = visit.post("end", json!({ "reason": "manual" }))?;
    second.ok_as(200)?;
    for name in ["endedAt", "totalDurationSeconds", "endReason"] {
        expect(first[name] == second.json[name], || {
            format!("{name} was {} first, and then {}", first[name], second.json[name])
        })?;
    }
    Ok(())
}

fn is_told(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let reply = visit.ok("end", json!({ "reason": "manual" }))?;
    let is_ended =
        reply["status"] == "ended" && reply["endReason"] == "manual" && reply["totalDurationSeconds"].is_u64();
    expect(is_ended, || format!("the reply is {reply}"))?;
    crate::clock::read(&reply, "endedAt")?;
    expect(visit.listed()?.is_none(), || "the session is still in the list of those that go on".into())
}

fn final_is_410(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    visit.ok("end", json!({ "reason": "logout" }))?;
    let mut answers = vec![
        visit.post("update", json!({ "epoch": 2, "section": "docs" }))?,
        visit.start_again(json!({ "epoch": 2 }))?,
    ];
    if backend.is_full() {
        answers.push(visit.post("heartbeat", json!({ "epoch": 2, "heartbeat": { "activity": "active" } }))?);
    }
    for answer in answers {
        let problem = answer.problem(410, "session-ended")?;
        expect(problem["endReason"] == "logout", || format!("endReason is {}", problem["endReason"]))?;
    }
    Ok(())
}

fn start_revives(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    visit.ok("end", json!({ "reason": "app_close" }))?;
    let reply = visit.start_again(json!({ "epoch": 2 }))?.ok()?.clone();
    expect(reply["sessionId"] == visit.session.as_str(), || format!("it came back as {}", reply["sessionId"]))?;
    goes_on(backend, &visit, &reply)
}

fn contact_revives(backend: &Backend) -> Judged {
    let routes: &[&str] = if backend.is_full() { &["update", "heartbeat"] } else { &["update"] };
    for route in routes {
        for epoch in [json!(2), Value::Null] {
            let visit = Visit::begin(backend)?;
            visit.ok("end", json!({ "reason": "app_close" }))?;
            let reply = visit.ok(route, json!({ "epoch": epoch }))?;
            goes_on(backend, &visit, &reply)?;
        }
    }
    Ok(())
}

/// A session that goes on is one in which an update is welcome and, in the full profile, that its reply calls active.
fn goes_on(backend: &Backend, visit: &Visit<'_>, reply: &Value) -> Judged {
    expect(!backend.is_full() || reply["status"] == "active", || format!("the reply is {reply}"))?;
    visit.ok("update", json!({ "epoch": 2, "section": "home" }))?;
    Ok(())
}

fn old_contact(backend: &Backend) -> Judged {
    let visit = Visit::begin_a_minute_ago(backend)?;
    visit.ok("end", json!({ "reason": "app_close" }))?;
    let totals = json!({ "activity": "active", "activityCount": 3, "activeSeconds": 9 });
    let reply = visit.ok("heartbeat", json!({ "heartbeat": totals }))?;
    expect(reply["status"] == "ended" && reply["activeSeconds"] == 9, || format!("the reply is {reply}"))
}

fn overtaken(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    visit.start_again(json!({ "epoch": 2 }))?.ok()?;
    let reply = visit.ok("end", json!({ "reason": "app_close" }))?;
    expect(reply["status"] == "active", || {
        format!("a goodbye of epoch 1, after a start of epoch 2, made it {}", reply["status"])
    })
}

fn events_revive_nothing(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    visit.ok("end", json!({ "reason": "app_close" }))?;
    let reply = visit.ok("batch", json!({ "epoch": 9, "events": [click(1)] }))?;
    expect(reply["accepted"] == json!([0]) && reply["status"] == "ended", || format!("the reply is {reply}"))?;
    let mut event = click(2);
    event["epoch"] = json!(9);
    let reply = visit.ok("log-event", event)?;
    expect(reply["status"] == "ended", || format!("after an event, status is {}", reply["status"]))
}

fn takes_the_place(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    for (reason, stands) in
        [("app_close", "app_close"), ("logout", "logout"), ("app_close", "logout"), ("manual", "logout")]
    {
        let reply = visit.ok("end", json!({ "reason": reason }))?;
        expect(reply["endReason"] == stands, || {
            format!("after an end as {reason}, endReason is {}", reply["endReason"])
        })?;
    }
    Ok(())
}

fn event_after_the_end(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let ended = visit.ok("end", json!({ "reason": "logout" }))?;
    visit.ok("log-event", click(1))?;
    visit.ok("update", change("docs", now() + 1_000))?;
    if backend.is_full() {
        let reply =
            visit.ok("batch", json!({ "epoch": 9, "events": [click(2)], "heartbeat": { "activity": "active" } }))?;
        expect(reply["status"] == "ended", || {
            format!("after events and a beat in one batch, status is {}", reply["status"])
        })?;
        let stored = visit.stored()?.len();
        expect(stored == 3, || format!("{stored} of 3 events are stored"))?;
    }
    let after = visit.ok("end", json!({ "reason": "logout" }))?;
    expect(after["endedAt"] == ended["endedAt"], || {
        format!("endedAt was {} and became {}", ended["endedAt"], after["endedAt"])
    })
}

fn goodbye_repeated(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let event = click(1);
    let goodbye =
        |reason| json!({ "events": [event], "heartbeat": { "activity": "active" }, "end": { "reason": reason } });
    visit.ok("batch", goodbye("logout"))?;
    for answer in [visit.post("batch", goodbye("manual"))?, visit.start_again(goodbye("manual"))?] {
        let again = answer.ok_as(200)?;
        let is_told = again["status"] == "ended" && again["endReason"] == "logout" && again["duplicates"] == json!([0]);
        expect(is_told, || format!("{}, with the same event again, is answered with {again}", answer.asked))?;
    }
    Ok(())
}
