//! What the server's jobs need of a store: a lock, the deletion of what is past its time, and an account of what was done.

use super::StoreError;
use crate::clock::Timestamp;
use async_trait::async_trait;
use uuid::Uuid;

/// A run of a job, as it was noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotedRun {
    /// Which job.
    pub job: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it was done.
    pub finished_at: Option<Timestamp>,
    /// How many rows it changed.
    pub rows: u64,
    /// Why it failed, if it did.
    pub error: Option<String>,
}

/// All noted runs of a job together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobTotals {
    /// Which job.
    pub job: String,
    /// How many rows its runs have changed.
    pub rows: u64,
    /// How many of its runs failed.
    pub failures: u64,
    /// When the last one began.
    pub last_started_at: Timestamp,
    /// When the last one began that did not fail.
    pub last_success_at: Option<Timestamp>,
}

/// The part of a store that the jobs use.
#[async_trait]
pub trait Housekeeping: Send + Sync + 'static {
    /// Takes a job's lock until that moment, for this holder; true if it has it. A holder that has it already prolongs it; one that did
    /// not let go loses it when its time is up, so a server that died stops no job for long. One statement that cannot race.
    async fn claim_job(&self, job: &str, holder: Uuid, now: Timestamp, until: Timestamp) -> Result<bool, StoreError>;

    /// Lets go of a job's lock, if this holder has it.
    async fn release_job(&self, job: &str, holder: Uuid) -> Result<(), StoreError>;

    /// The jobs whose lock somebody has.
    async fn held_jobs(&self, now: Timestamp) -> Result<Vec<String>, StoreError>;

    /// Deletes sessions that ended before this moment, with everything in them, in steps of at most `limit` rows, so that none holds the
    /// store for long. How many sessions this step deleted, and whether there may be more. A store that keeps its history in partitions
    /// drops those that hold nothing later and does the rest so.
    async fn cleanup_old_sessions(&self, before: Timestamp, limit: u32) -> Result<Cleaned, StoreError>;

    /// Counts by the hour what began and came before this moment and was not counted yet: nothing of it changes any more. Forgets counts of
    /// hours before `kept_since`. How many rows that made.
    async fn roll_up(&self, until: Timestamp, kept_since: Timestamp) -> Result<u64, StoreError>;

    /// The last noted runs of all jobs, newest first.
    async fn job_runs(&self, limit: u32) -> Result<Vec<NotedRun>, StoreError>;

    /// Each job's totals over its noted runs, by name.
    async fn job_totals(&self) -> Result<Vec<JobTotals>, StoreError>;

    /// Deletes a job's noted runs that began before this moment, and all but the newest of those that changed no row and did not fail: a
    /// row a minute says nothing but that the job is alive, which the newest says.
    async fn forget_runs(&self, job: &str, before: Timestamp) -> Result<(), StoreError>;
}

/// One step of a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cleaned {
    /// Sessions deleted.
    pub sessions: u64,
    /// Whether another step would find more.
    pub more: bool,
}
