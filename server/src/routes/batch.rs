//! `POST /api/sessions/batch`: everything that one tab has to say about one session, in one request.

use crate::App;
use crate::error::Problem;
use crate::limits::BODY_BYTES;
use crate::wire::requests::Route;
use axum::Json;
use axum::extract::{Request, State};
use serde_json::Value;
use std::sync::Arc;

/// 200 with what became of each event.
///
/// # Errors
/// 404 if there is no such session; 410 if it is over for good and the request has neither events nor an end.
pub async fn batch(State(app): State<Arc<App>>, request: Request) -> Result<Json<Value>, Problem> {
    let done = super::submit(&app, request, Route::Batch, BODY_BYTES).await?;
    Ok(Json(super::full_reply(&app, done)?.json()))
}
