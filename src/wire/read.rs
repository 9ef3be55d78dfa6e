//! What an answer means. Nothing in here is believed because of a status alone.

use super::Route;
use crate::config::Times;
use crate::flat::{Flat, whole};
use crate::id::Id;
use crate::limits::BATCH_EVENTS;
use crate::queue::Fate;
use crate::session::{EndReason, Profile};
use crate::time::Millis;

/// What an answer means for the tracker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A start was taken.
    Started(Started),
    /// Events, a heartbeat or an end were taken.
    Taken(Taken),
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// The session's id, which need not be the one proposed.
    pub session: Id,
    /// Whose it is, as the backend sees it.
    pub user: Option<String>,
    /// What authorises writing to it.
    pub token: Option<String>,
    /// By what the backend will know an anonymous visitor again.
    pub visitor: Option<String>,
    /// Which routes the backend has.
    pub profile: Profile,
    /// Its constants.
    pub times: Times,
}

/// The answer to anything else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// What became of the events, by their index in the request; of later ones, and of all if this is nothing, see [`Taken::fate`].
    pub fates: Option<Vec<Fate>>,
    /// How the session ended, if it has.
    pub ended: Option<EndReason>,
}

impl Taken {
    /// What became of one event. An answer without a list speaks of the one event that was asked about.
    #[must_use]
    pub fn fate(&self, index: usize) -> Fate {
        match &self.fates {
            Some(fates) => fates.get(index).copied().unwrap_or(Fate::Unknown),
            None => Fate::Stored,
        }
    }
}

/// Reads an answer: its status, what `Retry-After` asks for, and its body as the page parsed it (see [`Flat`]). A success whose body is not this API's
/// (a captive portal's page, a proxy's) has acknowledged nothing.
#[must_use]
pub fn read(route: Route, status: u16, after: Option<Millis>, body: &str) -> Verdict {
    if status == 413 {
        return Verdict::TooLarge;
    }
    let understood = Flat::object(body).and_then(|body| match status {
        200..=299 if route == Route::Start => started(body),
        200..=299 => taken(route, body),
        401 => Some(Verdict::Unauthorised),
        404 => is_unknown_session(body).then_some(Verdict::UnknownSession),
        410 => Some(Verdict::SessionOver(end_reason(body))),
        400 | 403 | 409 | 415 | 422 => Some(Verdict::Refused(explanation(body))),
        _ => None,
    });
    understood.unwrap_or(Verdict::TryAgain { after })
}

fn started(body: Flat<'_>) -> Option<Verdict> {
    let text = |path| body.text(path).map(String::from);
    Some(Verdict::Started(Started {
        session: Id::parse(body.text(".sessionId")?)?,
        user: text(".userId"),
        token: text(".token"),
        visitor: text(".visitorToken"),
        profile: profile(body),
        times: times(body),
    }))
}

fn taken(route: Route, body: Flat<'_>) -> Option<Verdict> {
    let ended = (body.text(".status") == Some("ended")).then(|| end_reason(body));
    let mut fates = None;
    if route == Route::Batch {
        let mut list = Vec::new();
        body.get(".accepted")?;
        for (name, fate) in [(".accepted", Fate::Stored), (".duplicates", Fate::Stored), (".rejected", Fate::Rejected)]
        {
            mark(&mut list, body, name, fate);
        }
        fates = Some(list);
    }
    Some(Verdict::Taken(Taken { fates, ended }))
}

/// Notes the fate of each event that a list has: as an index, or as an object with one.
fn mark(fates: &mut Vec<Fate>, body: Flat<'_>, list: &str, fate: Fate) {
    for (place, value) in body.under(list) {
        let index = if let "[]" | "[].index" = place { whole(value) } else { None };
        let Some(index) = index.filter(|index| *index < BATCH_EVENTS as u64) else { continue };
        let index = index as usize;
        if fates.len() <= index {
            fates.resize(index + 1, Fate::Unknown);
        }
        if let Some(slot) = fates.get_mut(index) {
            *slot = fate;
        }
    }
}

fn profile(body: Flat<'_>) -> Profile {
    if body.text(".profile") != Some("full") {
        return Profile::Core;
    }
    let limit = |path| usize::try_from(body.whole(path)?).ok().filter(|limit| *limit > 0);
    Profile::Full {
        events: limit(".limits.batchEvents").unwrap_or(BATCH_EVENTS).min(BATCH_EVENTS),
        bytes: limit(".limits.batchBytes").unwrap_or(usize::MAX),
    }
}

fn times(body: Flat<'_>) -> Times {
    let seconds = |path| body.thousandths(path).map(Millis);
    Times {
        heartbeat: seconds(".config.heartbeatSeconds").filter(|beat| beat.0 > 0),
        debounce: body.whole(".config.debounceMilliseconds").map(Millis),
        flush: seconds(".config.flushSeconds"),
        idle: seconds(".config.idleSeconds"),
        resume: seconds(".config.resumeSeconds"),
        timeout: seconds(".config.timeoutSeconds"),
        max_session: seconds(".config.maxSessionSeconds"),
    }
}

fn end_reason(body: Flat<'_>) -> EndReason {
    body.text(".endReason").and_then(EndReason::parse).unwrap_or(EndReason::Timeout)
}

/// What a problem says: its detail, its type, and the name under which the backend's log has it.
fn explanation(body: Flat<'_>) -> String {
    let mut said = String::new();
    // A backend that knows no problems may at least say `error`.
    for (before, path) in [("", ".detail"), ("", ".error"), (" ", ".type"), (" in request ", ".instance")] {
        if let Some(text) = body.text(path) {
            said.push_str(before);
            said.push_str(text);
        }
    }
    said
}

/// The last part of a problem's type decides, so that a backend may use URLs of its own.
fn is_unknown_session(body: Flat<'_>) -> bool {
    let kind = body.text(".type").unwrap_or_default();
    let before = kind.strip_suffix("session-not-found").map(|before| before.as_bytes().last());
    matches!(before, Some(None | Some(b':' | b'/')))
}
