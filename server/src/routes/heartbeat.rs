//! `POST /api/sessions/heartbeat`: the page is still there.

use crate::App;
use crate::error::Problem;
use crate::limits::BEACON_BYTES;
use crate::wire::replies::Reply;
use crate::wire::requests::Route;
use axum::Json;
use axum::extract::{Request, State};
use serde_json::Value;
use std::sync::Arc;

/// 200 with the session's status, and when each of its rooms expires.
///
/// # Errors
/// 404 if there is no such session; 410 if it is over for good.
pub async fn heartbeat(State(app): State<Arc<App>>, request: Request) -> Result<Json<Value>, Problem> {
    let done = super::submit(&app, request, Route::Heartbeat, BEACON_BYTES).await?;
    let session = &done.applied.session;
    let timing = &app.settings.timing;
    let mut reply = Reply::about(session, done.now).expiry(session, timing).end(session).mapped(session, &[]);
    reply.rooms(&done.rooms, timing);
    Ok(Json(reply.json()))
}
