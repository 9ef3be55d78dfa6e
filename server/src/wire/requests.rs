//! The bodies of the six writing routes, parsed into one [`Draft`]. Which members a route has is said here and nowhere else.

use super::fields::Fields;
use super::json;
use crate::clock::Timestamp;
use crate::error::{Fault, Problem};
use crate::limits::{
    BATCH_EVENTS, DROPPED_REASONS, EVENT_DATA_BYTES, NAME_CHARS, PLATFORM_CHARS, RANGES, TOKEN_CHARS, USER_ID_CHARS,
};
use crate::session::EndReason;
use crate::session::gaps::Dropped;
use crate::session::rules::{SECTION_CHANGE, SESSION_END, SESSION_START};
use crate::session::times::Sent;
use crate::session::write::{Activity, Beat, End, Event, Replace, Start, Stated, Tab, Write};
use serde_json::value::RawValue;
use uuid::Uuid;

/// A writing route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// `POST start`
    Start,
    /// `POST update`
    Update,
    /// `POST end`
    End,
    /// `POST log-event`
    LogEvent,
    /// `POST batch`
    Batch,
    /// `POST heartbeat`
    Heartbeat,
}

/// What is known of a request beside its body.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// When it came.
    pub received_at: Timestamp,
    /// Its `User-Agent`, cut to its limit.
    pub user_agent: Option<String>,
    /// The masked network it came from, where that is stored.
    pub network: Option<String>,
}

/// A request that is understood, but for whose it is.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The write token.
    pub token: Option<String>,
    /// Who the request says it is from.
    pub claimed_user: Option<String>,
    /// Events that are not stored, by index.
    pub rejected: Vec<(usize, Problem)>,
    /// Whether the reply lists events.
    pub lists_events: bool,
    write: Write,
}

impl Draft {
    /// The session it names.
    #[must_use]
    pub fn session_id(&self) -> Uuid {
        self.write.session_id
    }

    /// What its start says, if it has one.
    #[must_use]
    pub fn start(&self) -> Option<&Start> {
        self.write.start.as_ref()
    }

    /// What to do, now that it is known for whom.
    #[must_use]
    pub fn write(self, user_id: String) -> Write {
        Write { user_id, ..self.write }
    }
}

/// Parses a body.
///
/// # Errors
/// `invalid-json`, `invalid-request` with every field that is at fault, or `payload-too-large`.
pub fn parse(route: Route, text: &str, arrival: Arrival) -> Result<Draft, Problem> {
    let mut fields = Fields::parse(text)?;
    let mut draft = common(&mut fields, route, &arrival);
    match route {
        Route::Start => {
            draft.write.start = Some(start(&mut fields, &arrival));
            several_events(&mut fields, &mut draft)?;
            draft.write.beat = fields.inner("heartbeat", beat);
            draft.write.end = fields.inner("end", end);
        }
        Route::Update => update(&mut fields, &mut draft)?,
        Route::End => {
            draft.write.beat = fields.inner("heartbeat", beat);
            draft.write.end = Some(end(&mut fields));
        }
        Route::LogEvent => {
            let event = event(&mut fields, 0)?;
            if event.kind == SECTION_CHANGE {
                fields.fault("eventType", "section_change is said by POST update, or in a batch");
            }
            draft.write.events.push(event);
        }
        Route::Batch => {
            let user = fields.inner("start", |inner| {
                draft.write.start = Some(start(inner, &arrival));
                user_id(inner)
            });
            draft.claimed_user = user.flatten().or(draft.claimed_user);
            draft.lists_events = true;
            several_events(&mut fields, &mut draft)?;
            draft.write.beat = fields.inner("heartbeat", beat);
            draft.write.end = fields.inner("end", end);
        }
        Route::Heartbeat => {
            let silent = Beat { activity: Activity::Active, activity_count: 0, active_seconds: 0 };
            draft.write.beat = Some(fields.inner("heartbeat", beat).unwrap_or(silent));
        }
    }
    fields.finish()?;
    Ok(draft)
}

fn common(fields: &mut Fields<'_>, route: Route, arrival: &Arrival) -> Draft {
    let session_id = fields.id("sessionId");
    if session_id.is_none() && fields.raw("sessionId").is_none() && route != Route::Start {
        fields.fault("sessionId", "is missing");
    }
    let sent = Sent { received_at: arrival.received_at, sent_at: fields.time("sentAt") };
    let account = (fields.number("lastSeq"), dropped(fields));
    let tab = fields.id("tabId").map(|id| Tab { id, last_seq: account.0, dropped: account.1 });
    Draft {
        token: fields.text("token", TOKEN_CHARS),
        claimed_user: user_id(fields),
        rejected: Vec::new(),
        lists_events: false,
        write: Write {
            user_id: String::new(),
            session_id: session_id.unwrap_or_else(|| minted(arrival.received_at)),
            sent,
            epoch: fields.number("epoch"),
            tab,
            start: None,
            events: Vec::new(),
            section: None,
            metadata: None,
            beat: None,
            end: None,
        },
    }
}

/// An id for what came without one: a repetition of it is then something new.
fn minted(now: Timestamp) -> Uuid {
    let millis = u64::try_from(now.millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &rand::random()).into_uuid()
}

fn user_id(fields: &mut Fields<'_>) -> Option<String> {
    let text = fields.text("userId", USER_ID_CHARS)?;
    if text.chars().any(char::is_control) {
        fields.fault("userId", "contains a control character");
        return None;
    }
    Some(text)
}

fn start(fields: &mut Fields<'_>, arrival: &Arrival) -> Start {
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
        location_info: fields.object_text("locationInfo"),
        metadata: fields.object_text("metadata"),
        user_agent: arrival.user_agent.clone(),
        ip_address: arrival.network.clone(),
    }
}

const END_REASONS: &str = "logout, manual, timeout, replaced, crash, app_close";

fn update(fields: &mut Fields<'_>, draft: &mut Draft) -> Result<(), Problem> {
    let occurred_at = fields.time("occurredAt");
    let section = fields.text("section", NAME_CHARS);
    draft.write.metadata = fields.object_text("metadata");
    if let Some(id) = fields.id("eventId") {
        if section.is_none() && fields.raw("section").is_none() {
            fields.fault("section", "is missing: an update with an eventId is a section change");
        }
        let (kind, seq) = (SECTION_CHANGE.into(), fields.number("seq"));
        draft.write.events.push(Event { index: 0, id, seq, kind, data: None, section, occurred_at });
        draft.write.section = Some(Stated { section: None, occurred_at });
    } else {
        draft.write.section = Some(Stated { section, occurred_at });
    }
    Ok(())
}

fn end(fields: &mut Fields<'_>) -> End {
    let reason = fields.one_of("reason", EndReason::parse, END_REASONS);
    End { reason: reason.unwrap_or(EndReason::Manual), ended_at: fields.time("endedAt") }
}

fn beat(fields: &mut Fields<'_>) -> Beat {
    let activity = fields.one_of("activity", Activity::parse, "active, idle, hidden");
    Beat {
        activity: activity.unwrap_or(Activity::Active),
        activity_count: fields.total("activityCount").unwrap_or(0),
        active_seconds: fields.total("activeSeconds").unwrap_or(0),
    }
}

/// Each event stands alone: one that is at fault is rejected, and the others are stored.
fn several_events(fields: &mut Fields<'_>, draft: &mut Draft) -> Result<(), Problem> {
    let Some(list) = fields.list("events") else { return Ok(()) };
    draft.lists_events = true;
    if list.len() > BATCH_EVENTS {
        return Err(Problem::PayloadTooLarge(format!(
            "A request may carry at most {BATCH_EVENTS} events, not {}.",
            list.len()
        )));
    }
    let pointer = fields.pointer_to("events");
    for (index, raw) in list.into_iter().enumerate() {
        match one_of_several(raw, format!("{pointer}/{index}"), index) {
            Ok(event) => draft.write.events.push(event),
            Err(problem) => draft.rejected.push((index, problem)),
        }
    }
    Ok(())
}

fn one_of_several(raw: &RawValue, pointer: String, index: usize) -> Result<Event, Problem> {
    let mut fields = Fields::of(raw, pointer).map_err(|fault| Problem::InvalidRequest(vec![fault]))?;
    let event = event(&mut fields, index)?;
    if event.kind == SECTION_CHANGE && event.section.is_none() {
        fields.fault("section", "is missing: it is the new section");
    }
    fields.finish()?;
    Ok(event)
}

fn event(fields: &mut Fields<'_>, index: usize) -> Result<Event, Problem> {
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
    let data = fields.raw("eventData").map(RawValue::get);
    if let Some(flaw) = data.and_then(json::flaw) {
        fields.fault("eventData", flaw);
    }
    let id = fields.id("eventId");
    let event = Event {
        index,
        id: id.unwrap_or_else(Uuid::now_v7),
        seq: fields.number("seq"),
        kind: kind.unwrap_or_default(),
        data: data.map(Into::into),
        section: fields.text("section", NAME_CHARS),
        occurred_at,
    };
    let faults = fields.take_faults();
    if !faults.is_empty() {
        return Err(Problem::InvalidRequest(faults));
    }
    match data.map(str::len) {
        Some(length) if length > EVENT_DATA_BYTES => {
            let pointer = fields.pointer_to("eventData");
            Err(Problem::PayloadTooLarge(format!(
                "{pointer}: must have at most {EVENT_DATA_BYTES} bytes of JSON, not {length}"
            )))
        }
        _ => Ok(event),
    }
}

fn dropped(fields: &mut Fields<'_>) -> Vec<Dropped> {
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

fn one_dropped(raw: &RawValue, pointer: String) -> Result<Dropped, Vec<Fault>> {
    let mut fields = Fields::of(raw, pointer).map_err(|fault| vec![fault])?;
    let reason = fields.text("reason", NAME_CHARS);
    if reason.is_none() && fields.raw("reason").is_none() {
        fields.fault("reason", "is missing");
    }
    let count = fields.total("count").unwrap_or(0);
    let mut seq = Vec::new();
    let ranges = fields.list("seq").unwrap_or_default();
    if ranges.len() > RANGES {
        fields.fault("seq", format!("may have at most {RANGES} ranges, not {}", ranges.len()));
    } else {
        for range in ranges {
            match serde_json::from_str::<(u64, u64)>(range.get()) {
                Ok((first, last)) if (1..=last).contains(&first) && last <= crate::limits::COUNT => {
                    seq.push((first, last))
                }
                _ => fields.fault("seq", "must be pairs of a first and a last sequence number, such as [[3, 5]]"),
            }
        }
    }
    let faults = fields.take_faults();
    if faults.is_empty() { Ok(Dropped { reason: reason.unwrap_or_default(), count, seq }) } else { Err(faults) }
}
