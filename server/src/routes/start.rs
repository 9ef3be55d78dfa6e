//! `POST /api/sessions/start`: a session begins, or is taken up again.

use crate::App;
use crate::error::Problem;
use crate::limits::BODY_BYTES;
use crate::wire::requests::Route;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use serde_json::Value;
use std::sync::Arc;

/// 201 with the token and the constants; 200 if the session was there already.
///
/// # Errors
/// 410 if the session is over for good.
pub async fn start(State(app): State<Arc<App>>, request: Request) -> Result<(StatusCode, Json<Value>), Problem> {
    let done = super::submit(&app, request, Route::Start, BODY_BYTES).await?;
    let status = if done.applied.created { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(super::full_reply(&app, done)?.json())))
}
