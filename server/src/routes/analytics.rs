//! `/api/analytics`: everybody's sessions together, for whoever holds the service token.

use super::query::Query;
use crate::App;
use crate::clock::Timestamp;
use crate::error::Problem;
use crate::limits::{ONLINE_SESSIONS, PRESENT_BEATS, SERIES_POINTS};
use crate::store::insights::{Bucket, Span};
use crate::wire::analytics as wire;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// How long sessions last, when they begin, whether users come back, and what arrived of what was sent.
///
/// # Errors
/// 401 without the service token; 422 if the query is at fault.
pub async fn summary(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Result<Json<Value>, Problem> {
    app.auth.serving(&headers)?;
    let days_back = Query::parse(&uri)?.days_back()?;
    let now = app.clock.now();
    let span = Span { from: ago(now, days_back), to: Timestamp::from_millis(now.millis() + 1) };
    let summary = app.store.summary(span, now).await?;
    Ok(Json(wire::summary(&summary, Span { to: now, ..span }, days_back)))
}

/// Sessions that began and events that came, minute by minute, hour by hour or day by day.
///
/// # Errors
/// 401 without the service token; 422 if the query is at fault, or asks for too many points.
pub async fn timeline(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Result<Json<Value>, Problem> {
    app.auth.serving(&headers)?;
    let query = Query::parse(&uri)?;
    let (days_back, bucket) = (query.days_back_or(1)?, query.bucket()?);
    let now = app.clock.now();
    let span = Span { from: floor(ago(now, days_back), bucket), to: Timestamp::from_millis(now.millis() + 1) };
    if (span.to.millis() - span.from.millis()) / bucket.millis() >= SERIES_POINTS {
        return Err(Problem::field(
            "?bucket",
            format!("would give more than {SERIES_POINTS} points. Ask for fewer daysBack, or for a longer bucket"),
        ));
    }
    let points = app.store.timeline(span, bucket).await?;
    Ok(Json(wire::timeline(&points, Span { to: now, ..span }, days_back, bucket)))
}

/// Who is there at this moment.
///
/// # Errors
/// 401 without the service token; 422 if the query is at fault.
pub async fn online(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Result<Json<Value>, Problem> {
    app.auth.serving(&headers)?;
    let limit = Query::parse(&uri)?.page(ONLINE_SESSIONS)?.limit;
    let now = app.clock.now();
    let heard_since = now.minus(app.settings.timing.heartbeat * PRESENT_BEATS);
    let online = app.store.online(now, heard_since, limit).await?;
    Ok(Json(wire::online(&online, now)))
}

fn ago(now: Timestamp, days: u32) -> Timestamp {
    now.minus(Duration::from_secs(u64::from(days) * 86_400))
}

/// The first moment of the bucket that a moment is in.
fn floor(at: Timestamp, bucket: Bucket) -> Timestamp {
    Timestamp::from_millis(at.millis().div_euclid(bucket.millis()) * bucket.millis())
}
