//! Jobs: their leases, the end of history, and what was noted of them.

use super::{PgStore, rows};
use crate::clock::Timestamp;
use crate::limits::UNPLACED_ROWS;
use crate::store::StoreError;
use crate::store::housekeeping::{Cleaned, Housekeeping, JobTotals, NotedRun};
use async_trait::async_trait;
use serde::Deserialize;
use uuid::Uuid;

#[derive(Deserialize)]
struct RunJson {
    job: String,
    #[serde(deserialize_with = "rows::time")]
    started_at: Timestamp,
    #[serde(deserialize_with = "rows::maybe_time")]
    finished_at: Option<Timestamp>,
    rows: Option<u64>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct TotalsJson {
    job: String,
    rows: u64,
    failures: u64,
    #[serde(deserialize_with = "rows::time")]
    last_started_at: Timestamp,
    #[serde(deserialize_with = "rows::maybe_time")]
    last_success_at: Option<Timestamp>,
}

#[async_trait]
impl Housekeeping for PgStore {
    async fn claim_job(&self, job: &str, holder: Uuid, now: Timestamp, until: Timestamp) -> Result<bool, StoreError> {
        Ok(sqlx::query_scalar("SELECT session_internal.claim_job($1, $2::uuid, $3::timestamptz, $4::timestamptz)")
            .bind(job)
            .bind(holder.to_string())
            .bind(now.to_string())
            .bind(until.to_string())
            .fetch_one(&self.pool)
            .await?)
    }

    async fn release_job(&self, job: &str, holder: Uuid) -> Result<(), StoreError> {
        sqlx::query("SELECT session_internal.release_job($1, $2::uuid)")
            .bind(job)
            .bind(holder.to_string())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn held_jobs(&self, now: Timestamp) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar("SELECT session_internal.held_jobs($1::timestamptz)")
            .bind(now.to_string())
            .fetch_all(&self.pool)
            .await?)
    }

    /// Whole months go as tables. The months to come get theirs here too: it is the job that runs daily.
    async fn cleanup_old_sessions(&self, before: Timestamp, limit: u32) -> Result<Cleaned, StoreError> {
        sqlx::query("SELECT session_internal.make_months(now())").execute(&self.pool).await?;
        let unplaced: i64 = sqlx::query_scalar("SELECT session_internal.rows_of_no_month($1)")
            .bind(UNPLACED_ROWS)
            .fetch_one(&self.pool)
            .await?;
        if unplaced >= UNPLACED_ROWS {
            tracing::warn!(
                rows = unplaced,
                "many rows are in the default partitions: no month was made for them in time"
            );
        }
        let (sessions, more): (i64, bool) =
            sqlx::query_as("SELECT sessions, more FROM session_internal.cleanup_old_sessions($1::timestamptz, $2)")
                .bind(before.to_string())
                .bind(i64::from(limit))
                .fetch_one(&self.pool)
                .await?;
        Ok(Cleaned { sessions: rows::unsigned(sessions), more })
    }

    async fn roll_up(&self, until: Timestamp, kept_since: Timestamp) -> Result<u64, StoreError> {
        let rows: i64 = sqlx::query_scalar("SELECT session_internal.roll_up($1::timestamptz, $2::timestamptz)")
            .bind(until.to_string())
            .bind(kept_since.to_string())
            .fetch_one(&self.pool)
            .await?;
        Ok(rows::unsigned(rows))
    }

    async fn job_runs(&self, limit: u32) -> Result<Vec<NotedRun>, StoreError> {
        let runs: Vec<String> = sqlx::query_scalar("SELECT to_jsonb(r)::text FROM session_internal.job_runs($1) r")
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        let run = |text: &String| {
            let RunJson { job, started_at, finished_at, rows, error } = rows::read(text)?;
            Ok(NotedRun { job, started_at, finished_at, rows: rows.unwrap_or(0), error })
        };
        runs.iter().map(run).collect()
    }

    async fn job_totals(&self) -> Result<Vec<JobTotals>, StoreError> {
        let totals: Vec<String> = sqlx::query_scalar("SELECT to_jsonb(t)::text FROM session_internal.job_totals() t")
            .fetch_all(&self.pool)
            .await?;
        let total = |text: &String| {
            let TotalsJson { job, rows, failures, last_started_at, last_success_at } = rows::read(text)?;
            Ok(JobTotals { job, rows, failures, last_started_at, last_success_at })
        };
        totals.iter().map(total).collect()
    }

    async fn forget_runs(&self, job: &str, before: Timestamp) -> Result<(), StoreError> {
        sqlx::query("SELECT session_internal.forget_runs($1, $2::timestamptz)")
            .bind(job)
            .bind(before.to_string())
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
