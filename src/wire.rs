//! The only room that knows a field name of the API (`api/openapi.yaml`), but for the query of the statistics, which `page.js` reads. This file says what a request carries and writes it;
//! `wire/read.rs` reads answers, `wire/json.rs` knows how JSON is spelt.

mod json;
mod read;

pub use json::{Json, push_number};
pub use read::{Started, Taken, Verdict, read};

use crate::config::Config;
use crate::event::{Event, EventData, What};
use crate::id::Id;
use crate::ledger::{DropReason, Losses};
use crate::presence::Person;
use crate::section::Section;
use crate::session::EndReason;
use crate::time::{Millis, Wall};
use json::push_seconds;
use uuid::Uuid;

/// The requests that write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// A session begins or is taken up.
    Start,
    /// Several events, and whatever else there is to say.
    Batch,
    /// The page is still there.
    Heartbeat,
    /// Where the person is (and the core profile's heartbeat).
    Update,
    /// One event.
    LogEvent,
    /// A session ends.
    End,
}

impl Route {
    /// What follows the endpoint in the URL.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Start => "/start",
            Self::Batch => "/batch",
            Self::Heartbeat => "/heartbeat",
            Self::Update => "/update",
            Self::LogEvent => "/log-event",
            Self::End => "/end",
        }
    }
}

const MOVE: &str = r#""eventType":"section_change""#;

/// What a start says of the page and its person.
#[derive(Clone, Debug)]
pub struct Introduction<'a> {
    /// The host's choices.
    pub config: &'a Config,
    /// The host's name for the person; empty if it gave none.
    pub user: &'a str,
    /// By what the backend knows an anonymous visitor again; empty if it gave nothing.
    pub visitor: &'a str,
    /// Which earlier sessions it ends.
    pub replace: &'a str,
    /// The browser profile.
    pub device: Option<&'a Id>,
    /// A JSON object about the device; empty if nothing is known.
    pub device_info: &'a str,
    /// A JSON object about time zone and language; empty if nothing is known.
    pub location_info: &'a str,
    /// Where the person is.
    pub section: &'a Section,
    /// When the session began.
    pub started: Wall,
    /// The session before.
    pub previous: Option<&'a (Id, Option<EndReason>)>,
}

/// What a heartbeat says: what the person is doing, and two totals of the session.
#[derive(Clone, Copy, Debug)]
pub struct Beat {
    /// What the person is doing.
    pub person: Person,
    /// How often they did something.
    pub activities: u64,
    /// How long they were active.
    pub active: Millis,
}

/// One request's content. Which parts it may have is the API's to say, which it has is the tracker's.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    /// Which session.
    pub session: &'a Id,
    /// What authorises it; empty if nothing does.
    pub token: &'a str,
    /// Which page.
    pub tab: &'a Id,
    /// The order among the session's contacts.
    pub epoch: u64,
    /// When it is sent, by the device's clock.
    pub sent: Wall,
    /// The highest sequence number given.
    pub last_seq: u64,
    /// What was given up.
    pub losses: &'a Losses,
    /// What a start says.
    pub introduction: Option<Introduction<'a>>,
    /// Events.
    pub events: Vec<&'a Event>,
    /// Where the person is, as a statement.
    pub section: Option<&'a Section>,
    /// A heartbeat.
    pub beat: Option<Beat>,
    /// An end.
    pub end: Option<(EndReason, Wall)>,
}

/// Writes a request's body.
#[must_use]
pub fn write(route: Route, message: &Message<'_>) -> String {
    let mut json = Json::open();
    json.text("sessionId", message.session.as_str());
    json.text_if_any("token", message.token);
    json.text("tabId", message.tab.as_str());
    json.number("epoch", message.epoch);
    json.time("sentAt", message.sent);
    if let Some(introduction) = &message.introduction {
        introduce(&mut json, introduction);
    }
    if message.last_seq > 0 {
        json.number("lastSeq", message.last_seq);
    }
    write_losses(&mut json, message.losses);
    match (route, &message.events[..]) {
        (_, []) => {}
        (Route::Update | Route::LogEvent, [event, ..]) => json.members(&event.text),
        (_, events) => write_events(&mut json, events),
    }
    if let Some(section) = message.section {
        json.text("section", section.as_str());
    }
    if let Some(beat) = message.beat {
        json.object("heartbeat", |json| heartbeat(json, beat));
    }
    if let Some((reason, at)) = message.end {
        let end = |json: &mut Json| {
            json.text("reason", reason.name());
            json.time("endedAt", at);
        };
        if route == Route::End { end(&mut json) } else { json.object("end", end) }
    }
    json.close()
}

fn introduce(json: &mut Json, said: &Introduction<'_>) {
    json.text_if_any("userId", said.user);
    json.text_if_any("visitorToken", said.visitor);
    if let Some((previous, ended)) = said.previous {
        json.text("previousId", previous.as_str());
        json.text_if_any("previousEnd", ended.map_or("", EndReason::name));
    }
    json.text_if_any("deviceId", said.device.map_or("", Id::as_str));
    json.text("replace", said.replace);
    json.text("platform", &said.config.platform);
    json.raw_if_any("deviceInfo", said.device_info);
    json.raw_if_any("locationInfo", said.location_info);
    json.raw_if_any("metadata", &said.config.metadata);
    json.text("section", said.section.as_str());
    json.time("startedAt", said.started);
}

fn write_losses(json: &mut Json, losses: &Losses) {
    if losses.is_empty() {
        return;
    }
    json.list("dropped");
    for reason in DropReason::ALL {
        let count = losses.get(reason);
        if count > 0 {
            json.item();
            json.text("reason", reason.name());
            json.number("count", count);
            json.list("seq");
            for (first, last) in losses.ranges(reason) {
                json.pair(first, last);
            }
            json.end(']');
            json.end('}');
        }
    }
    json.end(']');
}

/// Spells an event's members. A section change says what it is by the route that it takes, or else in a list's item.
#[must_use]
pub fn spell(id: Uuid, seq: u64, at: Wall, what: &What) -> String {
    // Room for most events: growing to it would copy the text five times.
    let mut json = Json(String::with_capacity(256));
    json.uuid("eventId", id);
    json.number("seq", seq);
    match what {
        What::Logged { kind, data, section } => {
            json.text("eventType", kind.as_str());
            json.raw_if_any("eventData", data.as_ref().map_or("", EventData::as_str));
            json.text("section", section.as_str());
        }
        What::Moved(section, dwelt) => {
            json.text("section", section.as_str());
            if dwelt.0 > 0 {
                json.object("eventData", |json| {
                    json.name("dwellSeconds");
                    push_seconds(&mut json.0, *dwelt);
                });
            }
        }
    }
    json.time("occurredAt", at);
    json.0
}

fn write_events(json: &mut Json, events: &[&Event]) {
    json.list("events");
    for event in events {
        json.item();
        if event.is_move {
            json.members(MOVE);
        }
        json.members(&event.text);
        json.end('}');
    }
    json.end(']');
}

fn heartbeat(json: &mut Json, beat: Beat) {
    json.text("activity", beat.person.name());
    json.number("activityCount", beat.activities);
    json.name("activeSeconds");
    push_seconds(&mut json.0, beat.active);
}
