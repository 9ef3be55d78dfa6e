//! An operator's questions, answered by functions that count.

use super::rows::{SessionJson, read, time, unsigned};
use super::{PgStore, rows};
use crate::clock::Timestamp;
use crate::store::StoreError;
use crate::store::insights::{
    Bucket, DURATION_EDGES, Delivery, Insights, Online, Point, RETENTION_DAYS, Retention, Span, Summary,
};
use async_trait::async_trait;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Deserialize)]
struct OnlineJson {
    active_sessions: u64,
    idle_sessions: u64,
    online_sessions: u64,
    online_users: u64,
    sections: BTreeMap<String, u64>,
    newest: Vec<SessionJson>,
}

#[derive(Deserialize)]
struct SummaryJson {
    sessions: u64,
    users: u64,
    total_seconds: u64,
    active_seconds: u64,
    hours: BTreeMap<usize, u64>,
    lengths: BTreeMap<u64, u64>,
    end_reasons: BTreeMap<String, u64>,
    platforms: BTreeMap<String, u64>,
    #[serde(rename = "sections")]
    entries: Vec<(String, u64)>,
    event_types: Vec<(String, u64)>,
    delivery: DeliveryJson,
}

#[derive(Deserialize)]
struct DeliveryJson {
    tabs: u64,
    tabs_with_gaps: u64,
    given: u64,
    received: u64,
    dropped: u64,
    missing: u64,
}

#[derive(Deserialize)]
struct PointJson {
    #[serde(deserialize_with = "time")]
    at: Timestamp,
    sessions: u64,
    users: u64,
    events: u64,
}

#[async_trait]
impl Insights for PgStore {
    async fn online(&self, now: Timestamp, heard_since: Timestamp, limit: u32) -> Result<Online, StoreError> {
        let online: String = sqlx::query_scalar(
            "SELECT session_internal.online($1::timestamptz, $2::timestamptz, $3::interval, $4)::text",
        )
        .bind(now.to_string())
        .bind(heard_since.to_string())
        .bind(self.timeout())
        .bind(i64::from(limit))
        .fetch_one(&self.pool)
        .await?;
        let online: OnlineJson = read(&online)?;
        Ok(Online {
            active_sessions: online.active_sessions,
            idle_sessions: online.idle_sessions,
            online_sessions: online.online_sessions,
            online_users: online.online_users,
            sections: online.sections,
            newest: rows::sessions(online.newest)?,
        })
    }

    async fn summary(&self, span: Span, now: Timestamp) -> Result<Summary, StoreError> {
        let counted: String =
            sqlx::query_scalar("SELECT session_internal.summary($1::timestamptz, $2::timestamptz)::text")
                .bind(span.from.to_string())
                .bind(span.to.to_string())
                .fetch_one(&self.pool)
                .await?;
        let mut summary = summary(read(&counted)?);
        for (slot, day) in summary.retention.iter_mut().zip(RETENTION_DAYS) {
            let over = now.minus(Duration::from_secs(u64::from(day + 1) * 86_400));
            let (users, returned): (i64, i64) = sqlx::query_as(
                "SELECT users, returned FROM session_internal.retention($1::timestamptz, $2::timestamptz, $3)",
            )
            .bind(span.from.to_string())
            .bind(span.to.min(over).to_string())
            .bind(i32::try_from(day).unwrap_or(i32::MAX))
            .fetch_one(&self.pool)
            .await?;
            *slot = Retention { users: unsigned(users), returned: unsigned(returned) };
        }
        Ok(summary)
    }

    async fn timeline(&self, span: Span, bucket: Bucket) -> Result<BTreeMap<Timestamp, Point>, StoreError> {
        let points: Vec<String> = sqlx::query_scalar(
            "SELECT to_jsonb(t)::text FROM session_internal.timeline($1::timestamptz, $2::timestamptz, $3) t",
        )
        .bind(span.from.to_string())
        .bind(span.to.to_string())
        .bind(bucket.name())
        .fetch_all(&self.pool)
        .await?;
        let point = |text: &String| {
            let PointJson { at, sessions, users, events } = read(text)?;
            Ok((at, Point { sessions, users, events }))
        };
        points.iter().map(point).collect()
    }
}

fn summary(counted: SummaryJson) -> Summary {
    let DeliveryJson { tabs, tabs_with_gaps, given, received, dropped, missing } = counted.delivery;
    let mut summary = Summary {
        sessions: counted.sessions,
        users: counted.users,
        total_seconds: counted.total_seconds,
        active_seconds: counted.active_seconds,
        end_reasons: counted.end_reasons,
        platforms: counted.platforms,
        sections: counted.entries,
        event_types: counted.event_types,
        delivery: Delivery { tabs, tabs_with_gaps, given, received, dropped, missing },
        ..Summary::default()
    };
    for (hour, sessions) in counted.hours {
        if let Some(slot) = summary.hours.get_mut(hour) {
            *slot = sessions;
        }
    }
    for (length, sessions) in counted.lengths {
        let bucket = DURATION_EDGES.partition_point(|edge| *edge <= length).saturating_sub(1);
        summary.durations[bucket] += sessions;
    }
    summary
}
