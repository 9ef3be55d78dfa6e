//! Jobs in SQLite. A lease is a row: whoever finds it free or overdue takes it, in one statement.

use super::rows::{time, unsigned};
use super::{SqliteStore, rollups};
use crate::clock::Timestamp;
use crate::store::StoreError;
use crate::store::housekeeping::{Cleaned, Housekeeping, JobTotals, NotedRun};
use async_trait::async_trait;
use sqlx::FromRow;
use sqlx::sqlite::SqliteConnection;
use uuid::Uuid;

#[derive(FromRow)]
struct RunRow {
    job: String,
    started_at: String,
    finished_at: Option<String>,
    rows: Option<i64>,
    error: Option<String>,
}

#[async_trait]
impl Housekeeping for SqliteStore {
    async fn claim_job(&self, job: &str, holder: Uuid, now: Timestamp, until: Timestamp) -> Result<bool, StoreError> {
        let claimed = sqlx::query(
            "INSERT INTO job_leases (job, holder, until) VALUES (?1, ?2, ?4)
             ON CONFLICT (job) DO UPDATE SET holder = excluded.holder, until = excluded.until
             WHERE job_leases.holder = excluded.holder OR job_leases.until <= ?3",
        )
        .bind(job)
        .bind(holder.to_string())
        .bind(now.to_string())
        .bind(until.to_string())
        .execute(&self.writer)
        .await?;
        Ok(claimed.rows_affected() == 1)
    }

    async fn release_job(&self, job: &str, holder: Uuid) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM job_leases WHERE job = ? AND holder = ?")
            .bind(job)
            .bind(holder.to_string())
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    async fn held_jobs(&self, now: Timestamp) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar("SELECT job FROM job_leases WHERE until > ? ORDER BY job")
            .bind(now.to_string())
            .fetch_all(&self.readers)
            .await?)
    }

    async fn cleanup_old_sessions(&self, before: Timestamp, limit: u32) -> Result<Cleaned, StoreError> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        let events = sqlx::query(
            "DELETE FROM session_events WHERE row_order IN (
                 SELECT e.row_order FROM user_sessions s
                 JOIN session_events e ON e.user_id = s.user_id AND e.session_id = s.id
                 WHERE s.ended_at < ? LIMIT ?)",
        )
        .bind(before.to_string())
        .bind(limit)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        let mut sessions = 0;
        if events < u64::from(limit) {
            keep_feed_position(&mut transaction).await?;
            sessions = sqlx::query(
                "DELETE FROM user_sessions WHERE (user_id, id) IN (
                     SELECT user_id, id FROM user_sessions WHERE ended_at < ? LIMIT ?)",
            )
            .bind(before.to_string())
            .bind(limit)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        }
        transaction.commit().await?;
        Ok(Cleaned { sessions, more: events.max(sessions) == u64::from(limit) })
    }

    async fn roll_up(&self, until: Timestamp, kept_since: Timestamp) -> Result<u64, StoreError> {
        rollups::roll_up(&self.writer, until, kept_since).await
    }

    async fn job_runs(&self, limit: u32) -> Result<Vec<NotedRun>, StoreError> {
        let rows = sqlx::query_as::<_, RunRow>(
            "SELECT job, started_at, finished_at, rows, error FROM job_runs ORDER BY started_at DESC, job LIMIT ?",
        )
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(NotedRun {
                    started_at: time("started_at", &row.started_at)?,
                    finished_at: row.finished_at.as_deref().map(|text| time("finished_at", text)).transpose()?,
                    rows: row.rows.map_or(0, unsigned),
                    job: row.job,
                    error: row.error,
                })
            })
            .collect()
    }

    async fn job_totals(&self) -> Result<Vec<JobTotals>, StoreError> {
        let rows: Vec<(String, i64, i64, String, Option<String>)> = sqlx::query_as(
            "SELECT job, coalesce(sum(rows), 0), count(error), max(started_at), max(started_at) FILTER (WHERE error IS NULL)
             FROM job_runs GROUP BY job ORDER BY job",
        )
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter()
            .map(|(job, rows, failures, last, success)| {
                Ok(JobTotals {
                    job,
                    rows: unsigned(rows),
                    failures: unsigned(failures),
                    last_started_at: time("started_at", &last)?,
                    last_success_at: success.as_deref().map(|text| time("started_at", text)).transpose()?,
                })
            })
            .collect()
    }

    async fn forget_runs(&self, job: &str, before: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "DELETE FROM job_runs WHERE job = ?1 AND (started_at < ?2 OR (rows = 0 AND started_at < (
                 SELECT max(started_at) FROM job_runs WHERE job = ?1 AND rows = 0)))",
        )
        .bind(job)
        .bind(before.to_string())
        .execute(&self.writer)
        .await?;
        Ok(())
    }
}

/// The session feed's numbers are given by the greatest one that is stored; one that is deleted must not be given again, for whoever reads the
/// feed is beyond it already.
pub(super) async fn keep_feed_position(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO feed_positions (feed, last) SELECT 'sessions', coalesce(max(change_order), 0) FROM user_sessions WHERE true
         ON CONFLICT (feed) DO UPDATE SET last = max(last, excluded.last)",
    )
    .execute(connection)
    .await?;
    Ok(())
}
