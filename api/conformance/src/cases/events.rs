//! Events: one a request, what is kept of them, and which of them are missing.

use super::chapter::{READING, REPEATED, TOGETHER};
use crate::backend::Backend;
use crate::case::{Case, InCore, Judged, expect};
use crate::clock::{self, new_id};
use crate::visit::{Visit, change, click};
use serde_json::{Value, json};

pub(super) const CASES: &[Case] = &[
    Case {
        name: "event-logged",
        core: InCore::Owed,
        rule: "`log-event` stores an event of any type and data; a full backend answers 201 with its `eventId`.",
        chapter: TOGETHER,
        run: logged,
    },
    Case {
        name: "event-repeated",
        core: InCore::Reported,
        rule: "An event with a known `eventId` is not stored again: `log-event` answers 200 the second time.",
        chapter: REPEATED,
        run: repeated,
    },
    Case {
        name: "section-change-repeated",
        core: InCore::Reported,
        rule: "A repeated section change is not counted again in `sectionCounts`.",
        chapter: REPEATED,
        run: change_repeated,
    },
    Case {
        name: "event-without-id",
        core: InCore::Owed,
        rule: "An event without an `eventId` is taken, and is a new one each time.",
        chapter: REPEATED,
        run: without_id,
    },
    Case {
        name: "event-data-kept",
        core: InCore::NotAsked,
        rule: "`eventData` is any JSON, and the same is given back: no number loses a digit and no text a character.",
        chapter: TOGETHER,
        run: data_kept,
    },
    Case {
        name: "event-types-of-the-server",
        core: InCore::NotAsked,
        rule: "`session_start` and `session_end` are written by the server alone, and `log-event` refuses them and `section_change`.",
        chapter: TOGETHER,
        run: types_of_the_server,
    },
    Case {
        name: "events-in-order",
        core: InCore::NotAsked,
        rule: "A session's events are listed with `session_start` first and `session_end` last, in the order in which they happened.",
        chapter: READING,
        run: in_order,
    },
    Case {
        name: "events-by-the-page",
        core: InCore::NotAsked,
        rule: "`next` of a page of events is the `since` of the following one, and the last page has none.",
        chapter: READING,
        run: by_the_page,
    },
    Case {
        name: "events-missing",
        core: InCore::NotAsked,
        rule: "For each tab, missing = lastSeq − received − declared drops, as a count and as ranges.",
        chapter: TOGETHER,
        run: missing,
    },
];

fn logged(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    for (index, data) in
        [json!({ "plan": "Größe M" }), Value::Null, json!([1, "zwei"]), json!(7)].into_iter().enumerate()
    {
        let mut event = click(index as u64 + 1);
        event["eventType"] = json!("form_submit");
        event["eventData"] = data;
        let answer = visit.post("log-event", event.clone())?;
        answer.ok()?;
        if backend.is_full() {
            expect(answer.ok_as(201)?["eventId"] == event["eventId"], || format!("the reply is {}", answer.json))?;
        }
    }
    if backend.is_full() {
        let stored = visit.stored()?.len();
        expect(stored == 4, || format!("{stored} of 4 events are stored"))?;
    }
    Ok(())
}

fn repeated(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let event = click(1);
    visit.post("log-event", event.clone())?.ok_as(201)?;
    visit.post("log-event", event)?.ok_as(200)?;
    if backend.is_full() {
        let stored = visit.stored()?.len();
        expect(stored == 1, || format!("one event, sent twice, is stored {stored} times"))?;
    }
    Ok(())
}

fn change_repeated(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let section = format!("section-{}", new_id());
    let change = change(&section, clock::now() + 1_000);
    visit.ok("update", change.clone())?;
    visit.ok("update", change)?;
    let count = &visit.stats()?["sectionCounts"][&section];
    expect(*count == 1, || format!("one section change, sent twice, counts as {count}"))
}

fn without_id(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    for _ in 0..2 {
        visit.ok("log-event", json!({ "eventType": "button_click" }))?;
    }
    if backend.is_full() {
        let stored = visit.stored()?.len();
        expect(stored == 2, || format!("{stored} of 2 events are stored"))?;
    }
    Ok(())
}

fn data_kept(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let digits = "12345678901234567890123";
    let written = format!(r#"{{"b":1.5,"a":{digits},"text":"\ud83d\ude00 Größe"}}"#);
    let head = visit.says(json!({ "eventType": "button_click" })).to_string();
    let body = format!(r#"{},"eventData":{written}}}"#, head.trim_end_matches('}'));
    backend.post_bytes("log-event", body.as_bytes(), visit.lane())?.ok()?;
    let answer = backend.get(&format!("{}/events", visit.session), &visit.person)?;
    let kept = visit.stored()?.first().map(|event| event["eventData"].clone()).unwrap_or_default();
    let is_same = serde_json::from_str::<Value>(&written).is_ok_and(|written| written == kept);
    expect(is_same && answer.text.contains(digits), || {
        format!("{written} was sent, and what is given back is {}", answer.text)
    })
}

fn types_of_the_server(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    for kind in ["session_start", "session_end", "section_change"] {
        let answer = visit.post("log-event", json!({ "eventId": new_id(), "eventType": kind, "section": "docs" }))?;
        answer.problem(422, "invalid-request")?;
    }
    let stored = visit.stored()?;
    expect(stored.is_empty(), || format!("{} of them are stored", stored.len()))
}

fn in_order(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let now = clock::now();
    let at = |seq, millis| {
        let mut event = click(seq);
        event["occurredAt"] = json!(clock::text(millis));
        event
    };
    visit.ok("batch", json!({ "lastSeq": 3, "events": [at(3, now + 30), at(1, now + 10), at(2, now + 10)] }))?;
    visit.ok("end", json!({ "reason": "logout" }))?;
    let trail = visit.trail()?;
    let events = trail["events"].as_array().cloned().unwrap_or_default();
    let told: Vec<_> =
        events.iter().map(|event| (event["eventType"].as_str().unwrap_or_default(), event["seq"].as_u64())).collect();
    let expected = [
        ("session_start", None),
        ("button_click", Some(1)),
        ("button_click", Some(2)),
        ("button_click", Some(3)),
        ("session_end", None),
    ];
    expect(told == expected, || format!("the events are {told:?}"))
}

fn by_the_page(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    visit.ok("batch", json!({ "events": [click(1), click(2), click(3)] }))?;
    let (mut seen, mut since) = (Vec::new(), String::new());
    for _ in 0..4 {
        let path = format!("{}/events?limit=2{since}", visit.session);
        let page = backend.get(&path, &visit.person)?.ok()?.clone();
        let events = page["events"].as_array().cloned().unwrap_or_default();
        expect(events.len() <= 2, || format!("a page with limit=2 has {} events", events.len()))?;
        seen.extend(events.iter().map(|event| event["eventId"].to_string()));
        match page["next"].as_str() {
            Some(next) => since = format!("&since={next}"),
            None => break,
        }
    }
    let told = seen.len();
    seen.sort();
    seen.dedup();
    expect((told, seen.len()) == (4, 4), || format!("4 events came as {told}, {} of them different", seen.len()))
}

fn missing(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let dropped = json!([{ "reason": "queue_full", "count": 2, "seq": [[3, 4]] }]);
    visit.ok("batch", json!({ "lastSeq": 9, "dropped": dropped, "events": [click(1), click(2), click(7)] }))?;
    let trail = visit.trail()?;
    let tab =
        trail["tabs"].as_array().and_then(|tabs| tabs.iter().find(|tab| tab["tabId"] == visit.tab.as_str())).cloned();
    let tab = tab.unwrap_or_default();
    let expected = json!({ "count": 4, "seq": [[5, 6], [8, 9]] });
    let is_told = tab["lastSeq"] == 9 && tab["received"] == 3 && tab["missing"] == expected;
    expect(is_told, || format!("the tab is {tab}; its missing should be {expected}"))
}
