//! Wrong clocks: times that are ages, and ids that cannot be stored as given.

use super::chapter::TIMES;
use crate::backend::Backend;
use crate::case::{Case, InCore, Judged, expect};
use crate::clock::{self, DAY, id_at, new_id, text};
use crate::visit::{Visit, click};
use serde_json::{Value, json};
use uuid::Uuid;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "time-of-the-start-is-an-age",
        core: InCore::NotAsked,
        rule: "`startedAt` is stored as received − (sentAt − startedAt), whatever the device's clock says.",
        chapter: TIMES,
        run: start_is_an_age,
    },
    Case {
        name: "time-of-the-start-unbelieved",
        core: InCore::NotAsked,
        rule: "An age below zero or above 7 days counts as none.",
        chapter: TIMES,
        run: start_unbelieved,
    },
    Case {
        name: "time-of-the-end-is-an-age",
        core: InCore::NotAsked,
        rule: "`endedAt` is stored as an age too, not before the start; the duration is in whole seconds, rounded down.",
        chapter: TIMES,
        run: end_is_an_age,
    },
    Case {
        name: "time-of-an-event",
        core: InCore::NotAsked,
        rule: "`occurredAt` stands while the device's clock is within 150 s of the server's, and is corrected by age beyond that.",
        chapter: TIMES,
        run: of_an_event,
    },
    Case {
        name: "id-mapped",
        core: InCore::NotAsked,
        rule: "An id whose time is more than 7 days before or 1 day after receipt, or that has none, is mapped, and the reply names both.",
        chapter: TIMES,
        run: mapped,
    },
    Case {
        name: "id-kept",
        core: InCore::NotAsked,
        rule: "An id whose time is within 7 days before and 1 day after receipt is stored as given.",
        chapter: TIMES,
        run: kept,
    },
    Case {
        name: "id-of-an-event-mapped",
        core: InCore::NotAsked,
        rule: "An event's id is mapped likewise, and a retry finds the same row.",
        chapter: TIMES,
        run: event_mapped,
    },
];

/// A clock that is years behind.
const LATE: i64 = 7 * 365 * DAY;

fn start_is_an_age(backend: &Backend) -> Judged {
    for lag in [0, LATE] {
        let sent = clock::now() - lag;
        let members = json!({ "sentAt": text(sent), "startedAt": text(sent - 10_000) });
        let reply = Visit::begin_with(backend, backend.person(), members)?.reply;
        let age = clock::read(&reply, "serverTime")? - clock::read(&reply, "startedAt")?;
        expect(age == 10_000, || format!("a session that was 10 s old when its start was sent is {age} ms old"))?;
    }
    Ok(())
}

fn start_unbelieved(backend: &Backend) -> Judged {
    let sent = clock::now();
    for age in [-5_000, 7 * DAY + 1_000] {
        let members = json!({ "sentAt": text(sent), "startedAt": text(sent - age) });
        let reply = Visit::begin_with(backend, backend.person(), members)?.reply;
        expect(reply["startedAt"] == reply["serverTime"], || {
            format!(
                "received at {}, a start with an age of {age} ms began at {}",
                reply["serverTime"], reply["startedAt"]
            )
        })?;
    }
    Ok(())
}

fn end_is_an_age(backend: &Backend) -> Judged {
    let sent = clock::now();
    let members = json!({ "sentAt": text(sent), "startedAt": text(sent - 60_000) });
    let visit = Visit::begin_with(backend, backend.person(), members)?;
    let behind = sent - LATE;
    let end = json!({ "reason": "logout", "sentAt": text(behind), "endedAt": text(behind - 5_500) });
    let reply = visit.ok("end", end)?;
    let age = clock::read(&reply, "serverTime")? - clock::read(&reply, "endedAt")?;
    expect(age == 5_500, || format!("an end 5,500 ms before its request was sent is {age} ms old"))?;
    let lasted = (clock::read(&reply, "endedAt")? - clock::read(&visit.reply, "startedAt")?).div_euclid(1_000);
    expect(reply["totalDurationSeconds"] == lasted, || {
        format!("totalDurationSeconds is {}, and should be {lasted}", reply["totalDurationSeconds"])
    })?;
    let visit = Visit::begin(backend)?;
    let reply =
        visit.ok("end", json!({ "reason": "logout", "sentAt": text(sent), "endedAt": text(sent - 3_600_000) }))?;
    expect(reply["endedAt"] == visit.reply["startedAt"] && reply["totalDurationSeconds"] == 0, || {
        format!("an end that is told to be before the start is {}", reply["endedAt"])
    })
}

fn of_an_event(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    for (lag, is_believed) in [(60_000, true), (600_000, false)] {
        let sent = clock::now() - lag;
        let mut event = click(1);
        event["occurredAt"] = json!(text(sent));
        let reply = visit.ok("log-event", with(event.clone(), "sentAt", json!(text(sent))))?;
        let stored =
            visit.stored()?.into_iter().find(|stored| stored["eventId"] == event["eventId"]).unwrap_or_default();
        let at = clock::read(&stored, "occurredAt")?;
        let expected = if is_believed { sent } else { clock::read(&reply, "serverTime")? };
        expect(at == expected, || {
            format!("by a clock that is {} s behind, an event at {} is stored as {}", lag / 1_000, text(sent), text(at))
        })?;
    }
    Ok(())
}

fn mapped(backend: &Backend) -> Judged {
    let now = clock::now();
    for given in [id_at(now - 7 * DAY - 60_000), id_at(now + DAY + 60_000), Uuid::new_v4().to_string()] {
        let visit = Visit::begin_with(backend, backend.person(), json!({ "sessionId": given }))?;
        let pair = json!([{ "given": given, "stored": visit.session }]);
        expect(visit.session != given && visit.reply["mapped"] == pair, || {
            format!("of {given}, the reply is {}", visit.reply)
        })?;
        let again = visit.start_again(json!({ "sessionId": given }))?.ok()?.clone();
        expect(again["sessionId"] == visit.session.as_str(), || format!("a retry makes it {}", again["sessionId"]))?;
        for name in [&given, &visit.session] {
            let reply = visit.ok("heartbeat", json!({ "sessionId": name }))?;
            expect(reply["sessionId"] == visit.session.as_str(), || {
                format!("named as {name} it is {}", reply["sessionId"])
            })?;
        }
        backend.get(&format!("{given}/events"), &visit.person)?.ok_as(200)?;
    }
    Ok(())
}

fn kept(backend: &Backend) -> Judged {
    let now = clock::now();
    for given in [id_at(now - 7 * DAY + 600_000), id_at(now + DAY - 600_000), new_id()] {
        let visit = Visit::begin_with(backend, backend.person(), json!({ "sessionId": given }))?;
        expect(visit.session == given, || format!("{given} is stored as {}", visit.session))?;
        expect(visit.reply.get("mapped").is_none(), || format!("mapped is {}", visit.reply["mapped"]))?;
    }
    Ok(())
}

fn event_mapped(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let old = with(click(1), "eventId", json!(id_at(clock::now() - LATE)));
    let first = visit.ok("batch", json!({ "events": [old.clone()] }))?;
    let stored = first["mapped"][0]["stored"].clone();
    expect(first["mapped"][0]["given"] == old["eventId"] && stored.is_string(), || format!("the reply is {first}"))?;
    let again = visit.ok("batch", json!({ "events": [old] }))?;
    expect(again["duplicates"] == json!([0]), || format!("sent again, the reply is {again}"))?;
    let events = visit.stored()?;
    expect(events.len() == 1 && events[0]["eventId"] == stored, || format!("what is stored is {events:?}"))
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}
