//! Figures by the hour: counted once nothing in an hour changes any more, kept longer than what they count, and read by every question that
//! looks back further than that. Times are text of one form, so the beginning of the text is the beginning of the hour.

use super::rows::{counted, time, unsigned};
use crate::clock::Timestamp;
use crate::store::StoreError;
use crate::store::insights::{Bucket, Point, Span};
use sqlx::AssertSqlSafe;
use sqlx::sqlite::{SqliteConnection, SqlitePool};
use std::collections::BTreeMap;

/// A session's length; half a millisecond is added before cutting, for SQLite tells times below the second as floating-point numbers.
pub(super) const LENGTH: &str = "coalesce(total_duration_seconds, max(0,
    CAST(unixepoch(last_heartbeat_at, 'subsec') - unixepoch(started_at, 'subsec') + 0.0005 AS INTEGER)))";

/// The hour that a moment is in, as text.
fn hour(at: Timestamp) -> String {
    format!("{}:00:00.000Z", &at.to_string()[..13])
}

pub(super) async fn roll_up(pool: &SqlitePool, until: Timestamp, kept_since: Timestamp) -> Result<u64, StoreError> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    let (since, until) = (reach(&mut transaction).await?, hour(until));
    if until <= since {
        return Ok(0);
    }
    let mut rows = 0;
    for count in [
        format!(
            "INSERT INTO session_rollups_hourly (bucket, platform, app_section, sessions, ended, total_seconds, active_seconds)
             SELECT substr(started_at, 1, 13) || ':00:00.000Z', platform, coalesce(app_section, ''), count(*), count(ended_at),
                    sum({LENGTH}), sum(active_seconds)
             FROM user_sessions WHERE started_at >= ? AND started_at < ? GROUP BY 1, 2, 3"
        ),
        "INSERT INTO event_rollups_hourly (bucket, event_type, events)
         SELECT substr(received_at, 1, 13) || ':00:00.000Z', event_type, count(*)
         FROM session_events WHERE received_at >= ? AND received_at < ? GROUP BY 1, 2"
            .into(),
    ] {
        let counted = sqlx::query(AssertSqlSafe(count)).bind(&since).bind(&until).execute(&mut *transaction).await?;
        rows += counted.rows_affected();
    }
    for forget in
        ["DELETE FROM session_rollups_hourly WHERE bucket < ?", "DELETE FROM event_rollups_hourly WHERE bucket < ?"]
    {
        sqlx::query(forget).bind(kept_since.to_string()).execute(&mut *transaction).await?;
    }
    sqlx::query("INSERT OR REPLACE INTO rollups_until (only_row, until) VALUES (1, ?)")
        .bind(&until)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(rows)
}

/// Hours before this one are in the rollups. Every time sorts after the empty text.
async fn reach(connection: &mut SqliteConnection) -> Result<String, StoreError> {
    let until: Option<String> =
        sqlx::query_scalar("SELECT until FROM rollups_until").fetch_optional(connection).await?;
    Ok(until.unwrap_or_default())
}

/// The events of a span by type, most frequent first: of its whole hours from the rollups, as far as they reach.
pub(super) async fn event_types(pool: &SqlitePool, span: Span) -> Result<Vec<(String, u64)>, StoreError> {
    let mut connection = pool.acquire().await?;
    let first = hour(Timestamp::from_millis(span.from.millis() + 3_599_999));
    let until = reach(&mut connection).await?.min(hour(span.to)).max(first.clone());
    let rows = sqlx::query_as(
        "SELECT event_type, sum(events) AS events FROM (
             SELECT event_type, events FROM event_rollups_hourly WHERE bucket >= ?3 AND bucket < ?4
             UNION ALL
             SELECT event_type, count(*) FROM session_events WHERE received_at >= ?1 AND received_at < min(?2, ?3) GROUP BY 1
             UNION ALL
             SELECT event_type, count(*) FROM session_events WHERE received_at >= ?4 AND received_at < ?2 GROUP BY 1)
         GROUP BY event_type ORDER BY events DESC, event_type LIMIT 100",
    )
    .bind(span.from.to_string())
    .bind(span.to.to_string())
    .bind(first)
    .bind(until)
    .fetch_all(&mut *connection)
    .await?;
    Ok(counted(rows))
}

/// What began and came in each bucket that is not empty. Users are told apart by their rows, so there are none where history has ended.
pub(super) async fn timeline(
    pool: &SqlitePool,
    span: Span,
    bucket: Bucket,
) -> Result<BTreeMap<Timestamp, Point>, StoreError> {
    let (kept, rest) = match bucket {
        Bucket::Minute => (16, ":00.000Z"),
        Bucket::Hour => (13, ":00:00.000Z"),
        Bucket::Day => (10, "T00:00:00.000Z"),
    };
    let mut connection = pool.acquire().await?;
    let from = span.from.to_string();
    let until = match bucket {
        Bucket::Minute => from.clone(),
        Bucket::Hour | Bucket::Day => reach(&mut connection).await?.min(span.to.to_string()).max(from.clone()),
    };
    let rows: Vec<(String, i64, i64, i64)> = sqlx::query_as(
        "SELECT substr(at, 1, ?4) || ?5, sum(sessions), sum(users), sum(events) FROM (
             SELECT bucket AS at, sessions, 0 AS users, 0 AS events FROM session_rollups_hourly WHERE bucket >= ?1 AND bucket < ?3
             UNION ALL
             SELECT bucket, 0, 0, events FROM event_rollups_hourly WHERE bucket >= ?1 AND bucket < ?3
             UNION ALL
             SELECT substr(started_at, 1, ?4), count(*), 0, 0 FROM user_sessions WHERE started_at >= ?3 AND started_at < ?2 GROUP BY 1
             UNION ALL
             SELECT substr(started_at, 1, ?4), 0, count(DISTINCT user_id), 0
             FROM user_sessions WHERE started_at >= ?1 AND started_at < ?2 GROUP BY 1
             UNION ALL
             SELECT substr(received_at, 1, ?4), 0, 0, count(*) FROM session_events WHERE received_at >= ?3 AND received_at < ?2 GROUP BY 1)
         GROUP BY 1",
    )
    .bind(from)
    .bind(span.to.to_string())
    .bind(until)
    .bind(kept)
    .bind(rest)
    .fetch_all(&mut *connection)
    .await?;
    let point = |(at, sessions, users, events): (String, i64, i64, i64)| {
        let point = Point { sessions: unsigned(sessions), users: unsigned(users), events: unsigned(events) };
        Ok((time("bucket", &at)?, point))
    };
    rows.into_iter().map(point).collect()
}
