//! `GET /api/sessions/stats`: the caller's own figures.

use super::etag::tagged;
use super::query::Query;
use crate::App;
use crate::error::Problem;
use crate::wire::views;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use std::sync::Arc;
use std::time::Duration;

/// Over the sessions that began within the last `daysBack` days; 304 to who has that answer already.
///
/// # Errors
/// 422 if the query is at fault.
pub async fn stats(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Result<Response, Problem> {
    let query = Query::parse(&uri)?;
    let days_back = query.days_back()?;
    let user_id = app.auth.reading(&headers, query.user_id()?, app.clock.now()).await?;
    let now = app.clock.now();
    let since = now.minus(Duration::from_secs(u64::from(days_back) * 86_400));
    let stats = app.store.stats(&user_id, since, now).await?;
    Ok(tagged(&headers, &views::stats(&user_id, days_back, &stats)))
}
