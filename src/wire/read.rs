//! What an answer means, whoever parsed its JSON. Nothing in here is believed because of a status alone.

use super::Route;
use crate::config::Times;
use crate::limits::BATCH_EVENTS;
use crate::queue::Fate;
use crate::session::{EndReason, Profile};
use crate::time::Millis;
use uuid::Uuid;

/// A JSON object that somebody else parsed: the browser's own value in a page, a `serde_json` value in tests.
pub trait Fields: Sized {
    /// A member that is a text.
    fn text(&self, name: &str) -> Option<String>;
    /// A member that is a number.
    fn number(&self, name: &str) -> Option<f64>;
    /// A member that is an object.
    fn object(&self, name: &str) -> Option<Self>;
    /// A member that is a list of whole numbers.
    fn numbers(&self, name: &str) -> Option<Vec<usize>>;
    /// A member that is a list of objects.
    fn objects(&self, name: &str) -> Option<Vec<Self>>;
}

/// What an answer means for the tracker.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// A start was taken.
    Started(Started),
    /// A batch was taken.
    Batched(Batched),
    /// Anything else was taken.
    Done {
        /// How the session ended, if it has.
        ended: Option<EndReason>,
    },
    /// Nothing is known to have happened: no answer, no answer of this API, or one that asks to come back.
    TryAgain {
        /// Not before this.
        after: Option<Millis>,
    },
    /// More than the backend takes in one request.
    TooLarge,
    /// The token is not, or no longer, good.
    Unauthorised,
    /// The backend does not have this session.
    UnknownSession,
    /// The session is over for good.
    SessionOver(EndReason),
    /// The backend will never take this, and says why.
    Refused(String),
}

/// The answer to a start.
#[derive(Clone, Debug, PartialEq)]
pub struct Started {
    /// The session's id, which need not be the one proposed.
    pub session: Uuid,
    /// What authorises writing to it.
    pub token: Option<String>,
    /// Which routes the backend has.
    pub profile: Profile,
    /// Its constants.
    pub times: Times,
}

/// The answer to several events, by their index in the request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batched {
    stored: Vec<usize>,
    rejected: Vec<usize>,
    /// How the session ended, if it has.
    pub ended: Option<EndReason>,
}

impl Batched {
    /// What became of one event.
    #[must_use]
    pub fn fate(&self, index: usize) -> Fate {
        if self.stored.contains(&index) {
            Fate::Stored
        } else if self.rejected.contains(&index) {
            Fate::Rejected
        } else {
            Fate::Unknown
        }
    }
}

/// Reads an answer: its status, what `Retry-After` asks for, and its body if that was a JSON object. A success whose body is not this API's
/// (a captive portal's page, a proxy's) has acknowledged nothing.
#[must_use]
pub fn read<F: Fields>(route: Route, status: u16, retry_after: Option<Millis>, body: Option<&F>) -> Verdict {
    if status == 413 {
        return Verdict::TooLarge;
    }
    let Some(body) = body else {
        return Verdict::TryAgain { after: retry_after };
    };
    match status {
        200..=299 => read_success(route, body).unwrap_or(Verdict::TryAgain { after: retry_after }),
        401 => Verdict::Unauthorised,
        404 if problem_type(body) == "session-not-found" => Verdict::UnknownSession,
        410 => Verdict::SessionOver(end_reason(body).unwrap_or(EndReason::Timeout)),
        400 | 403 | 409 | 415 | 422 => {
            Verdict::Refused(body.text("detail").or_else(|| body.text("error")).unwrap_or_default())
        }
        _ => Verdict::TryAgain { after: retry_after },
    }
}

fn read_success<F: Fields>(route: Route, body: &F) -> Option<Verdict> {
    let ended =
        || (body.text("status").as_deref() == Some("ended")).then(|| end_reason(body).unwrap_or(EndReason::Timeout));
    Some(match route {
        Route::Start => Verdict::Started(Started {
            session: Uuid::try_parse(&body.text("sessionId")?).ok()?,
            token: body.text("token"),
            profile: profile(body),
            times: body.object("config").map(|config| times(&config)).unwrap_or_default(),
        }),
        Route::Batch => {
            let mut stored = body.numbers("accepted")?;
            stored.extend(body.numbers("duplicates").unwrap_or_default());
            let rejected = body.objects("rejected").unwrap_or_default();
            let rejected = rejected.iter().filter_map(|event| whole(event.number("index")?)).collect();
            Verdict::Batched(Batched { stored, rejected, ended: ended() })
        }
        Route::Heartbeat | Route::Update | Route::LogEvent | Route::End => Verdict::Done { ended: ended() },
    })
}

fn profile<F: Fields>(body: &F) -> Profile {
    if body.text("profile").as_deref() != Some("full") {
        return Profile::Core;
    }
    let limits = body.object("limits");
    let limit = |name| limits.as_ref().and_then(|limits| whole(limits.number(name)?)).filter(|limit| *limit > 0);
    Profile::Full {
        events: limit("batchEvents").unwrap_or(BATCH_EVENTS),
        bytes: limit("batchBytes").unwrap_or(usize::MAX),
    }
}

fn times<F: Fields>(config: &F) -> Times {
    let millis =
        |name, unit: f64| config.number(name).filter(|n| *n >= 0.0 && *n < 1e9).map(|n| whole_millis(n * unit));
    Times {
        heartbeat: millis("heartbeatSeconds", 1_000.0).filter(|beat| beat.0 > 0),
        debounce: millis("debounceMilliseconds", 1.0),
        flush: millis("flushSeconds", 1_000.0),
        idle: millis("idleSeconds", 1_000.0),
        resume: millis("resumeSeconds", 1_000.0),
        max_session: millis("maxSessionSeconds", 1_000.0),
    }
}

fn end_reason<F: Fields>(body: &F) -> Option<EndReason> {
    EndReason::parse(&body.text("endReason")?)
}

/// The last part of a problem's type, so that a backend may use URLs of its own.
fn problem_type<F: Fields>(body: &F) -> String {
    let whole = body.text("type").unwrap_or_default();
    whole.rsplit([':', '/']).next().unwrap_or_default().into()
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked first")]
fn whole(number: f64) -> Option<usize> {
    (0.0..4e9).contains(&number).then_some(number as usize)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "callers give 0 to 1e12")]
fn whole_millis(number: f64) -> Millis {
    Millis(number as u64)
}
