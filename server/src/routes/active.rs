//! `GET /api/sessions/active`: the caller's own sessions that go on.

use super::query::Query;
use crate::App;
use crate::error::Problem;
use crate::wire::views;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use serde_json::{Value, json};
use std::sync::Arc;

/// Newest first.
///
/// # Errors
/// 422 if the query is at fault.
pub async fn active(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Result<Json<Value>, Problem> {
    let user_id = app.auth.reading(&headers, Query::parse(&uri)?.user_id()?, app.clock.now()).await?;
    let sessions = app.store.active(&user_id, app.clock.now()).await?;
    let sessions: Vec<_> = sessions.iter().map(views::session).collect();
    Ok(Json(json!({ "userId": user_id, "sessions": sessions })))
}
