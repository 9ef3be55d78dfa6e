//! `/api/rooms`: people who are somewhere together. Who may do what in a room is said in [`crate::room`].

use super::query::Query;
use crate::App;
use crate::auth::bearer;
use crate::clock::Timestamp;
use crate::error::Problem;
use crate::limits::BEACON_BYTES;
use crate::room::{AccessMethod, Room, RoomRefusal};
use crate::session::Session;
use crate::store::rooms::{Member, NewRoom, Presence};
use crate::wire::body;
use crate::wire::rooms::{self as wire, Seen, Visit};
use axum::Json;
use axum::RequestExt;
use axum::extract::{FromRequest, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

/// 201 with the room; 200 if the caller made it before. Nobody is in it yet.
///
/// # Errors
/// 409 if somebody else made a room of this id.
pub async fn create(State(app): State<Arc<App>>, request: Request) -> Result<(StatusCode, Json<Value>), Problem> {
    let now = app.clock.now();
    let bearer = bearer::of(request.headers())?.map(str::to_owned);
    let asked = wire::creation(&body::read(request, BEACON_BYTES, app.settings.body_timeout).await?, now)?;
    let owner_id = super::caller(&app, &asked.who, bearer, now).await?;
    let new = NewRoom { id: asked.room_id, owner_id, max_participants: asked.max_participants };
    let timing = &app.settings.timing.rooms;
    let (room, is_new) = app.store.create_room(&new, now).await?.map_err(|refusal| wire::problem(refusal, timing))?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(wire::room(&room, now, timing))))
}

/// What somebody asks about one room, and when.
#[derive(Debug)]
pub struct Asked {
    member: Member,
    access: AccessMethod,
    close: bool,
    at: Timestamp,
}

impl FromRequest<Arc<App>> for Asked {
    type Rejection = Response;

    async fn from_request(mut request: Request, app: &Arc<App>) -> Result<Self, Response> {
        let Path(id) = request.extract_parts::<Path<String>>().await.map_err(IntoResponse::into_response)?;
        Self::read(app, &id, request).await.map_err(IntoResponse::into_response)
    }
}

impl Asked {
    async fn read(app: &App, id: &str, request: Request) -> Result<Self, Problem> {
        let at = app.clock.now();
        let bearer = bearer::of(request.headers())?.map(str::to_owned);
        let Visit { who, device_id, access, close } =
            wire::visit(&body::read(request, BEACON_BYTES, app.settings.body_timeout).await?)?;
        let user_id = super::caller(app, &who, bearer, at).await?;
        Ok(Self { member: Member { room_id: room_id(id)?, user_id, device_id }, access, close, at })
    }
}

/// 200 with the room; so is joining it again.
///
/// # Errors
/// 410 if the link has expired, 409 if the room is full, 404 if there is none or the caller needs a link.
pub async fn join(State(app): State<Arc<App>>, asked: Asked) -> Result<Json<Value>, Problem> {
    answer(&app, app.store.join_room(&asked.member, asked.access, asked.at).await?, asked.at)
}

/// 200 with the room; so is leaving it again.
///
/// # Errors
/// 404 if there is no such room or the caller never was in it; 403 if somebody else than its owner wants it closed.
pub async fn leave(State(app): State<Arc<App>>, asked: Asked) -> Result<Json<Value>, Problem> {
    answer(&app, app.store.leave_room(&asked.member, asked.close, asked.at).await?, asked.at)
}

/// 200 with when the room expires. A heartbeat says the same for all rooms at once.
///
/// # Errors
/// 404 if the caller is not in such a room; 410 if it is over.
pub async fn presence(State(app): State<Arc<App>>, asked: Asked) -> Result<Json<Value>, Problem> {
    let Asked { member, at, .. } = asked;
    let room_id = member.room_id;
    let mut outcomes = app.presence.write(vec![Presence { member, at }]).await?;
    let outcome = outcomes.pop().ok_or(Problem::Internal)?;
    let expires_at = outcome.map_err(|refusal| wire::problem(refusal, &app.settings.timing.rooms))?;
    Ok(Json(json!({ "roomId": room_id, "expiresAt": expires_at, "serverTime": at })))
}

/// Who is or was in a room, for its owner and for them.
///
/// # Errors
/// 404 for anybody else, or if there is no such room.
pub async fn participants(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    let now = app.clock.now();
    let user_id = app.auth.reading(&headers, Query::parse(&uri)?.user_id()?, now).await?;
    let room_id = room_id(&id)?;
    let participants = app.store.participants(room_id, &user_id).await?.ok_or(Problem::SessionNotFound)?;
    Ok(Json(wire::participants(room_id, &participants, now, &app.settings.timing)))
}

/// Whether a room is alive, for whoever has its link.
///
/// # Errors
/// 404 if there is none.
pub async fn expiry(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    let now = app.clock.now();
    app.auth.reading(&headers, Query::parse(&uri)?.user_id()?, now).await?;
    let room = app.store.room(room_id(&id)?).await?.ok_or(Problem::SessionNotFound)?;
    Ok(Json(wire::expiry(&room, now, &app.settings.timing.rooms)))
}

/// Says of a session that goes on that it is in these rooms.
///
/// # Errors
/// `unavailable` if the queue is full or the store does not answer. The session's own write is committed then; repeating it does no harm.
pub async fn seen_in(app: &App, session: &Session, rooms: Vec<Uuid>, at: Timestamp) -> Result<Vec<Seen>, Problem> {
    if rooms.is_empty() || session.ended().is_some() {
        return Ok(Vec::new());
    }
    let device_id = session.device_id.unwrap_or_default();
    let presence = |room_id| Presence { member: Member { room_id, user_id: session.user_id.clone(), device_id }, at };
    let outcomes = app.presence.write(rooms.iter().copied().map(presence).collect()).await?;
    Ok(rooms.into_iter().zip(outcomes).map(|(room_id, outcome)| Seen { room_id, outcome }).collect())
}

fn answer(app: &App, room: Result<Room, RoomRefusal>, now: Timestamp) -> Result<Json<Value>, Problem> {
    let timing = &app.settings.timing.rooms;
    let room = room.map_err(|refusal| wire::problem(refusal, timing))?;
    Ok(Json(wire::room(&room, now, timing)))
}

/// What is no id is the id of no room.
fn room_id(text: &str) -> Result<Uuid, Problem> {
    Uuid::try_parse(text).map_err(|_| Problem::SessionNotFound)
}
