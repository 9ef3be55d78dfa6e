//! What JSON of the caller's own may be, which is kept as it is: `eventData`, `metadata`, `deviceInfo` and `locationInfo`; at the limit and one
//! over.

use super::{is_invalid, with};
use crate::backend::Backend;
use crate::case::{Case, InCore, Judged, expect};
use crate::cases::chapter::LIMITS;
use crate::clock::new_id;
use crate::visit::{Visit, click};
use serde_json::{Value, json};

pub(super) const CASES: &[Case] = &[
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
        name: "limit-of-numbers",
        core: InCore::NotAsked,
        rule: "A number beyond the greatest double is refused: in an event that event, elsewhere 422; the greatest is taken.",
        chapter: LIMITS,
        run: numbers,
    },
];

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

fn numbers(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let head = visit.says(json!({})).to_string();
    let head = head.trim_end_matches('}');
    let post = |route: &str, members: String| {
        backend.post_bytes(route, format!("{head},{members}}}").as_bytes(), visit.lane())
    };
    let event = |number: &str| format!(r#""events":[{{"eventType":"click","eventData":{number}}},{}]"#, click(1));
    let metadata = |number: &str| format!(r#""metadata":{{"n":{number}}}"#);
    for bad in ["1e309", "-1e309", "1e131071"] {
        let answer = post("batch", event(bad))?;
        let reply = answer.ok()?;
        expect(reply["accepted"] == json!([1]) && reply["rejected"][0]["index"] == 0, || {
            format!("for {bad} the reply is {reply}")
        })?;
        is_invalid(&post("update", metadata(bad))?)?;
    }
    let greatest = "1.7976931348623157e308";
    let answer = post("batch", event(greatest))?;
    let reply = answer.ok()?;
    expect(reply["rejected"] == json!([]), || format!("for {greatest} the reply is {reply}"))?;
    post("update", metadata(greatest))?.ok()?;
    Ok(())
}
