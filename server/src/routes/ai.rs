//! `/api/ai`: conversations with a model, and what was said in them. Everything may be repeated; nothing is stored twice.

use crate::App;
use crate::auth::{AuthMode, Named, bearer};
use crate::clock::Timestamp;
use crate::error::Problem;
use crate::limits::BODY_BYTES;
use crate::store::ai::{AiSession, NewAiSession};
use crate::wire::ai::{self as wire, Asked};
use crate::wire::body;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;

/// 201 with the conversation; 200 if it was there already.
///
/// # Errors
/// 409 if it is to be linked to a session that the caller does not have.
pub async fn create(State(app): State<Arc<App>>, request: Request) -> Result<(StatusCode, Json<Value>), Problem> {
    let now = app.clock.now();
    let bearer = bearer::of(request.headers())?.map(str::to_owned);
    let asked = wire::session(&body::read(request, BODY_BYTES, app.settings.body_timeout).await?, now)?;
    let (status, session) = ensure(&app, asked, bearer, now).await?;
    Ok((status, Json(wire::reply(&session, now))))
}

/// The same, as `{session_id}`.
///
/// # Errors
/// As [`create`].
pub async fn create_by_its_first_name(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let now = app.clock.now();
    let bearer = bearer::of(request.headers())?.map(str::to_owned);
    let asked =
        wire::session_by_its_first_name(&body::read(request, BODY_BYTES, app.settings.body_timeout).await?, now)?;
    let (status, session) = ensure(&app, asked, bearer, now).await?;
    Ok((status, Json(json!({ "session_id": session.id }))))
}

/// 201 with the interaction's id; 200 if it was stored before. Its conversation is made if it was not there.
///
/// # Errors
/// 409 if a new conversation is to be linked to a session that the caller does not have.
pub async fn log(State(app): State<Arc<App>>, request: Request) -> Result<(StatusCode, Json<Value>), Problem> {
    let now = app.clock.now();
    let bearer = bearer::of(request.headers())?.map(str::to_owned);
    let (asked, interaction) =
        wire::interaction(&body::read(request, BODY_BYTES, app.settings.body_timeout).await?, now)?;
    let session = wanted(&app, asked, bearer, now).await?;
    let (stored, is_new) = app.store.log_interaction(&session, &interaction).await?.map_err(wire::problem)?;
    let mut reply = wire::reply(&stored, now);
    reply["eventId"] = json!(interaction.id);
    Ok((created(is_new), Json(reply)))
}

async fn ensure(
    app: &App,
    asked: Asked,
    bearer: Option<String>,
    now: Timestamp,
) -> Result<(StatusCode, AiSession), Problem> {
    let session = wanted(app, asked, bearer, now).await?;
    let made = app.store.create_session(&session, now).await?;
    let (stored, is_new) = made.map_err(wire::problem)?;
    Ok((created(is_new), stored))
}

/// Without login, whoever does not say who they are is a visitor known by the conversation's id alone, as they are by a session's.
async fn wanted(app: &App, asked: Asked, bearer: Option<String>, now: Timestamp) -> Result<NewAiSession, Problem> {
    let Asked { who, ai_session_id } = asked;
    let says_nothing = who.shown.write_token.is_none() && who.shown.user_id.is_none();
    let user_id = if says_nothing && app.settings.auth == AuthMode::None {
        let named = Named { session_id: ai_session_id, device_id: None, tab_id: None };
        app.auth.starting(&who.shown, named, now).await?.user_id
    } else {
        super::caller(app, &who, bearer, now).await?
    };
    Ok(NewAiSession { user_id, id: ai_session_id, session_id: who.session_id })
}

fn created(is_new: bool) -> StatusCode {
    if is_new { StatusCode::CREATED } else { StatusCode::OK }
}
