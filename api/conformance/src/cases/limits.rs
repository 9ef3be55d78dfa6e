//! Every bound, at the limit and one over.

use super::chapter::LIMITS;
use crate::answer::Answer;
use crate::backend::{Backend, Login};
use crate::case::{Case, InCore, Judged, Stop, expect};
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
        name: "limit-of-objects",
        core: InCore::NotAsked,
        rule: "`metadata`, `deviceInfo` and `locationInfo` are JSON objects of at most 8,192 bytes.",
        chapter: LIMITS,
        run: objects,
    },
    Case {
        name: "limit-of-metadata-merged",
        core: InCore::NotAsked,
        rule: "The metadata that updates merge has at most 8,192 bytes in all.",
        chapter: LIMITS,
        run: metadata_merged,
    },
    Case {
        name: "limit-of-depth",
        core: InCore::NotAsked,
        rule: "JSON that is kept nests at most 32 deep.",
        chapter: LIMITS,
        run: depth,
    },
    Case {
        name: "limit-of-characters",
        core: InCore::NotAsked,
        rule: "`\\u0000` and unpaired surrogates are refused: in an event that event, elsewhere 422.",
        chapter: LIMITS,
        run: characters,
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

fn is_invalid(answer: &Answer) -> Judged {
    answer.problem(422, "invalid-request").map(|_| ())
}

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

fn objects(backend: &Backend) -> Judged {
    let person = backend.person();
    for name in ["metadata", "deviceInfo", "locationInfo"] {
        let start = |value: Value| backend.start(&person, with(json!({ "sessionId": new_id() }), name, value));
        // {"a":"…"} is eight bytes longer than its text.
        start(json!({ "a": "x".repeat(8_184) }))?.ok()?;
        for value in [json!({ "a": "x".repeat(8_185) }), json!([]), json!("text"), json!(7)] {
            is_invalid(&start(value)?)?;
        }
    }
    Ok(())
}

fn metadata_merged(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    visit.ok("update", json!({ "metadata": { "a": "x".repeat(5_000) } }))?;
    is_invalid(&visit.post("update", json!({ "metadata": { "b": "x".repeat(5_000) } }))?)?;
    visit.ok("update", json!({ "metadata": { "a": "x".repeat(6_000) } }))?;
    Ok(())
}

fn depth(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let nested = |levels: usize| (1..levels).fold(json!([]), |inner, _| json!([inner]));
    let events = [with(click(1), "eventData", nested(32)), with(click(2), "eventData", nested(33))];
    let reply = visit.ok("batch", json!({ "events": events }))?;
    expect(reply["accepted"] == json!([0]) && reply["rejected"][0]["index"] == 1, || format!("the reply is {reply}"))?;
    visit.ok("update", json!({ "metadata": { "a": nested(31) } }))?;
    is_invalid(&visit.post("update", json!({ "metadata": { "a": nested(32) } }))?)
}

fn characters(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let head = visit.says(json!({})).to_string();
    let head = head.trim_end_matches('}');
    for bad in [r#""\u0000""#, r#""\ud83d""#, r#"{"\udc00":1}"#] {
        let events = format!(r#"{head},"events":[{{"eventType":"click","eventData":{bad}}},{}]}}"#, click(1));
        let answer = backend.post_bytes("batch", events.as_bytes(), visit.lane())?;
        let reply = answer.ok()?;
        expect(reply["accepted"] == json!([1]) && reply["rejected"][0]["index"] == 0, || {
            format!("for {bad} the reply is {reply}")
        })?;
    }
    for bad in [r#""\u0000""#, r#""\ud83d""#] {
        let update = format!(r#"{head},"section":{bad}}}"#);
        is_invalid(&backend.post_bytes("update", update.as_bytes(), visit.lane())?)?;
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

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}
