//! `GET /api/sessions/{id}/events`: what a session of the caller's has stored, and what is missing of it.

use super::query::Query;
use crate::App;
use crate::error::Problem;
use crate::limits::PAGE_ROWS;
use crate::wire::replies;
use crate::writer::problem;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::Uri;
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

/// In order: the start first, the end last, between them by time and sequence number; `next` if there are more.
///
/// # Errors
/// 404 if the caller has no such session; 422 if the query is at fault.
pub async fn events(State(app): State<Arc<App>>, Path(id): Path<String>, uri: Uri) -> Result<Json<Value>, Problem> {
    let query = Query::parse(&uri)?;
    let user_id = app.auth.reading(query.user_id()?)?;
    let page = query.page()?;
    let limit = if uri.query().is_some_and(|query| query.contains("limit=")) { page.limit } else { PAGE_ROWS };
    let skip = u64::try_from(page.since.unwrap_or(0)).unwrap_or(0);
    let id = Uuid::try_parse(&id).map_err(|_| Problem::SessionNotFound)?;
    let trail = app
        .store
        .trail(&user_id, id, skip, limit)
        .await
        .map_err(|error| problem(&error))?
        .ok_or(Problem::SessionNotFound)?;
    let events: Vec<_> = trail.events.iter().map(|event| replies::event(event, trail.session_id, &user_id)).collect();
    let tabs: Vec<_> = trail.tabs.iter().map(replies::tab).collect();
    let mut reply = json!({ "sessionId": trail.session_id, "events": events, "tabs": tabs });
    if trail.more {
        reply["next"] = json!((skip + u64::from(limit)).to_string());
    }
    Ok(Json(reply))
}
