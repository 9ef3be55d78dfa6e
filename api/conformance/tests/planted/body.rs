//! From a body's text to members that may be trusted. Every limit is in the two tables of this file.

use crate::backend::Problem;
use crate::fault::Fault::{self, *};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

const COUNT: f64 = 9_007_199_254_740_991.0;

enum Rule {
    Id,
    Time,
    Count,
    Total,
    Text(usize),
    User,
    Info,
    Object,
    Word(&'static [&'static str]),
    Drops,
}

const REASONS: &[&str] = &["logout", "manual", "timeout", "replaced", "crash", "app_close"];

/// Where a member may stand (`""` is the body itself), its name, and what it has to be.
const MEMBERS: &[(&str, &str, Rule)] = &[
    ("", "sessionId", Rule::Id),
    ("", "token", Rule::Text(4_096)),
    ("", "userId", Rule::User),
    ("", "tabId", Rule::Id),
    ("", "epoch", Rule::Count),
    ("", "lastSeq", Rule::Count),
    ("", "sentAt", Rule::Time),
    ("", "dropped", Rule::Drops),
    ("", "startedAt", Rule::Time),
    ("", "deviceId", Rule::Id),
    ("", "previousId", Rule::Id),
    ("", "previousEnd", Rule::Word(REASONS)),
    ("", "replace", Rule::Word(&["device", "user", "none"])),
    ("", "platform", Rule::Text(50)),
    ("", "metadata", Rule::Info),
    ("", "deviceInfo", Rule::Info),
    ("", "locationInfo", Rule::Info),
    ("", "section", Rule::Text(200)),
    ("", "reason", Rule::Word(REASONS)),
    ("", "endedAt", Rule::Time),
    ("", "heartbeat", Rule::Object),
    ("", "start", Rule::Object),
    ("", "end", Rule::Object),
    ("heartbeat", "activity", Rule::Word(&["active", "idle", "hidden"])),
    ("heartbeat", "activityCount", Rule::Total),
    ("heartbeat", "activeSeconds", Rule::Total),
    ("end", "reason", Rule::Word(REASONS)),
    ("end", "endedAt", Rule::Time),
    ("start", "userId", Rule::User),
    ("start", "startedAt", Rule::Time),
    ("start", "section", Rule::Text(200)),
    ("event", "eventId", Rule::Id),
    ("event", "seq", Rule::Count),
    ("event", "eventType", Rule::Text(200)),
    ("event", "section", Rule::Text(200)),
    ("event", "occurredAt", Rule::Time),
];

/// The members of an object, of which only the outermost are parsed: what an event says is judged for itself.
pub(crate) type Raw = BTreeMap<String, Box<RawValue>>;

/// A body whose members are what they should be.
pub(crate) struct Body {
    pub(crate) members: Value,
    pub(crate) events: Vec<Result<Event, Problem>>,
    pub(crate) lists_events: bool,
}

/// An event that may be stored.
pub(crate) struct Event {
    pub(crate) members: Value,
    /// Its `eventData` as it was written.
    pub(crate) data: String,
}

pub(crate) fn parse(route: &str, text: &str, fault: Option<Fault>) -> Result<Body, Problem> {
    let value: Box<RawValue> = serde_json::from_str(text).map_err(|error| Problem::new(400, "invalid-json", error))?;
    let raw: Raw = serde_json::from_str(value.get()).map_err(|_| Problem::invalid("", "must be an object"))?;
    let mut members = json!({});
    for (name, raw) in raw.iter().filter(|(name, _)| !["events", "eventData"].contains(&name.as_str())) {
        members[name] = value_of(raw.get(), fault).map_err(|why| Problem::invalid(name, why))?;
    }
    check(&members, "", fault)?;
    for inner in ["heartbeat", "start", "end"] {
        check(&members[inner], inner, fault)?;
    }
    let lists_events = route == "batch" || raw.get("events").is_some_and(|events| events.get() != "null");
    let mut events = Vec::new();
    if let Some(raw) =
        raw.get("events").filter(|_| route == "batch" || (route == "start" && fault != Some(DropsEventsOfAStart)))
    {
        let list: Vec<Box<RawValue>> =
            serde_json::from_str(raw.get()).map_err(|_| Problem::invalid("events", "must be an array"))?;
        if list.len() > 500 && fault != Some(TakesAnyNumberOfEvents) {
            return Err(Problem::new(413, "payload-too-large", "at most 500 events"));
        }
        for raw in list {
            let members: Result<Raw, _> = serde_json::from_str(raw.get());
            let members = members.map_err(|_| Problem::invalid("events", "must be an object"));
            events.push(members.and_then(|members| event(&members, fault)));
        }
        if fault == Some(FailsABatchForOneEvent) && events.iter().any(Result::is_err) {
            return Err(Problem::invalid("events", "one of them is at fault"));
        }
    }
    if route == "log-event" {
        let event = event(&raw, fault)?;
        if event.members["eventId"].is_null() && fault == Some(RefusesEventsWithoutId) {
            return Err(Problem::invalid("eventId", "is missing"));
        }
        if event.members["eventType"] == "section_change" && fault != Some(LogsTheServersEvents) {
            return Err(Problem::invalid("eventType", "is an update"));
        }
        events.push(Ok(event));
    }
    if route == "update" && !members["eventId"].is_null() {
        members["eventType"] = json!("section_change");
        if members["section"].is_null() && fault != Some(ChangesToNowhere) {
            return Err(Problem::invalid("section", "is missing"));
        }
        events.push(Ok(Event { members: members.clone(), data: "null".into() }));
    }
    Ok(Body { members, events, lists_events })
}

fn event(raw: &Raw, fault: Option<Fault>) -> Result<Event, Problem> {
    let data = raw.get("eventData").map_or("null", |raw| raw.get());
    if data.len() > 32_768 && fault != Some(TakesAnyEventData) {
        return Err(Problem::new(413, "payload-too-large", "eventData has at most 32,768 bytes"));
    }
    let value = value_of(data, fault).map_err(|why| Problem::invalid("eventData", why))?;
    if depth(&value) > 32 && fault != Some(TakesAnyDepth) || has_nul(&value) && fault != Some(TakesNul) {
        return Err(Problem::invalid("eventData", "is too deep, or has a NUL"));
    }
    let mut members = json!({});
    for (name, raw) in raw {
        members[name] = value_of(raw.get(), fault).unwrap_or_default();
    }
    check(&members, "event", fault)?;
    let kind = members["eventType"].as_str().ok_or(Problem::invalid("eventType", "is missing"))?;
    if ["session_start", "session_end"].contains(&kind) && fault != Some(LogsTheServersEvents) {
        return Err(Problem::invalid("eventType", "is the server's to write"));
    }
    if kind == "section_change" && members["section"].is_null() {
        return Err(Problem::invalid("section", "is missing"));
    }
    let data = if fault == Some(RewritesEventData) { value.to_string() } else { data.to_owned() };
    Ok(Event { members, data })
}

fn check(members: &Value, place: &str, fault: Option<Fault>) -> Result<(), Problem> {
    for (_, name, rule) in MEMBERS.iter().filter(|(at, _, _)| *at == place) {
        let value = &members[name];
        let is_believed = value.is_null() || (fault == Some(BelievesAnyType) && *name == "reason");
        if !is_believed && !is(value, rule, fault) {
            let pointer = if place.is_empty() || place == "event" { (*name).into() } else { format!("{place}/{name}") };
            return Err(Problem::invalid(&pointer, "is not what it should be"));
        }
    }
    Ok(())
}

fn is(value: &Value, rule: &Rule, fault: Option<Fault>) -> bool {
    let number = value.as_f64().unwrap_or(f64::NAN);
    let text = value.as_str().unwrap_or_default();
    let length = if fault == Some(CountsBytes) { text.len() } else { text.chars().count() };
    match rule {
        Rule::Id => Uuid::parse_str(text).is_ok(),
        Rule::Time => crate::backend::time(value).is_some(),
        Rule::Count => (1.0..=COUNT).contains(&number) && number.fract() == 0.0 || fault == Some(TakesAnyCount),
        Rule::Total => (0.0..=COUNT).contains(&number),
        Rule::Text(most) => (1..=*most).contains(&length) && !text.contains('\0') && value.is_string(),
        Rule::User => (1..=128).contains(&length) && !text.contains(char::is_control),
        Rule::Info => value.is_object() && value.to_string().len() <= 8_192 && depth(value) <= 32 && !has_nul(value),
        Rule::Object => value.is_object(),
        Rule::Word(words) => words.contains(&text),
        Rule::Drops => value.as_array().is_some_and(|list| {
            list.len() <= 16 && list.iter().all(|drop| drop["seq"].as_array().is_none_or(|ranges| ranges.len() <= 64))
        }),
    }
}

fn value_of(text: &str, fault: Option<Fault>) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| error.to_string()).or_else(|why| {
        let takes = fault == Some(TakesAnyNumber) && why.starts_with("number out of range");
        if takes { Ok(json!({})) } else { Err(why) }
    })
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(list) => 1 + list.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

fn has_nul(value: &Value) -> bool {
    value.to_string().contains("\\u0000")
}
