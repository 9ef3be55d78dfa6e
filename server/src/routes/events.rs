//! `GET /api/sessions/{id}/events`: what a session of the caller's has stored, and what is missing of it.

use super::query::Query;
use crate::App;
use crate::error::Problem;
use crate::limits::PAGE_ROWS;
use crate::store::Page;
use crate::wire::views::{self, EventView, TrailView};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use std::sync::Arc;
use uuid::Uuid;

/// In order: the start first, the end last, between them by time and sequence number; `next` if there are more.
///
/// # Errors
/// 404 if the caller has no such session; 422 if the query is at fault.
pub async fn events(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Json<TrailView>, Problem> {
    let query = Query::parse(&uri)?;
    let user_id = app.auth.reading(&headers, query.user_id()?, app.clock.now()).await?;
    let Page { since, limit } = query.page(PAGE_ROWS)?;
    let skip = u64::try_from(since.unwrap_or(0)).unwrap_or(0);
    let id = Uuid::try_parse(&id).map_err(|_| Problem::SessionNotFound)?;
    let trail = app.store.trail(&user_id, id, skip, limit).await?.ok_or(Problem::SessionNotFound)?;
    Ok(Json(TrailView {
        session_id: trail.session_id,
        tabs: trail.tabs.iter().map(views::tab).collect(),
        events: trail.events.into_iter().map(|event| EventView::new(event, trail.session_id, &user_id)).collect(),
        next: trail.more.then(|| (skip + u64::from(limit)).to_string()),
    }))
}
