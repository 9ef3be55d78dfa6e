//! The embedded store: one SQLite file, one connection that writes, a few that read. A commit returns when the log is on the disk
//! (`synchronous = FULL`), for an answer promises that what it lists will be there after a power cut.

mod ai;
mod checkpoint;
mod credentials;
mod housekeeping;
mod insights;
mod many;
mod migrate;
mod own_data;
mod read;
mod rollups;
mod rooms;
mod rows;
mod write;

use super::{FedEvent, Feed, JobRun, Page, Stats, Store, StoreError, Trail};
use crate::clock::Timestamp;
use crate::config::Timing;
use crate::limits::{LOG_PAGES, PAGE_CACHE_KIB};
use crate::session::Session;
use crate::session::write::{Outcome, Write};
use async_trait::async_trait;
use checkpoint::Checkpoints;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// How long a statement waits for somebody else's lock, such as a backup's.
const BUSY: Duration = Duration::from_secs(5);

/// Connections that read. SQLite answers from memory; more would only queue for the processor.
const READERS: u32 = 4;

/// Sessions in a SQLite file.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
    checkpoints: Arc<Checkpoints>,
    timing: Timing,
}

impl SqliteStore {
    /// Opens the file that the URL names (`sqlite:path`), makes it and its folder when missing, and brings its schema up to date.
    ///
    /// # Errors
    /// A sentence that names the URL.
    pub async fn open(url: &str, timing: Timing) -> Result<Self, StoreError> {
        let open = |error: &dyn std::fmt::Display| StoreError::Unavailable(format!("{url}: {error}"));
        let options = SqliteConnectOptions::from_str(url).map_err(|error| open(&error))?;
        if let Some(folder) = options.get_filename().parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| open(&error))?;
        }
        let options = options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .pragma("wal_autocheckpoint", LOG_PAGES)
            .busy_timeout(BUSY);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.clone().pragma("cache_size", PAGE_CACHE_KIB))
            .await
            .map_err(|error| open(&error))?;
        migrate::up(&writer).await.map_err(|error| open(&error))?;
        let beside = SqlitePoolOptions::new().max_connections(1).connect_lazy_with(options.clone());
        let checkpoints = Arc::new(Checkpoints::start(beside));
        let readers = SqlitePoolOptions::new().max_connections(READERS).connect_lazy_with(options.read_only(true));
        Ok(Self { writer, readers, checkpoints, timing })
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn apply(&self, writes: &[Write]) -> Result<Vec<Outcome>, StoreError> {
        let outcomes = write::apply(&self.writer, writes, &self.timing).await?;
        self.checkpoints.wanted();
        Ok(outcomes)
    }

    async fn end_inactive(&self, now: Timestamp) -> Result<u64, StoreError> {
        write::end_inactive(self, now).await
    }

    async fn active(&self, user_id: &str, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        read::active(&self.readers, user_id, now, &self.timing).await
    }

    async fn stats(&self, user_id: &str, since: Timestamp, now: Timestamp) -> Result<Stats, StoreError> {
        read::stats(&self.readers, user_id, since, now, &self.timing).await
    }

    async fn trail(&self, user_id: &str, session_id: Uuid, skip: u64, limit: u32) -> Result<Option<Trail>, StoreError> {
        read::trail(&self.readers, user_id, session_id, skip, limit).await
    }

    async fn session_feed(&self, page: Page) -> Result<Feed<Session>, StoreError> {
        read::session_feed(&self.readers, page).await
    }

    async fn event_feed(&self, page: Page) -> Result<Feed<FedEvent>, StoreError> {
        read::event_feed(&self.readers, page).await
    }

    async fn record_run(&self, run: JobRun) -> Result<(), StoreError> {
        write::record_run(&self.writer, run).await
    }

    async fn platforms(&self) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar("SELECT name FROM platforms").fetch_all(&self.readers).await?)
    }

    async fn check(&self) -> Result<(), StoreError> {
        migrate::check(&self.readers).await
    }

    async fn close(&self) {
        self.readers.close().await;
        self.checkpoints.close().await;
        self.writer.close().await;
    }
}
