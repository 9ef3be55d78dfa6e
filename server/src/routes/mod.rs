//! One file a resource. What the six writing routes share is here: read the body, find out whose it is, write, and answer.

pub mod active;
pub mod admin;
pub mod ai;
pub mod analytics;
pub mod batch;
pub mod cleanup;
pub mod end;
pub mod etag;
pub mod events;
pub mod health;
pub mod heartbeat;
pub mod live;
pub mod log_event;
pub mod openapi;
pub mod own_data;
pub mod pages;
pub mod query;
pub mod rooms;
pub mod start;
pub mod stats;
pub mod update;

use crate::App;

use crate::auth::{Named, Shown, bearer};
use crate::client_address::{ClientAddress, country};
use crate::clock::Timestamp;
use crate::error::Problem;
use crate::limits::USER_AGENT_CHARS;
use crate::origin::masked;
use crate::session::write::{Applied, Refusal};
use crate::wire::body;
use crate::wire::replies::Reply;
use crate::wire::requests::{self, Arrival, Draft, Route};
use crate::wire::rooms::Seen;
use crate::wire::who::Who;
use axum::extract::Request;
use axum::http::header;

/// A write that is committed.
#[derive(Debug)]
pub struct Done {
    /// What became of it.
    pub applied: Applied,
    /// When it came.
    pub now: Timestamp,
    /// Whether it had a start.
    pub started: bool,
    /// Whether its reply lists events.
    pub lists_events: bool,
    /// Events that are not stored.
    pub rejected: Vec<(usize, Problem)>,
    /// What became of its presence in rooms.
    pub rooms: Vec<Seen>,
}

/// Takes a write from its body to its commit.
///
/// # Errors
/// Whatever stands in its way.
pub async fn submit(app: &App, request: Request, route: Route, beacon_bytes: usize) -> Result<Done, Problem> {
    let now = app.clock.now();
    let arrival = arrival(app, &request, now);
    let bearer = bearer::of(request.headers())?.map(str::to_owned);
    let text = body::read(request, beacon_bytes, app.settings.body_timeout).await?;
    let mut draft = requests::parse(route, &text, arrival)?;
    if let Some(start) = draft.start() {
        app.platforms.check(start, if route == Route::Batch { "/start" } else { "" })?;
    }
    let user_id = subject(app, &mut draft, bearer, now).await?;
    let (rejected, rooms) = (std::mem::take(&mut draft.rejected), std::mem::take(&mut draft.rooms));
    let (started, lists_events) = (draft.start().is_some(), draft.lists_events);
    let applied = app.writer.write(draft.write(user_id)).await?.map_err(problem)?;
    app.metrics.events(&applied.events, rejected.len());
    let rooms = rooms::seen_in(app, &applied.session, rooms, now).await?;
    Ok(Done { applied, now, started, lists_events, rejected, rooms })
}

fn arrival(app: &App, request: &Request, received_at: Timestamp) -> Arrival {
    let agent = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let client = request.extensions().get::<ClientAddress>();
    Arrival {
        received_at,
        user_agent: agent.map(|agent| agent.chars().take(USER_AGENT_CHARS).collect()),
        network: client.filter(|_| app.settings.store_ip).map(|client| masked(client.0)),
        country: app.settings.country_header.as_ref().and_then(|header| country(request.headers(), header)),
    }
}

/// Whose a request about something else than a session is.
///
/// # Errors
/// As the server's mode has it: a token that is missing, wrong or expired, or another user named.
async fn caller(app: &App, who: &Who, bearer: Option<String>, now: Timestamp) -> Result<String, Problem> {
    let shown = Shown { bearer, ..who.shown.clone() };
    app.auth.writing(&shown, who.session_id.unwrap_or_default(), now).await
}

async fn subject(app: &App, draft: &mut Draft, bearer: Option<String>, now: Timestamp) -> Result<String, Problem> {
    let shown = Shown { bearer, ..draft.shown.clone() };
    let (session_id, tab_id) = (draft.session_id(), draft.tab_id());
    let Some(start) = draft.start() else { return app.auth.writing(&shown, session_id, now).await };
    let named = Named { session_id, device_id: start.device_id, tab_id };
    let starter = app.auth.starting(&shown, named, now).await?;
    if let Some(claimed) = starter.claimed_user_id {
        draft.note_claim(&claimed);
    }
    Ok(starter.user_id)
}

fn problem(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::NotFound => Problem::SessionNotFound,
        Refusal::Ended { reason, at } => Problem::SessionEnded { reason: reason.name(), at },
        Refusal::MetadataTooLarge => Problem::field(
            "/metadata",
            format!("would make the session's metadata larger than {} bytes", crate::limits::OBJECT_BYTES),
        ),
    }
}

/// The reply to a request that may have carried everything: `start` and `batch`.
///
/// # Errors
/// `internal-error` if no token can be signed.
pub fn full_reply(app: &App, done: Done) -> Result<Reply, Problem> {
    let session = &done.applied.session;
    let timing = &app.settings.timing;
    let mut reply =
        Reply::about(session, done.now).expiry(session, timing).end(session).mapped(session, &done.applied.events);
    if done.started {
        let visitor = app.auth.visitor_token(session, done.now)?;
        reply = reply.started(session, &app.auth.write_token(session, done.now)?, visitor.as_ref(), timing);
    }
    reply.rooms(&done.rooms, timing);
    if done.lists_events {
        reply = reply.events(&done.applied, done.rejected);
    }
    Ok(reply)
}

/// Nothing is at this address.
pub async fn not_found() -> Problem {
    Problem::NotFound
}

/// Something is, for another method.
pub async fn method_not_allowed() -> Problem {
    Problem::MethodNotAllowed
}
