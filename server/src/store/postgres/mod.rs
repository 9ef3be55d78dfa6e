//! The store for real: PostgreSQL, or a Supabase project. What a write means is decided in the database (`migrations/postgres`), so that whoever
//! calls its functions without this server gets the same; here is only which function is called, and how its answer is read.
//! Every connection takes on the role `session_backend`, which may execute functions and sees no table.

mod ai;
mod credentials;
mod housekeeping;
mod insights;
mod migrate;
mod own_data;
mod rooms;
mod rows;
mod writes;

use super::{FedEvent, Feed, JobRun, Page, Stats, Store, StoreError, Trail};
use crate::clock::Timestamp;
use crate::config::Timing;
use crate::limits::JOB_ROWS;
use crate::session::Session;
use crate::session::write::{Outcome, Write};
use async_trait::async_trait;
use rows::{EventJson, SessionJson, StatsJson, TrailJson};
use sqlx::Executor;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use std::str::FromStr;
use std::time::Duration;
use uuid::Uuid;

/// Connections of one server: some that write its groups, one for its jobs, and the rest for reads.
const CONNECTIONS: u32 = 10;

/// Groups under way at once. Each is done by one process of PostgreSQL's.
const GROUPS: usize = 2;

/// How long a request waits for a connection before it is told to come back.
const PATIENCE: Duration = Duration::from_secs(5);

/// Sessions in a PostgreSQL database.
#[derive(Clone, Debug)]
pub struct PgStore {
    pool: PgPool,
    timing: Timing,
}

impl PgStore {
    /// Connects to the database that the URL names (`postgres://…`), and brings its schema up to date if the login may.
    ///
    /// # Errors
    /// A sentence that names the database, without user or password.
    pub async fn open(url: &str, timing: Timing) -> Result<Self, StoreError> {
        let unavailable = |error: &dyn std::fmt::Display| {
            StoreError::Unavailable(format!("{}: {error}", crate::config::without_credentials(url)))
        };
        let options = PgConnectOptions::from_str(url).map_err(|error| unavailable(&error))?;
        let options = options.application_name("session-server").options([("TimeZone", "UTC")]);
        migrate::up(&options).await.map_err(|error| unavailable(&error))?;
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(PATIENCE)
            .after_connect(|connection, _| {
                Box::pin(async move { connection.execute("SET ROLE session_backend").await.map(drop) })
            })
            .connect_with(options)
            .await
            .map_err(|error| unavailable(&error))?;
        Ok(Self { pool, timing })
    }

    fn timeout(&self) -> String {
        interval(self.timing.timeout)
    }
}

/// As PostgreSQL reads an interval.
fn interval(duration: Duration) -> String {
    format!("{} milliseconds", duration.as_millis())
}

/// A feed's rows, oldest first, and the number that each has in it.
fn feed<T>(page: Page, rows: Vec<(i64, T)>) -> Feed<T> {
    let next = rows.last().map(|(number, _)| *number).or(page.since).unwrap_or(0);
    Feed { rows: rows.into_iter().map(|(_, row)| row).collect(), next }
}

#[async_trait]
impl Store for PgStore {
    async fn apply(&self, writes: &[Write]) -> Result<Vec<Outcome>, StoreError> {
        let answer: String = sqlx::query_scalar(
            "SELECT session_internal.write_sessions_group($1::jsonb, $2::interval, $3::interval)::text",
        )
        .bind(writes::request(writes)?)
        .bind(self.timeout())
        .bind(interval(self.timing.resume))
        .fetch_one(&self.pool)
        .await?;
        writes::outcomes(&answer, writes.len())
    }

    fn groups_at_once(&self) -> usize {
        GROUPS
    }

    async fn end_inactive(&self, now: Timestamp) -> Result<u64, StoreError> {
        let ended: i64 = sqlx::query_scalar("SELECT session_internal.end_inactive($1::timestamptz, $2::interval, $3)")
            .bind(now.to_string())
            .bind(self.timeout())
            .bind(i64::from(JOB_ROWS))
            .fetch_one(&self.pool)
            .await?;
        Ok(rows::unsigned(ended))
    }

    async fn active(&self, user_id: &str, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        let sessions: Vec<String> = sqlx::query_scalar(
            "SELECT to_jsonb(s)::text FROM session_internal.active_sessions($1, $2::timestamptz, $3::interval) s",
        )
        .bind(user_id)
        .bind(now.to_string())
        .bind(self.timeout())
        .fetch_all(&self.pool)
        .await?;
        sessions.iter().map(|text| Ok(rows::read::<SessionJson>(text)?.session()?.1)).collect()
    }

    async fn stats(&self, user_id: &str, since: Timestamp, now: Timestamp) -> Result<Stats, StoreError> {
        let stats: String = sqlx::query_scalar(
            "SELECT session_internal.session_stats($1, $2::timestamptz, $3::timestamptz, $4::interval)::text",
        )
        .bind(user_id)
        .bind(since.to_string())
        .bind(now.to_string())
        .bind(self.timeout())
        .fetch_one(&self.pool)
        .await?;
        Ok(rows::read::<StatsJson>(&stats)?.stats())
    }

    async fn trail(&self, user_id: &str, session_id: Uuid, skip: u64, limit: u32) -> Result<Option<Trail>, StoreError> {
        let trail: Option<String> =
            sqlx::query_scalar("SELECT session_internal.session_trail($1, $2::uuid, $3, $4)::text")
                .bind(user_id)
                .bind(session_id.to_string())
                .bind(rows::signed(skip))
                .bind(i64::from(limit) + 1)
                .fetch_one(&self.pool)
                .await?;
        trail.map(|text| Ok(rows::read::<TrailJson>(&text)?.trail(limit as usize))).transpose()
    }

    async fn session_feed(&self, page: Page) -> Result<Feed<Session>, StoreError> {
        let sessions: Vec<String> =
            sqlx::query_scalar("SELECT to_jsonb(s)::text FROM session_internal.session_feed($1, $2) s")
                .bind(page.since)
                .bind(i64::from(page.limit))
                .fetch_all(&self.pool)
                .await?;
        let rows = sessions.iter().map(|text| rows::read::<SessionJson>(text)?.session());
        Ok(feed(page, rows.collect::<Result<_, StoreError>>()?))
    }

    async fn event_feed(&self, page: Page) -> Result<Feed<FedEvent>, StoreError> {
        let events: Vec<String> =
            sqlx::query_scalar("SELECT to_jsonb(e)::text FROM session_internal.event_feed($1, $2) e")
                .bind(page.since)
                .bind(i64::from(page.limit))
                .fetch_all(&self.pool)
                .await?;
        let rows = events.iter().map(|text| Ok(rows::read::<EventJson>(text)?.fed()));
        Ok(feed(page, rows.collect::<Result<_, StoreError>>()?))
    }

    async fn record_run(&self, run: JobRun) -> Result<(), StoreError> {
        let (rows, error) = match run.result {
            Ok(rows) => (Some(rows::signed(rows)), None),
            Err(error) => (None, Some(error)),
        };
        sqlx::query("SELECT session_internal.record_run($1, $2::timestamptz, $3::timestamptz, $4, $5)")
            .bind(run.job)
            .bind(run.started_at.to_string())
            .bind(run.finished_at.to_string())
            .bind(rows)
            .bind(error)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn platforms(&self) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar("SELECT session_internal.platforms()").fetch_all(&self.pool).await?)
    }

    async fn check(&self) -> Result<(), StoreError> {
        migrate::check(&self.pool).await
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}
