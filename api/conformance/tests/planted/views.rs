//! What the small backend replies, and what it gives to read.

use crate::backend::{Backend, Problem, State};
use crate::body::Body;
use crate::fault::Fault::*;
use crate::session::{DAY, Fates, Session, Stored};
use serde_json::{Value, json};
use std::collections::HashMap;
use time::OffsetDateTime;

fn text(millis: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).unwrap();
    format!("{}T{:02}:{:02}:{:02}.{:03}Z", at.date(), at.hour(), at.minute(), at.second(), at.millisecond())
}

fn status(session: &Session) -> &'static str {
    match (&session.ended, session.is_idle) {
        (Some(_), _) => "ended",
        (None, true) => "idle",
        (None, false) => "active",
    }
}

/// What every write is told.
pub(crate) fn session(backend: &Backend, session: &Session, now: i64) -> Value {
    let mut reply = json!({ "sessionId": session.id, "status": status(session), "serverTime": text(now), "section": session.section });
    match &session.ended {
        None => {
            reply["expiresAt"] =
                json!(text(session.contact + if backend.has(ExpiresInHalfTheTime) { 1_800_000 } else { 3_600_000 }))
        }
        Some(ended) => {
            reply["endReason"] = json!(ended.reason);
            let at = text(ended.at);
            reply["endedAt"] = json!(if backend.has(WritesLocalTimes) { at.replace('Z', "+00:00") } else { at });
            reply["totalDurationSeconds"] = json!((ended.at - session.started) / 1_000);
            reply["activeSeconds"] = json!(session.totals[1]);
        }
    }
    if session.id != session.given {
        reply["mapped"] = json!([{ "given": session.given, "stored": session.id }]);
    }
    reply
}

/// What a start is told.
pub(crate) fn tell_terms(backend: &Backend, reply: &mut Value, session: &Session, token: &str) {
    reply["userId"] = json!(session.user);
    reply["startedAt"] = json!(text(session.started));
    reply["token"] = json!(token);
    reply["tokenExpiresAt"] = json!(text(session.started + 8 * DAY));
    if backend.is_full {
        reply["profile"] = json!("full");
    }
    if backend.is_full && !backend.has(AnnouncesNoLimits) {
        reply["limits"] = json!({ "batchEvents": 500, "batchBytes": 524_288, "beaconBytes": 65_536, "eventBytes": 32_768, "gzip": true });
    }
}

/// What became of the events.
pub(crate) fn tell_events(
    backend: &Backend,
    reply: &mut Value,
    session: &Session,
    route: &str,
    body: &Body,
    fates: &Fates,
) {
    for mapped in &fates.mapped {
        match reply["mapped"].as_array_mut() {
            Some(list) => list.push(mapped.clone()),
            None => reply["mapped"] = json!([mapped]),
        }
    }
    if route == "log-event" {
        let given =
            body.events.first().and_then(|event| event.as_ref().ok()).map(|event| event.members["eventId"].clone());
        let last = session.events.last().map(|stored| json!(stored.id));
        reply["eventId"] = given
            .filter(|id| !id.is_null() && !backend.has(NamesEventsItself))
            .or(last.filter(|_| !backend.has(NamesEventsItself)))
            .unwrap_or_default();
    } else if body.lists_events {
        let rejected = body.events.iter().enumerate().filter_map(|(index, event)| {
            let problem = event.as_ref().err()?;
            Some(json!({ "index": index, "type": format!("urn:x:{}", problem.kind), "detail": problem.detail }))
        });
        reply["rejected"] = rejected.collect();
        reply["accepted"] = json!(fates.accepted);
        reply["duplicates"] = json!(fates.duplicates);
    }
}

/// A `GET`.
pub(crate) fn read(
    backend: &Backend,
    state: &State,
    route: &str,
    caller: &str,
    query: &HashMap<String, String>,
) -> Result<String, Problem> {
    let own = || state.sessions.iter().filter(|session| session.user == caller);
    if route == "stats" {
        if backend.has(FailsForNobody) && own().count() == 0 {
            return Err(Problem::new(404, "not-found", "There is nothing of yours."));
        }
        let days = query.get("daysBack").map_or(Ok(30), |days| days.parse::<u32>());
        let days = days.ok().filter(|days| (1..=365).contains(days) || backend.has(IgnoresDaysBack));
        let days = days.or(backend.has(IgnoresDaysBack).then_some(30));
        return Ok(stats(
            backend,
            &own().collect::<Vec<_>>(),
            caller,
            days.ok_or(Problem::invalid("?daysBack", "is 1 to 365"))?,
        ));
    }
    if route == "active" {
        let live = own().filter(|session| session.ended.is_none() || backend.has(ListsEndedSessions));
        let sessions: Vec<_> = live.map(row).collect();
        return Ok(json!({ "userId": caller, "sessions": sessions }).to_string());
    }
    let id = route.trim_end_matches("/events");
    let is_it = |session: &&Session| session.id == id || session.given == id;
    let found = state.sessions.iter().filter(|one| one.user == caller || backend.has(OpensEverySession)).find(is_it);
    let session = found.ok_or(Problem::new(404, "session-not-found", "Session not found or inactive"))?;
    Ok(trail(backend, session, query))
}

fn stats(backend: &Backend, own: &[&Session], caller: &str, days: u32) -> String {
    let mut counts: HashMap<String, u64> = HashMap::new();
    let mut total = 0;
    for session in own {
        total += (session.ended.as_ref().map_or(session.contact, |ended| ended.at) - session.started) / 1_000;
        let changes = session.events.iter().filter(|event| event.members["eventType"] == "section_change");
        let entered = changes.map(|event| &event.members["section"]).chain([&session.start["section"]]);
        for section in entered.filter_map(Value::as_str) {
            *counts.entry(section.into()).or_default() += 1;
        }
        if backend.has(CountsStatements)
            && let Some(section) = session.section.as_str()
        {
            *counts.entry(section.into()).or_default() += 1;
        }
    }
    let last = own.iter().map(|session| session.started).max().filter(|_| !backend.has(NamesNoLastStart));
    let average = total / own.len().max(1) as i64 + i64::from(backend.has(RoundsAveragesUp));
    let active = own.iter().filter(|session| session.ended.is_none()).count();
    json!({
        "userId": caller, "daysBack": days, "totalSessions": own.len(), "totalSeconds": total, "averageSeconds": average,
        "sectionCounts": counts, "lastSessionStart": last.map(text), "activeSessions": active,
    })
    .to_string()
}

fn row(session: &Session) -> Value {
    let platform = session.start["platform"].as_str().unwrap_or("web");
    json!({
        "sessionId": session.id, "status": status(session), "section": session.section, "platform": platform,
        "startedAt": text(session.started), "lastContactAt": text(session.contact), "endedAt": null, "endReason": null,
        "activityCount": session.totals[0], "activeSeconds": session.totals[1],
    })
}

fn trail(backend: &Backend, session: &Session, query: &HashMap<String, String>) -> String {
    let mut events: Vec<&Stored> = session.events.iter().collect();
    if !backend.has(SortsByArrival) {
        events.sort_by_key(|event| (event.at, event.members["seq"].as_u64()));
    }
    let mut rows = vec![r#"{"eventId":"start","eventType":"session_start"}"#.to_owned()];
    rows.extend(events.into_iter().map(written));
    if session.ended.is_some() {
        rows.push(r#"{"eventId":"end","eventType":"session_end"}"#.into());
    }
    let number = |name: &str, usual: usize| query.get(name).and_then(|text| text.parse().ok()).unwrap_or(usual);
    let (since, limit) = (number("since", 0), number("limit", 500));
    let page: Vec<_> = rows.iter().skip(since).take(limit).cloned().collect();
    let next = (since + limit < rows.len() || backend.has(PagesForEver)).then(|| (since + limit).to_string());
    let since = if backend.has(PagesForEver) { Some("0".to_owned()) } else { next };
    let tabs: Vec<_> = session.tabs.iter().map(|tab| account(backend, session, tab)).collect();
    let next = since.map_or(String::new(), |next| format!(r#","next":"{next}""#));
    format!(r#"{{"sessionId":"{}","events":[{}],"tabs":{}{next}}}"#, session.id, page.join(","), json!(tabs))
}

/// With its data as they were written, which only text can keep.
fn written(event: &Stored) -> String {
    let row = json!({
        "eventId": event.id, "eventType": event.members["eventType"], "section": event.members["section"], "seq": event.members["seq"],
        "occurredAt": text(event.at), "receivedAt": text(event.received),
    });
    format!(r#"{},"eventData":{}}}"#, row.to_string().trim_end_matches('}'), event.data)
}

fn account(backend: &Backend, session: &Session, (tab, last, dropped): &(Value, u64, Value)) -> Value {
    let mut came: Vec<u64> = session
        .events
        .iter()
        .filter(|event| event.tab == *tab)
        .filter_map(|event| event.members["seq"].as_u64())
        .collect();
    let received = came.len();
    for range in
        dropped.as_array().into_iter().flatten().flat_map(|drop| drop["seq"].as_array().cloned().unwrap_or_default())
    {
        came.extend(range[0].as_u64().unwrap_or(1)..=range[1].as_u64().unwrap_or(0));
    }
    let (mut count, mut runs) = (0, Vec::<[u64; 2]>::new());
    for seq in (1..=*last.min(&1_000)).filter(|seq| !came.contains(seq) && !backend.has(HidesGaps)) {
        count += 1;
        match runs.last_mut() {
            Some(run) if run[1] + 1 == seq => run[1] = seq,
            _ => runs.push([seq, seq]),
        }
    }
    json!({ "tabId": tab, "lastSeq": last, "received": received, "dropped": [], "missing": { "count": count, "seq": runs } })
}
