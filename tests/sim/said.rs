//! What a request says, read as `api/openapi.yaml` writes it, for the backend and for the checks alike. It does not know who wrote it.

use serde::Deserialize;
use std::borrow::Cow;
use std::rc::Rc;
use uuid::Uuid;

/// One event of a request.
#[derive(Clone, Debug)]
pub(crate) struct SaidEvent {
    pub(crate) id: Uuid,
    pub(crate) seq: u64,
    pub(crate) kind: Box<str>,
}

/// What a tab declares as given up for one reason.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Declared {
    pub(crate) reason: String,
    pub(crate) count: u64,
    pub(crate) seq: Vec<(u64, u64)>,
}

/// A heartbeat.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Beat {
    #[serde(default)]
    pub(crate) activity_count: u64,
    #[serde(default)]
    pub(crate) active_seconds: f64,
}

/// An end, and when it was, by the device's clock.
#[derive(Clone, Debug)]
pub(crate) struct End {
    pub(crate) reason: Box<str>,
    pub(crate) at: Option<u64>,
}

/// A request's content. Times are milliseconds since 1970.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) session: Rc<str>,
    pub(crate) token: Option<Box<str>>,
    /// Whose session a start says it is; without login the backend believes it.
    pub(crate) user: Option<Rc<str>>,
    pub(crate) tab: Rc<str>,
    pub(crate) epoch: Option<u64>,
    pub(crate) sent_at: Option<u64>,
    pub(crate) started_at: Option<u64>,
    pub(crate) device: Option<Rc<str>>,
    pub(crate) replaces_device: bool,
    pub(crate) previous: Option<Box<str>>,
    pub(crate) previous_crashed: bool,
    pub(crate) last_seq: u64,
    pub(crate) dropped: Vec<Declared>,
    pub(crate) events: Vec<SaidEvent>,
    pub(crate) beat: Option<Beat>,
    pub(crate) end: Option<End>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    session_id: &'a str,
    token: Option<Cow<'a, str>>,
    user_id: Option<&'a str>,
    tab_id: &'a str,
    epoch: Option<u64>,
    sent_at: Option<&'a str>,
    started_at: Option<&'a str>,
    device_id: Option<&'a str>,
    replace: Option<&'a str>,
    previous_id: Option<&'a str>,
    previous_end: Option<&'a str>,
    #[serde(default)]
    last_seq: u64,
    #[serde(default)]
    dropped: Vec<Declared>,
    #[serde(borrow, default)]
    events: Vec<BodyEvent<'a>>,
    event_id: Option<Uuidish<'a>>,
    seq: Option<u64>,
    #[serde(borrow)]
    event_type: Option<Cow<'a, str>>,
    heartbeat: Option<Beat>,
    end: Option<BodyEnd<'a>>,
    reason: Option<&'a str>,
    ended_at: Option<&'a str>,
}

type Uuidish<'a> = &'a str;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BodyEvent<'a> {
    event_id: Uuidish<'a>,
    seq: u64,
    #[serde(borrow)]
    event_type: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BodyEnd<'a> {
    reason: &'a str,
    ended_at: Option<&'a str>,
}

impl Said {
    /// Reads a body, or says what is wrong with it.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let body: Body<'_> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let uuid = |text: &str| Uuid::parse_str(text).map_err(|error| error.to_string());
        let event = |event: &BodyEvent<'_>| {
            Ok::<_, String>(SaidEvent {
                id: uuid(event.event_id)?,
                seq: event.seq,
                kind: event.event_type.as_ref().into(),
            })
        };
        let mut events = body.events.iter().map(event).collect::<Result<Vec<_>, _>>()?;
        if let Some(id) = body.event_id {
            let kind = body.event_type.as_deref().unwrap_or("section_change").into();
            events.push(SaidEvent { id: uuid(id)?, seq: body.seq.ok_or("no seq")?, kind });
        }
        let end = body.end.or_else(|| body.reason.map(|reason| BodyEnd { reason, ended_at: body.ended_at }));
        Ok(Self {
            session: body.session_id.into(),
            token: body.token.map(|token| token.as_ref().into()),
            user: body.user_id.map(Rc::from),
            tab: body.tab_id.into(),
            epoch: body.epoch,
            sent_at: body.sent_at.and_then(millis),
            started_at: body.started_at.and_then(millis),
            device: body.device_id.map(Into::into),
            replaces_device: body.replace == Some("device"),
            previous: body.previous_id.map(Into::into),
            previous_crashed: body.previous_end == Some("crash"),
            last_seq: body.last_seq,
            dropped: body.dropped,
            events,
            beat: body.heartbeat,
            end: end.map(|end| End { reason: end.reason.into(), at: end.ended_at.and_then(millis) }),
        })
    }
}

/// Reads `2026-03-01T12:00:00.000Z` (the civil calendar by Howard Hinnant's days-from-civil arithmetic).
fn millis(text: &str) -> Option<u64> {
    let part = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
    let (year, month, day) = (part(0, 4)?, part(5, 7)?, part(8, 10)?);
    // The year begins in March, so that the day that comes and goes is its last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    let days = days.checked_sub(719_468)?;
    let seconds = part(11, 13)? * 3_600 + part(14, 16)? * 60 + part(17, 19)?;
    Some((days * 86_400 + seconds) * 1_000 + part(20, 23)?)
}

#[test]
fn a_time_is_read_to_the_millisecond() {
    assert_eq!(millis("2026-03-01T12:00:00.000Z"), Some(1_772_366_400_000));
    assert_eq!(millis("2024-02-29T23:59:59.999Z"), Some(1_709_251_199_999));
    assert_eq!(millis("1970-01-01T00:00:00.001Z"), Some(1));
    assert_eq!(millis("soon"), None);
}
