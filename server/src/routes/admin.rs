//! `GET /api/admin/…`: everybody's sessions and events as they come, for whoever holds the service token.

use super::query::Query;
use crate::App;
use crate::error::Problem;
use crate::limits::PAGE_ROWS_DEFAULT;
use crate::wire::views::{self, EventFeedView, EventView};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use serde_json::{Value, json};
use std::sync::Arc;

/// Sessions by their last change.
///
/// # Errors
/// 401 without the service token; 422 if the query is at fault.
pub async fn sessions(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Result<Json<Value>, Problem> {
    app.auth.serving(&headers)?;
    let feed = app.store.session_feed(Query::parse(&uri)?.page(PAGE_ROWS_DEFAULT)?).await?;
    let rows: Vec<_> = feed.rows.iter().map(views::session).collect();
    Ok(Json(json!({ "sessions": rows, "next": feed.next.to_string() })))
}

/// Events as they were stored.
///
/// # Errors
/// 401 without the service token; 422 if the query is at fault.
pub async fn events(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Result<Json<EventFeedView>, Problem> {
    app.auth.serving(&headers)?;
    let feed = app.store.event_feed(Query::parse(&uri)?.page(PAGE_ROWS_DEFAULT)?).await?;
    let events = feed.rows.into_iter().map(|fed| EventView::new(fed.event, fed.session_id, &fed.user_id)).collect();
    Ok(Json(EventFeedView { events, next: feed.next.to_string() }))
}
