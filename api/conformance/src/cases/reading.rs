//! What a caller may read: their own figures, and their own sessions that go on.

use super::chapter::READING;
use crate::backend::{Backend, Login};
use crate::case::{Case, InCore, Judged, Stop, expect};
use crate::clock::{self, now, text};
use crate::visit::{Visit, change};
use serde_json::{Value, json};
use ureq::http::Method;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "stats-have-their-fields",
        core: InCore::Owed,
        rule: "`stats` has totalSessions, totalSeconds, averageSeconds, sectionCounts, lastSessionStart, activeSessions, userId and daysBack.",
        chapter: READING,
        run: have_their_fields,
    },
    Case {
        name: "stats-of-nobody-yet",
        core: InCore::Owed,
        rule: "The figures of a caller without sessions are zeros, not an error.",
        chapter: READING,
        run: of_nobody_yet,
    },
    Case {
        name: "stats-count",
        core: InCore::Owed,
        rule: "`stats` counts the caller's sessions, the entries of each section, and the sessions that go on.",
        chapter: READING,
        run: count,
    },
    Case {
        name: "stats-sum",
        core: InCore::NotAsked,
        rule: "`totalSeconds` is the length of the sessions in all, `averageSeconds` their mean, rounded down.",
        chapter: READING,
        run: sum,
    },
    Case {
        name: "stats-days-back",
        core: InCore::Owed,
        rule: "`daysBack` is a whole number from 1 to 365, else 422.",
        chapter: READING,
        run: days_back,
    },
    Case {
        name: "active-lists",
        core: InCore::NotAsked,
        rule: "`active` lists the caller's sessions that go on, with their fields; one that has ended is not in it.",
        chapter: READING,
        run: active_lists,
    },
    Case {
        name: "reads-need-a-caller",
        core: InCore::Owed,
        rule: "Without anybody who asks nothing is read.",
        chapter: READING,
        run: need_a_caller,
    },
];

fn have_their_fields(backend: &Backend) -> Judged {
    let stats = Visit::begin(backend)?.stats()?;
    for name in ["totalSessions", "totalSeconds", "averageSeconds", "activeSessions", "daysBack"] {
        expect(stats[name].is_u64(), || format!("{name} is {}, and a whole number was expected", stats[name]))?;
    }
    expect(stats["daysBack"] == 30, || format!("daysBack is {}, and 30 was asked for", stats["daysBack"]))?;
    expect(stats["userId"].is_string(), || format!("userId is {}", stats["userId"]))?;
    expect(stats["sectionCounts"].is_object(), || format!("sectionCounts is {}", stats["sectionCounts"]))?;
    clock::read(&stats, "lastSessionStart")?;
    Ok(())
}

fn of_nobody_yet(backend: &Backend) -> Judged {
    if backend.login != Login::Claimed {
        return Err(Stop::Unjudged("only where callers name themselves is there somebody without sessions".into()));
    }
    let stats = backend.get("stats", &backend.person())?.ok_as(200)?.clone();
    let zeros =
        ["totalSessions", "totalSeconds", "averageSeconds", "activeSessions"].iter().all(|name| stats[name] == 0);
    let empty = stats["sectionCounts"] == json!({}) && stats["lastSessionStart"].is_null();
    expect(zeros && empty, || format!("the figures are {stats}"))
}

fn count(backend: &Backend) -> Judged {
    let first = Visit::begin(backend)?;
    let before = first.stats()?;
    let section = format!("section-{}", first.tab);
    let second = Visit::begin_with(backend, first.person.clone(), json!({ "section": section }))?;
    second.ok("update", change("between", now() + 1_000))?;
    second.ok("update", change(&section, now() + 2_000))?;
    first.ok("end", json!({ "reason": "logout" }))?;
    let after = second.stats()?;
    let grew = |name: &str| after[name].as_i64().unwrap_or_default() - before[name].as_i64().unwrap_or_default();
    expect(grew("totalSessions") == 1, || format!("one more start made totalSessions {}", after["totalSessions"]))?;
    expect(grew("activeSessions") == 0, || {
        format!("one start and one end made activeSessions {}", after["activeSessions"])
    })?;
    let entered = &after["sectionCounts"][&section];
    expect(*entered == 2, || format!("a section that was entered by a start and by a change counts {entered}"))
}

fn sum(backend: &Backend) -> Judged {
    let person = backend.person();
    let before = Visit::begin_with(backend, person.clone(), json!({}))?;
    before.ok("end", json!({ "reason": "logout", "sentAt": text(now()), "endedAt": text(now() - 1_000) }))?;
    let stats = before.stats()?;
    let sent = now();
    let members = json!({ "sentAt": text(sent), "startedAt": text(sent - 100_000) });
    let visit = Visit::begin_with(backend, before.person.clone(), members)?;
    visit.ok("end", json!({ "reason": "logout" }))?;
    let after = visit.stats()?;
    let number = |stats: &Value, name: &str| stats[name].as_i64().unwrap_or_default();
    let grew = number(&after, "totalSeconds") - number(&stats, "totalSeconds");
    expect((100..=101).contains(&grew), || format!("a session of 100 s made totalSeconds grow by {grew}"))?;
    let mean = number(&after, "totalSeconds") / number(&after, "totalSessions").max(1);
    expect(number(&after, "averageSeconds") == mean, || {
        format!("averageSeconds is {}: {after}", after["averageSeconds"])
    })
}

fn days_back(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    for days in ["1", "365"] {
        backend.get(&format!("stats?daysBack={days}"), &visit.person)?.ok_as(200)?;
    }
    for days in ["0", "366", "-1", "1.5", "month"] {
        let answer = backend.get(&format!("stats?daysBack={days}"), &visit.person)?;
        answer.any_problem().map_err(|_| answer.unexpected(&format!("422 invalid-request, for daysBack={days}")))?;
        answer.problem(422, "invalid-request")?;
    }
    Ok(())
}

fn active_lists(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let row = visit.listed()?.unwrap_or_default();
    let told = row["status"] == "active" && row["section"] == "home" && row["platform"] == "web";
    expect(told && row["endedAt"].is_null() && row["endReason"].is_null(), || {
        format!("the session is listed as {row}")
    })?;
    clock::read(&row, "startedAt")?;
    clock::read(&row, "lastContactAt")?;
    visit.ok("end", json!({ "reason": "logout" }))?;
    expect(visit.listed()?.is_none(), || "a session that has ended is still listed".into())
}

fn need_a_caller(backend: &Backend) -> Judged {
    let answer = backend.send(&Method::GET, "stats", &[], b"")?;
    let problem = answer.any_problem()?;
    let expected: &[u16] = if backend.login == Login::Claimed { &[401, 422] } else { &[401] };
    expect(expected.contains(&answer.status), || format!("{problem}"))
}
