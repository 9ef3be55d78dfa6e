//! An operator's questions in SQL. Spans are found by the indexes on when a session began and when an event came.

use super::SqliteStore;
use super::rollups::{self, LENGTH};
use super::rows::{SessionRow, counted, unsigned};
use crate::clock::Timestamp;
use crate::limits::MAX_SESSION;
use crate::store::StoreError;
use crate::store::insights::{
    Bucket, DURATION_EDGES, Delivery, Insights, Online, Point, RETENTION_DAYS, Retention, Span, Summary,
};
use async_trait::async_trait;
use sqlx::query::QueryAs;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqlitePool, SqliteRow};
use sqlx::{AssertSqlSafe, FromRow};
use std::collections::BTreeMap;
use std::time::Duration;

#[async_trait]
impl Insights for SqliteStore {
    async fn online(&self, now: Timestamp, heard_since: Timestamp, limit: u32) -> Result<Online, StoreError> {
        let quiet = now.minus(self.timing.timeout);
        let times = [quiet, now.minus(MAX_SESSION), heard_since.max(quiet)].map(|time| time.to_string());
        let (active, idle, online, users): (i64, i64, i64, i64) = live(
            "count(*), count(*) FILTER (WHERE status = 'idle'), count(*) FILTER (WHERE last_heartbeat_at > ?3),
             count(DISTINCT user_id) FILTER (WHERE last_heartbeat_at > ?3)",
            "",
            &times,
        )
        .fetch_one(&self.readers)
        .await?;
        let sections: Vec<(String, i64)> = live(
            "app_section, count(*)",
            "AND last_heartbeat_at > ?3 AND app_section IS NOT NULL GROUP BY app_section",
            &times,
        )
        .fetch_all(&self.readers)
        .await?;
        let newest: Vec<SessionRow> =
            live("*", "AND last_heartbeat_at > ?3 ORDER BY started_at DESC, id DESC LIMIT ?4", &times)
                .bind(limit)
                .fetch_all(&self.readers)
                .await?;
        Ok(Online {
            active_sessions: unsigned(active),
            idle_sessions: unsigned(idle),
            online_sessions: unsigned(online),
            online_users: unsigned(users),
            sections: counted(sections).into_iter().collect(),
            newest: newest.into_iter().map(SessionRow::session).collect::<Result<_, _>>()?,
        })
    }

    async fn summary(&self, span: Span, now: Timestamp) -> Result<Summary, StoreError> {
        let pool = &self.readers;
        let mut summary = totals(pool, span).await?;
        for (hour, sessions) in groups(pool, span, "substr(started_at, 12, 2)").await? {
            if let Some(slot) = hour.parse().ok().and_then(|hour: usize| summary.hours.get_mut(hour)) {
                *slot = sessions;
            }
        }
        for (length, sessions) in groups(pool, span, LENGTH).await? {
            let length: u64 = length.parse().unwrap_or(0);
            let bucket = DURATION_EDGES.partition_point(|edge| *edge <= length).saturating_sub(1);
            summary.durations[bucket] += sessions;
        }
        summary.end_reasons = groups(pool, span, "end_reason").await?.into_iter().collect();
        summary.platforms = groups(pool, span, "platform").await?.into_iter().collect();
        summary.sections = sections(pool, span).await?;
        summary.event_types = rollups::event_types(pool, span).await?;
        summary.delivery = delivery(pool, span).await?;
        for (slot, day) in summary.retention.iter_mut().zip(RETENTION_DAYS) {
            *slot = retention(pool, span, day, now).await?;
        }
        Ok(summary)
    }

    async fn timeline(&self, span: Span, bucket: Bucket) -> Result<BTreeMap<Timestamp, Point>, StoreError> {
        rollups::timeline(&self.readers, span, bucket).await
    }
}

/// Asks for columns of the sessions that go on: heard of after `?1`, and begun after `?2`. Those heard of after `?3` are online.
fn live<'q, Row: for<'r> FromRow<'r, SqliteRow>>(
    columns: &str,
    which: &str,
    times: &'q [String; 3],
) -> QueryAs<'q, Sqlite, Row, SqliteArguments> {
    let query = format!(
        "SELECT {columns} FROM user_sessions WHERE ended_at IS NULL AND last_heartbeat_at > ?1 AND started_at > ?2 {which}"
    );
    times.iter().fold(sqlx::query_as(AssertSqlSafe(query)), |query, time| query.bind(time))
}

async fn totals(pool: &SqlitePool, span: Span) -> Result<Summary, StoreError> {
    let (sessions, users, total, active): (i64, i64, i64, i64) = sqlx::query_as(AssertSqlSafe(format!(
        "SELECT count(*), count(DISTINCT user_id), coalesce(sum({LENGTH}), 0), coalesce(sum(active_seconds), 0)
         FROM user_sessions WHERE started_at >= ? AND started_at < ?"
    )))
    .bind(span.from.to_string())
    .bind(span.to.to_string())
    .fetch_one(pool)
    .await?;
    Ok(Summary {
        sessions: unsigned(sessions),
        users: unsigned(users),
        total_seconds: unsigned(total),
        active_seconds: unsigned(active),
        ..Summary::default()
    })
}

/// How many of the span's sessions there are of each value of an expression of ours; those that have none are left out.
async fn groups(pool: &SqlitePool, span: Span, by: &'static str) -> Result<Vec<(String, u64)>, StoreError> {
    let rows = sqlx::query_as(AssertSqlSafe(format!(
        "SELECT CAST({by} AS TEXT) AS value, count(*) FROM user_sessions
         WHERE started_at >= ? AND started_at < ? AND {by} IS NOT NULL GROUP BY 1"
    )))
    .bind(span.from.to_string())
    .bind(span.to.to_string())
    .fetch_all(pool)
    .await?;
    Ok(counted(rows))
}

async fn sections(pool: &SqlitePool, span: Span) -> Result<Vec<(String, u64)>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT e.section, count(*) AS entries
         FROM user_sessions s JOIN session_events e ON e.user_id = s.user_id AND e.session_id = s.id
         WHERE s.started_at >= ? AND s.started_at < ? AND e.event_type IN ('session_start', 'section_change') AND e.section IS NOT NULL
         GROUP BY e.section ORDER BY entries DESC, e.section LIMIT 100",
    )
    .bind(span.from.to_string())
    .bind(span.to.to_string())
    .fetch_all(pool)
    .await?;
    Ok(counted(rows))
}

async fn delivery(pool: &SqlitePool, span: Span) -> Result<Delivery, StoreError> {
    let (tabs, with_gaps, given, received, dropped, missing): (i64, i64, i64, i64, i64, i64) = sqlx::query_as(
        "WITH tabs AS (
             SELECT t.last_seq, (SELECT coalesce(sum(d.value ->> 'count'), 0) FROM json_each(t.dropped) d) AS dropped,
                    count(DISTINCT e.seq) AS received, coalesce(max(e.seq), 0) AS last_received
             FROM user_sessions s
             JOIN session_tabs t ON t.user_id = s.user_id AND t.session_id = s.id
             LEFT JOIN session_events e ON e.user_id = t.user_id AND e.session_id = t.session_id AND e.tab_id = t.tab_id
             WHERE s.started_at >= ? AND s.started_at < ?
             GROUP BY t.user_id, t.session_id, t.tab_id),
         accounts AS (SELECT max(last_seq, last_received) AS given, received, dropped FROM tabs)
         SELECT count(*), count(*) FILTER (WHERE given - received - dropped > 0), coalesce(sum(given), 0),
                coalesce(sum(received), 0), coalesce(sum(dropped), 0), coalesce(sum(max(0, given - received - dropped)), 0)
         FROM accounts",
    )
    .bind(span.from.to_string())
    .bind(span.to.to_string())
    .fetch_one(pool)
    .await?;
    Ok(Delivery {
        tabs: unsigned(tabs),
        tabs_with_gaps: unsigned(with_gaps),
        given: unsigned(given),
        received: unsigned(received),
        dropped: unsigned(dropped),
        missing: unsigned(missing),
    })
}

async fn retention(pool: &SqlitePool, span: Span, day: u32, now: Timestamp) -> Result<Retention, StoreError> {
    let over = now.minus(Duration::from_secs(u64::from(day + 1) * 86_400));
    let (users, returned): (i64, i64) = sqlx::query_as(
        "WITH firsts AS (SELECT user_id, min(started_at) AS first FROM user_sessions GROUP BY user_id HAVING first >= ?1 AND first < ?2)
         SELECT count(*), count(*) FILTER (WHERE EXISTS (
             SELECT 1 FROM user_sessions s WHERE s.user_id = f.user_id
                 AND s.started_at >= strftime('%Y-%m-%dT%H:%M:%fZ', f.first, ?3)
                 AND s.started_at < strftime('%Y-%m-%dT%H:%M:%fZ', f.first, ?4)))
         FROM firsts f",
    )
    .bind(span.from.to_string())
    .bind(span.to.min(over).to_string())
    .bind(format!("+{day} days"))
    .bind(format!("+{} days", day + 1))
    .fetch_one(pool)
    .await?;
    Ok(Retention { users: unsigned(users), returned: unsigned(returned) })
}
