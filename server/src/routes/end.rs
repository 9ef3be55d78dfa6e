//! `POST /api/sessions/end`: a session ends, provisionally (`app_close`) or for good.

use crate::App;
use crate::error::Problem;
use crate::limits::BEACON_BYTES;
use crate::wire::replies::Reply;
use crate::wire::requests::Route;
use axum::Json;
use axum::extract::{Request, State};
use serde_json::Value;
use std::sync::Arc;

/// 200 with how it ended; a second end gets the first one's times.
///
/// # Errors
/// 404 if there is no such session.
pub async fn end(State(app): State<Arc<App>>, request: Request) -> Result<Json<Value>, Problem> {
    let done = super::submit(&app, request, Route::End, BEACON_BYTES).await?;
    let session = &done.applied.session;
    let reply = Reply::about(session, done.now).expiry(session, &app.settings.timing).end(session).mapped(session, &[]);
    Ok(Json(reply.json()))
}
