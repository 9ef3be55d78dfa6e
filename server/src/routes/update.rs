//! `POST /api/sessions/update`: where the page stands. With an `eventId` it is a section change, and stored as an event.

use crate::App;
use crate::error::Problem;
use crate::limits::BEACON_BYTES;
use crate::wire::replies::Reply;
use crate::wire::requests::Route;
use axum::Json;
use axum::extract::{Request, State};
use serde_json::{Value, json};
use std::sync::Arc;

/// 200 with the current section; of a session that is over for good, if the update is a section change and so an event.
///
/// # Errors
/// 404 if there is no such session; 410 if it is over for good and the update is no event, or comes too late for one.
pub async fn update(State(app): State<Arc<App>>, request: Request) -> Result<Json<Value>, Problem> {
    let done = super::submit(&app, request, Route::Update, BEACON_BYTES).await?;
    let session = &done.applied.session;
    let reply = Reply::about(session, done.now).expiry(session, &app.settings.timing).end(session);
    let mut reply = reply.mapped(session, &done.applied.events);
    reply.set("section", json!(session.section));
    Ok(Json(reply.json()))
}
