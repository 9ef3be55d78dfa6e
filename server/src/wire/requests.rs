//! The bodies of the six writing routes, parsed into one [`Draft`]. Which members a route has is said here and nowhere else.

use super::fields::Fields;
pub use super::parts::Arrival;
use super::parts::{beat, check_event_data, dropped, end, event, event_data, minted, rooms, start, user_id};
use crate::auth::Shown;
use crate::clock::Timestamp;
use crate::error::Problem;
use crate::limits::{BATCH_EVENTS, NAME_CHARS, TOKEN_CHARS};
use crate::session::metadata;
use crate::session::rules::SECTION_CHANGE;
use crate::session::times::Sent;
use crate::session::write::{Activity, Beat, Event, Start, Stated, Tab, Write};
use serde_json::json;
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

/// A request that is understood, but for whose it is.
#[derive(Clone, Debug)]
pub struct Draft {
    /// What its body shows of its sender.
    pub shown: Shown,
    /// Events that are not stored, by index.
    pub rejected: Vec<(usize, Problem)>,
    /// Whether the reply lists events.
    pub lists_events: bool,
    /// The rooms that its heartbeat speaks for.
    pub rooms: Vec<Uuid>,
    write: Write,
}

impl Draft {
    /// The session it names.
    #[must_use]
    pub fn session_id(&self) -> Uuid {
        self.write.session_id
    }

    /// The tab it is from.
    #[must_use]
    pub fn tab_id(&self) -> Option<Uuid> {
        self.write.tab.as_ref().map(|tab| tab.id)
    }

    /// Keeps in the metadata of its start who an anonymous visitor says they are, if there is room: nobody has verified it, and the metadata
    /// that were sent are worth more.
    pub fn note_claim(&mut self, user_id: &str) {
        let Some(start) = &mut self.write.start else { return };
        let claim = json!({ "claimedUserId": user_id }).to_string();
        if let Some(with_claim) = metadata::merged(start.metadata.as_deref(), &claim) {
            start.metadata = Some(with_claim);
        }
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
            let event = event(&mut fields, 0, arrival.received_at)?;
            if event.kind == SECTION_CHANGE {
                fields.fault("eventType", "section_change is said by POST update, or in a batch");
            }
            draft.write.events.push(event);
        }
        Route::Batch => {
            fields.inner("start", |inner| {
                draft.write.start = Some(start(inner, &arrival));
                draft.shown.user_id = user_id(inner).or(draft.shown.user_id.take());
                draft.shown.visitor_token =
                    inner.text("visitorToken", TOKEN_CHARS).or(draft.shown.visitor_token.take());
            });
            draft.lists_events = true;
            several_events(&mut fields, &mut draft)?;
            draft.write.beat = fields.inner("heartbeat", beat);
            draft.rooms = rooms(&mut fields);
            draft.write.end = fields.inner("end", end);
        }
        Route::Heartbeat => {
            let silent = Beat { activity: Activity::Active, activity_count: 0, active_seconds: 0 };
            draft.write.beat = Some(fields.inner("heartbeat", beat).unwrap_or(silent));
            draft.rooms = rooms(&mut fields);
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
        shown: Shown {
            bearer: None,
            write_token: fields.text("token", TOKEN_CHARS),
            visitor_token: fields.text("visitorToken", TOKEN_CHARS),
            user_id: user_id(fields),
        },
        rejected: Vec::new(),
        lists_events: false,
        rooms: Vec::new(),
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

fn update(fields: &mut Fields<'_>, draft: &mut Draft) -> Result<(), Problem> {
    let occurred_at = fields.time("occurredAt");
    let section = fields.text("section", NAME_CHARS);
    draft.write.metadata = fields.object_text("metadata");
    if let Some(id) = fields.id("eventId") {
        if section.is_none() && fields.raw("section").is_none() {
            fields.fault("section", "is missing: an update with an eventId is a section change");
        }
        let (kind, seq, data) = (SECTION_CHANGE.into(), fields.number("seq"), event_data(fields));
        check_event_data(fields, data.as_deref())?;
        draft.write.events.push(Event { index: 0, id, seq, kind, data, section, occurred_at });
        draft.write.section = Some(Stated { section: None, occurred_at });
    } else {
        draft.write.section = Some(Stated { section, occurred_at });
    }
    Ok(())
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
    let (pointer, now) = (fields.pointer_to("events"), draft.write.sent.received_at);
    for (index, raw) in list.into_iter().enumerate() {
        match one_of_several(raw, format!("{pointer}/{index}"), index, now) {
            Ok(event) => draft.write.events.push(event),
            Err(problem) => draft.rejected.push((index, problem)),
        }
    }
    Ok(())
}

fn one_of_several(raw: &RawValue, pointer: String, index: usize, now: Timestamp) -> Result<Event, Problem> {
    let mut fields = Fields::of(raw, pointer).map_err(|fault| Problem::InvalidRequest(vec![fault]))?;
    let event = event(&mut fields, index, now)?;
    if event.kind == SECTION_CHANGE && event.section.is_none() {
        fields.fault("section", "is missing: it is the new section");
    }
    fields.finish()?;
    Ok(event)
}
