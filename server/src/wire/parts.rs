//! What bodies are made of, each part read wherever a route has it: who, a start, a heartbeat, an end, an event, an account of drops.

use super::fields::{Fields, uuid, whole};
use super::json;
use crate::clock::Timestamp;
use crate::error::{Fault, Problem};
use crate::limits::{BEAT_ROOMS, DROPPED_REASONS, EVENT_DATA_BYTES, NAME_CHARS, PLATFORM_CHARS, RANGES, USER_ID_CHARS};
use crate::session::EndReason;
use crate::session::gaps::Dropped;
use crate::session::rules::{SESSION_END, SESSION_START};
use crate::session::write::{Activity, Beat, End, Event, Replace, Start};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What is known of a request beside its body.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// When it came.
    pub received_at: Timestamp,
    /// Its `User-Agent`, cut to its limit.
    pub user_agent: Option<String>,
    /// The masked network it came from, where that is stored.
    pub network: Option<String>,
    /// The country it came from, where the operator's proxies name it.
    pub country: Option<String>,
}

/// An id for what came without one: a repetition of it is then something new.
pub(super) fn minted(now: Timestamp) -> Uuid {
    let millis = u64::try_from(now.millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &rand::random()).into_uuid()
}

pub(super) fn user_id(fields: &mut Fields<'_>) -> Option<String> {
    user_named(fields, "userId")
}

pub(super) fn user_named(fields: &mut Fields<'_>, name: &str) -> Option<String> {
    let text = fields.text(name, USER_ID_CHARS)?;
    if text.chars().any(char::is_control) {
        fields.fault(name, "contains a control character");
        return None;
    }
    Some(text)
}

pub(super) fn start(fields: &mut Fields<'_>, arrival: &Arrival) -> Start {
    let platform = fields.text("platform", PLATFORM_CHARS);
    Start {
        started_at: fields.time("startedAt"),
        device_id: fields.id("deviceId"),
        replace: fields.one_of("replace", Replace::parse, "device, user, none").unwrap_or_default(),
        previous_id: fields.id("previousId"),
        previous_end: fields.one_of("previousEnd", EndReason::parse, END_REASONS),
        platform: platform.unwrap_or_else(|| "web".into()),
        section: fields.text("section", NAME_CHARS),
        device_info: fields.object_text("deviceInfo"),
        location_info: located(fields.object_text("locationInfo"), arrival.country.as_deref()),
        metadata: fields.object_text("metadata"),
        user_agent: arrival.user_agent.clone(),
        ip_address: arrival.network.clone(),
    }
}

/// Of the country the operator's proxies know more than the page.
fn located(said: Option<String>, country: Option<&str>) -> Option<String> {
    let Some(country) = country else { return said };
    let mut location: BTreeMap<String, Box<RawValue>> =
        said.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    location.insert("country".into(), RawValue::from_string(format!("\"{country}\"")).ok()?);
    serde_json::to_string(&location).ok()
}

const END_REASONS: &str = "logout, manual, timeout, replaced, crash, app_close";

pub(super) fn end(fields: &mut Fields<'_>) -> End {
    let reason = fields.one_of("reason", EndReason::parse, END_REASONS);
    End { reason: reason.unwrap_or(EndReason::Manual), ended_at: fields.time("endedAt") }
}

pub(super) fn beat(fields: &mut Fields<'_>) -> Beat {
    let activity = fields.one_of("activity", Activity::parse, "active, idle, hidden");
    Beat {
        activity: activity.unwrap_or(Activity::Active),
        activity_count: fields.total("activityCount").unwrap_or(0),
        active_seconds: fields.total("activeSeconds").unwrap_or(0),
    }
}

pub(super) fn event(fields: &mut Fields<'_>, index: usize, now: Timestamp) -> Result<Event, Problem> {
    let occurred_at = fields.time("occurredAt");
    let kind = fields.text("eventType", NAME_CHARS);
    match kind.as_deref() {
        Some(SESSION_START | SESSION_END) => {
            fields.fault("eventType", "session_start and session_end are written by the server alone")
        }
        Some(_) => {}
        None if fields.raw("eventType").is_none() => fields.fault("eventType", "is missing"),
        None => {}
    }
    let data = event_data(fields);
    let id = fields.id("eventId");
    let event = Event {
        index,
        id: id.unwrap_or_else(|| minted(now)),
        seq: fields.number("seq"),
        kind: kind.unwrap_or_default(),
        data,
        section: fields.text("section", NAME_CHARS),
        occurred_at,
    };
    let faults = fields.take_faults();
    if !faults.is_empty() {
        return Err(Problem::InvalidRequest(faults));
    }
    check_event_data(fields, event.data.as_deref())?;
    Ok(event)
}

/// An event's data, as they are spelt.
pub(super) fn event_data(fields: &mut Fields<'_>) -> Option<String> {
    let data = fields.raw("eventData").map(RawValue::get);
    if let Some(flaw) = data.and_then(json::flaw) {
        fields.fault("eventData", flaw);
    }
    data.map(Into::into)
}

/// That they are not too long is said once it is known that nothing else is wrong with them.
pub(super) fn check_event_data(fields: &Fields<'_>, data: Option<&str>) -> Result<(), Problem> {
    match data.map(str::len) {
        Some(length) if length > EVENT_DATA_BYTES => {
            let pointer = fields.pointer_to("eventData");
            Err(Problem::PayloadTooLarge(format!(
                "{pointer}: must have at most {EVENT_DATA_BYTES} bytes of JSON, not {length}"
            )))
        }
        _ => Ok(()),
    }
}

pub(super) fn dropped(fields: &mut Fields<'_>) -> Vec<Dropped> {
    let Some(list) = fields.list("dropped") else { return Vec::new() };
    if list.len() > DROPPED_REASONS {
        fields.fault("dropped", format!("may have at most {DROPPED_REASONS} reasons, not {}", list.len()));
        return Vec::new();
    }
    let pointer = fields.pointer_to("dropped");
    let mut all = Vec::new();
    for (index, raw) in list.into_iter().enumerate() {
        match one_dropped(raw, format!("{pointer}/{index}")) {
            Ok(dropped) => all.push(dropped),
            Err(faults) => fields.add_faults(faults),
        }
    }
    all
}

/// Each room once, however often it is named.
pub(super) fn rooms(fields: &mut Fields<'_>) -> Vec<Uuid> {
    let list = fields.list("rooms").unwrap_or_default();
    if list.len() > BEAT_ROOMS {
        fields.fault("rooms", format!("may have at most {BEAT_ROOMS} rooms, not {}", list.len()));
        return Vec::new();
    }
    let ids: Option<BTreeSet<_>> =
        list.iter().map(|raw| uuid(&serde_json::from_str::<String>(raw.get()).ok()?)).collect();
    if ids.is_none() {
        fields.fault("rooms", "must be ids of rooms, such as [\"019ca945-0a00-7000-8000-00000000000a\"]");
    }
    ids.unwrap_or_default().into_iter().collect()
}

fn one_dropped(raw: &RawValue, pointer: String) -> Result<Dropped, Vec<Fault>> {
    let mut fields = Fields::of(raw, pointer).map_err(|fault| vec![fault])?;
    let reason = fields.text("reason", NAME_CHARS);
    if reason.is_none() && fields.raw("reason").is_none() {
        fields.fault("reason", "is missing");
    }
    let count = fields.total("count").unwrap_or(0);
    if fields.raw("count").is_none() {
        fields.fault("count", "is missing");
    }
    let mut seq = Vec::new();
    let ranges = fields.list("seq").unwrap_or_default();
    if ranges.len() > RANGES {
        fields.fault("seq", format!("may have at most {RANGES} ranges, not {}", ranges.len()));
    } else {
        for range in ranges {
            match pair(range) {
                Some((first, last)) if first <= last => seq.push((first, last)),
                _ => fields.fault("seq", "must be pairs of a first and a last sequence number, such as [[3, 5]]"),
            }
        }
    }
    let faults = fields.take_faults();
    if faults.is_empty() { Ok(Dropped { reason: reason.unwrap_or_default(), count, seq }) } else { Err(faults) }
}

fn pair(range: &RawValue) -> Option<(u64, u64)> {
    let (first, last) = serde_json::from_str::<(&RawValue, &RawValue)>(range.get()).ok()?;
    Some((whole(first)?, whole(last)?))
}
