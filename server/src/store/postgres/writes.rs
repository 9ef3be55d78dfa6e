//! Requests as the database's functions take them, and what they answer. Objects and event data go in as the JSON text that came, never parsed here.

use super::rows::{SessionJson, read};
use crate::clock::Timestamp;
use crate::session::EndReason;
use crate::session::gaps::Dropped;
use crate::session::write::{
    Activity, Applied, Beat, End, Event, Fate, Outcome, Refusal, Replace, Settled, Start, Tab, Write,
};
use crate::store::StoreError;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

#[derive(Serialize)]
struct WriteJson<'a> {
    user_id: &'a str,
    session_id: Uuid,
    received_at: Timestamp,
    sent_at: Option<Timestamp>,
    epoch: Option<u64>,
    tab: Option<TabJson<'a>>,
    start: Option<StartJson<'a>>,
    events: Vec<EventJson<'a>>,
    section: Option<StatedJson<'a>>,
    metadata: Option<&'a RawValue>,
    beat: Option<BeatJson>,
    end: Option<EndJson>,
}

#[derive(Serialize)]
struct TabJson<'a> {
    id: Uuid,
    last_seq: Option<u64>,
    dropped: &'a [Dropped],
}

#[derive(Serialize)]
struct StartJson<'a> {
    started_at: Option<Timestamp>,
    device_id: Option<Uuid>,
    replace: &'static str,
    previous_id: Option<Uuid>,
    previous_end: Option<&'static str>,
    platform: &'a str,
    section: Option<&'a str>,
    device_info: Option<&'a RawValue>,
    location_info: Option<&'a RawValue>,
    metadata: Option<&'a RawValue>,
    user_agent: Option<&'a str>,
    ip_address: Option<&'a str>,
}

#[derive(Serialize)]
struct EventJson<'a> {
    place: usize,
    id: Uuid,
    seq: Option<u64>,
    kind: &'a str,
    data: Option<&'a RawValue>,
    section: Option<&'a str>,
    occurred_at: Option<Timestamp>,
}

#[derive(Serialize)]
struct StatedJson<'a> {
    section: Option<&'a str>,
    occurred_at: Option<Timestamp>,
}

#[derive(Serialize)]
struct BeatJson {
    activity: &'static str,
    activity_count: u64,
    active_seconds: u64,
}

#[derive(Serialize)]
struct EndJson {
    reason: &'static str,
    ended_at: Option<Timestamp>,
}

/// The argument of `write_sessions_group`.
pub(super) fn request(writes: &[Write]) -> Result<String, StoreError> {
    let requests = writes.iter().map(write).collect::<Result<Vec<_>, _>>().map_err(|error| broken(&error))?;
    serde_json::to_string(&requests).map_err(|error| broken(&error))
}

fn write(write: &Write) -> serde_json::Result<WriteJson<'_>> {
    Ok(WriteJson {
        user_id: &write.user_id,
        session_id: write.session_id,
        received_at: write.sent.received_at,
        sent_at: write.sent.sent_at,
        epoch: write.epoch,
        tab: write.tab.as_ref().map(|Tab { id, last_seq, dropped }| TabJson { id: *id, last_seq: *last_seq, dropped }),
        start: write.start.as_ref().map(start).transpose()?,
        events: write.events.iter().map(event).collect::<Result<_, _>>()?,
        section: write
            .section
            .as_ref()
            .map(|stated| StatedJson { section: stated.section.as_deref(), occurred_at: stated.occurred_at }),
        metadata: raw(write.metadata.as_ref())?,
        beat: write.beat.map(|Beat { activity, activity_count, active_seconds }| BeatJson {
            activity: match activity {
                Activity::Active => "active",
                Activity::Idle => "idle",
                Activity::Hidden => "hidden",
            },
            activity_count,
            active_seconds,
        }),
        end: write.end.map(|End { reason, ended_at }| EndJson { reason: reason.name(), ended_at }),
    })
}

fn start(start: &Start) -> serde_json::Result<StartJson<'_>> {
    Ok(StartJson {
        started_at: start.started_at,
        device_id: start.device_id,
        replace: match start.replace {
            Replace::Device => "device",
            Replace::User => "user",
            Replace::None => "none",
        },
        previous_id: start.previous_id,
        previous_end: start.previous_end.map(EndReason::name),
        platform: &start.platform,
        section: start.section.as_deref(),
        device_info: raw(start.device_info.as_ref())?,
        location_info: raw(start.location_info.as_ref())?,
        metadata: raw(start.metadata.as_ref())?,
        user_agent: start.user_agent.as_deref(),
        ip_address: start.ip_address.as_deref(),
    })
}

fn event(event: &Event) -> serde_json::Result<EventJson<'_>> {
    Ok(EventJson {
        place: event.index,
        id: event.id,
        seq: event.seq,
        kind: &event.kind,
        data: raw(event.data.as_ref())?,
        section: event.section.as_deref(),
        occurred_at: event.occurred_at,
    })
}

fn raw(text: Option<&String>) -> serde_json::Result<Option<&RawValue>> {
    text.map(|text| serde_json::from_str(text)).transpose()
}

#[derive(Deserialize)]
struct OutcomeJson {
    refusal: Option<RefusalJson>,
    created: bool,
    session: Option<SessionJson>,
    events: Vec<SettledJson>,
}

#[derive(Deserialize)]
#[serde(tag = "refused", rename_all = "snake_case")]
enum RefusalJson {
    NotFound,
    Ended { reason: String, at: String },
    MetadataTooLarge,
}

#[derive(Deserialize)]
struct SettledJson {
    index: usize,
    given_id: Uuid,
    event_id: Uuid,
    fate: FateJson,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum FateJson {
    Accepted,
    Duplicate,
    TooLate,
}

/// The answer of `write_sessions_group`: one outcome a request.
pub(super) fn outcomes(answer: &str, requests: usize) -> Result<Vec<Outcome>, StoreError> {
    let outcomes: Vec<OutcomeJson> = read(answer)?;
    if outcomes.len() != requests {
        return Err(broken(&format!("{requests} requests got {} answers", outcomes.len())));
    }
    outcomes.into_iter().map(outcome).collect()
}

fn outcome(outcome: OutcomeJson) -> Result<Outcome, StoreError> {
    match (outcome.refusal, outcome.session) {
        (Some(refusal), _) => Ok(Err(refused(refusal)?)),
        (None, Some(session)) => Ok(Ok(Applied {
            session: session.session()?.1,
            created: outcome.created,
            events: outcome.events.into_iter().map(settled).collect(),
        })),
        (None, None) => Err(broken(&"an answer has neither a session nor a refusal")),
    }
}

fn refused(refusal: RefusalJson) -> Result<Refusal, StoreError> {
    Ok(match refusal {
        RefusalJson::NotFound => Refusal::NotFound,
        RefusalJson::MetadataTooLarge => Refusal::MetadataTooLarge,
        RefusalJson::Ended { reason, at } => Refusal::Ended {
            reason: EndReason::parse(&reason).ok_or_else(|| broken(&reason))?,
            at: Timestamp::parse(&at).ok_or_else(|| broken(&at))?,
        },
    })
}

fn settled(settled: SettledJson) -> Settled {
    Settled {
        index: settled.index,
        given_id: settled.given_id,
        event_id: settled.event_id,
        fate: match settled.fate {
            FateJson::Accepted => Fate::Accepted,
            FateJson::Duplicate => Fate::Duplicate,
            FateJson::TooLate => Fate::TooLate,
        },
    }
}

fn broken(error: &dyn std::fmt::Display) -> StoreError {
    StoreError::Broken(error.to_string())
}
