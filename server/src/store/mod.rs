//! Where sessions are kept, as the rest of the server sees it. Writes come in groups and are answered one by one, for every database
//! pays by the commit; nothing here says how a group is done, so a store may do it by the rules of [`crate::session`] or in SQL.

pub mod ai;
pub mod credentials;
mod fault;
pub mod group;
pub mod housekeeping;
pub mod insights;
pub mod own_data;
pub mod postgres;
pub mod rooms;
pub mod sqlite;

use crate::clock::Timestamp;
use crate::config::{Settings, without_credentials};
use crate::session::Session;
use crate::session::gaps::{Dropped, Missing};
use crate::session::write::{EventRow, Outcome, Write};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// A database of sessions.
#[async_trait]
pub trait Store:
    credentials::Credentials
    + rooms::Rooms
    + ai::AiSessions
    + housekeeping::Housekeeping
    + insights::Insights
    + own_data::OwnData
{
    /// Does a group of writes in one transaction, in their order, and answers each by its index. When it returns, they are durable.
    async fn apply(&self, writes: &[Write]) -> Result<Vec<Outcome>, StoreError>;

    /// How many groups it can do at once: another one's work fills the time in which the first waits for the disk.
    fn groups_at_once(&self) -> usize {
        1
    }

    /// Ends sessions of which nothing was heard for too long; at most a bounded number at a time. How many it ended.
    async fn end_inactive(&self, now: Timestamp) -> Result<u64, StoreError>;

    /// A subject's sessions that go on, newest first.
    async fn active(&self, user_id: &str, now: Timestamp) -> Result<Vec<Session>, StoreError>;

    /// A subject's figures over the sessions that began since then.
    async fn stats(&self, user_id: &str, since: Timestamp, now: Timestamp) -> Result<Stats, StoreError>;

    /// A session's events, in order, and its tabs; `None` if the subject has no such session.
    async fn trail(&self, user_id: &str, session_id: Uuid, skip: u64, limit: u32) -> Result<Option<Trail>, StoreError>;

    /// Sessions in the order of their last change; each appears again when it changes.
    async fn session_feed(&self, page: Page) -> Result<Feed<Session>, StoreError>;

    /// Events in the order they were stored.
    async fn event_feed(&self, page: Page) -> Result<Feed<FedEvent>, StoreError>;

    /// Notes that a job ran.
    async fn record_run(&self, run: JobRun) -> Result<(), StoreError>;

    /// The names in its table of platforms.
    async fn platforms(&self) -> Result<Vec<String>, StoreError>;

    /// Whether it can be reached and has the schema this server was built for.
    async fn check(&self) -> Result<(), StoreError>;

    /// Finishes what is open.
    async fn close(&self);
}

/// Opens the store that the settings name.
///
/// # Errors
/// A sentence that names the database, without user or password.
pub async fn open(settings: &Settings) -> Result<Arc<dyn Store>, StoreError> {
    let (url, timing) = (&settings.database, settings.timing.clone());
    match url.split_once(':') {
        Some(("sqlite", _)) => Ok(Arc::new(sqlite::SqliteStore::open(url, timing).await?)),
        Some(("postgres" | "postgresql", _)) => Ok(Arc::new(postgres::PgStore::open(url, timing).await?)),
        _ => Err(StoreError::Unavailable(format!(
            "{}: expected sqlite:path or postgres://user@host/database",
            without_credentials(url)
        ))),
    }
}

/// Why a store did not answer. The text is for the log.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It may answer later: busy, full, not reachable.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// It answered something that this server does not understand.
    #[error("the store failed: {0}")]
    Broken(String),
}

/// Which part of a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// After this row; `None` for the newest rows.
    pub since: Option<i64>,
    /// At most so many.
    pub limit: u32,
}

/// Part of a feed.
#[derive(Clone, Debug)]
pub struct Feed<T> {
    /// Its rows, oldest first.
    pub rows: Vec<T>,
    /// Where it goes on.
    pub next: i64,
}

/// An event with its session.
#[derive(Clone, Debug)]
pub struct FedEvent {
    /// Whose.
    pub user_id: String,
    /// Of which session.
    pub session_id: Uuid,
    /// The event.
    pub event: EventRow,
}

/// A subject's figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// How many sessions began.
    pub total_sessions: u64,
    /// Their length in all; of one that goes on, up to its last contact.
    pub total_seconds: u64,
    /// How often each section was entered, by a start or a change.
    pub section_counts: BTreeMap<String, u64>,
    /// When the newest began.
    pub last_session_start: Option<Timestamp>,
    /// How many sessions go on, whenever they began.
    pub active_sessions: u64,
}

/// What a session has stored.
#[derive(Clone, Debug)]
pub struct Trail {
    /// Its id in the store.
    pub session_id: Uuid,
    /// Its events in order: the start first, the end last, between them by time and sequence number.
    pub events: Vec<EventRow>,
    /// Whether there are more.
    pub more: bool,
    /// Its tabs.
    pub tabs: Vec<TabTrail>,
}

/// What came from one tab.
#[derive(Clone, Debug)]
pub struct TabTrail {
    /// Which.
    pub tab_id: Uuid,
    /// The highest sequence number that it has given, or that came.
    pub last_seq: u64,
    /// How many different sequence numbers came.
    pub received: u64,
    /// What it declared as dropped.
    pub dropped: Vec<Dropped>,
    /// What it never mentioned again.
    pub missing: Missing,
}

/// One run of a job.
#[derive(Clone, Debug)]
pub struct JobRun {
    /// Which job.
    pub job: &'static str,
    /// When it began.
    pub started_at: Timestamp,
    /// When it was done.
    pub finished_at: Timestamp,
    /// How many rows it changed, or why it did not.
    pub result: Result<u64, String>,
}
