//! `POST /api/sessions/log-event`: one event.

use crate::App;
use crate::error::Problem;
use crate::limits::BEACON_BYTES;
use crate::session::write::Fate;
use crate::wire::replies::{Reply, too_late};
use crate::wire::requests::Route;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;

/// 201 with the event's id; 200 if it was stored before.
///
/// # Errors
/// 404 if there is no such session; 410 if it ended more than seven days ago.
pub async fn log_event(State(app): State<Arc<App>>, request: Request) -> Result<(StatusCode, Json<Value>), Problem> {
    let done = super::submit(&app, request, Route::LogEvent, BEACON_BYTES).await?;
    let session = &done.applied.session;
    let event = done.applied.events.first().ok_or(Problem::Internal)?;
    let status = match event.fate {
        Fate::Accepted => StatusCode::CREATED,
        Fate::Duplicate => StatusCode::OK,
        Fate::TooLate => return Err(too_late(session).unwrap_or(Problem::Internal)),
    };
    let mut reply = Reply::about(session, done.now).mapped(session, &done.applied.events);
    reply.set("eventId", json!(event.event_id));
    Ok((status, Json(reply.json())))
}
