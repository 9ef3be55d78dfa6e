//! What a member of a body may be: texts by their length, numbers by their range, lists by their size; at the limit and one over.

use super::{is_invalid, with};
use crate::backend::{Backend, Login};
use crate::case::{Case, InCore, Judged, Stop, expect};
use crate::cases::chapter::LIMITS;
use crate::clock::new_id;
use crate::visit::{Visit, click};
use serde_json::{Value, json};

pub(super) const CASES: &[Case] = &[
    Case {
        name: "limit-of-names",
        core: InCore::NotAsked,
        rule: "`eventType` and `section` have 1 to 200 characters, not bytes.",
        chapter: LIMITS,
        run: names,
    },
    Case {
        name: "limit-of-user-ids",
        core: InCore::NotAsked,
        rule: "A `userId` has 1 to 128 characters and no control character.",
        chapter: LIMITS,
        run: user_ids,
    },
    Case {
        name: "limit-of-platforms",
        core: InCore::NotAsked,
        rule: "A `platform` has 1 to 50 characters.",
        chapter: LIMITS,
        run: platforms,
    },
    Case {
        name: "limit-of-tokens",
        core: InCore::NotAsked,
        rule: "A `token` has at most 4,096 characters; one over is 422.",
        chapter: LIMITS,
        run: tokens,
    },
    Case {
        name: "limit-of-counts",
        core: InCore::NotAsked,
        rule: "`seq`, `lastSeq` and `epoch` are 1 to 2^53 − 1; totals may be 0.",
        chapter: LIMITS,
        run: counts,
    },
    Case {
        name: "limit-of-drops",
        core: InCore::NotAsked,
        rule: "`dropped` has at most 16 reasons with 64 ranges each.",
        chapter: LIMITS,
        run: drops,
    },
];

/// 2^53 − 1.
const COUNT: u64 = 9_007_199_254_740_991;

fn names(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    for name in ["eventType", "section"] {
        for (length, fits) in [(1, true), (200, true), (0, false), (201, false)] {
            let answer = visit.post("log-event", with(click(1), name, json!("ß".repeat(length))))?;
            if fits { answer.ok().map(|_| ())? } else { is_invalid(&answer)? }
        }
    }
    is_invalid(&backend.start(&visit.person, json!({ "sessionId": new_id(), "section": "ß".repeat(201) }))?)
}

fn user_ids(backend: &Backend) -> Judged {
    if backend.login != Login::Claimed {
        return Err(Stop::Unjudged("there is a login, and who asks is said by a token".into()));
    }
    let start = |user_id: &str| backend.start(&backend.person(), json!({ "sessionId": new_id(), "userId": user_id }));
    start(&"ß".repeat(128))?.ok()?;
    for user_id in [String::new(), "ß".repeat(129), "a\nb".into(), "a\u{7f}b".into()] {
        is_invalid(&start(&user_id)?)?;
    }
    Ok(())
}

fn platforms(backend: &Backend) -> Judged {
    let person = backend.person();
    let start = |platform: String| backend.start(&person, json!({ "sessionId": new_id(), "platform": platform }));
    start("x".repeat(50))?.ok()?;
    is_invalid(&start("x".repeat(51))?)?;
    is_invalid(&start(String::new())?)
}

fn tokens(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    visit.post("log-event", with(click(1), "token", json!("x".repeat(4_096))))?.problem(401, "token-invalid")?;
    is_invalid(&visit.post("log-event", with(click(1), "token", json!("x".repeat(4_097))))?)
}

fn counts(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    for wrong in [json!(0), json!(-1), json!(COUNT + 1), json!(1.5)] {
        for name in ["epoch", "lastSeq"] {
            is_invalid(&visit.post("heartbeat", with(json!({}), name, wrong.clone()))?)?;
        }
        let reply = visit.ok("batch", json!({ "events": [with(click(1), "seq", wrong.clone())] }))?;
        expect(reply["rejected"][0]["index"] == 0, || format!("an event with seq {wrong} is not rejected: {reply}"))?;
    }
    for name in ["activityCount", "activeSeconds"] {
        let beat = |total: Value| visit.post("heartbeat", json!({ "heartbeat": { name: total } }));
        beat(json!(0))?.ok()?;
        is_invalid(&beat(json!(-1))?)?;
        is_invalid(&beat(json!(COUNT + 1))?)?;
        beat(json!(COUNT))?.ok()?;
    }
    // JSON has one kind of number, and some languages write all of them so.
    visit.ok("heartbeat", json!({ "epoch": 1.0, "lastSeq": 3.0 }))?;
    let reply = visit.ok("batch", json!({ "lastSeq": COUNT, "events": [with(click(1), "seq", json!(COUNT))] }))?;
    expect(reply["accepted"] == json!([0]), || format!("the reply is {reply}"))?;
    visit.ok("heartbeat", json!({ "epoch": COUNT }))?;
    Ok(())
}

fn drops(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let beat = |reasons: usize, ranges: usize| {
        let seq: Vec<_> = (0..ranges).map(|range| [range * 2 + 1, range * 2 + 1]).collect();
        let dropped: Vec<_> = (0..reasons)
            .map(|reason| json!({ "reason": format!("reason-{reason}"), "count": ranges, "seq": seq }))
            .collect();
        visit.post("heartbeat", json!({ "lastSeq": 1_000, "dropped": dropped }))
    };
    beat(16, 1)?.ok()?;
    beat(1, 64)?.ok()?;
    is_invalid(&beat(17, 1)?)?;
    is_invalid(&beat(1, 65)?)
}
