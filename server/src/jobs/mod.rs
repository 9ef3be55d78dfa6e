//! What the server does unasked: it ends silent sessions, deletes rooms that are over, and deletes history that is past its time. One job at a
//! time does each of them, however many servers share the database, and its runs are noted. What a job does is in [`work`].

mod work;

use crate::App;
use crate::clock::Timestamp;
use crate::config::Timing;
use crate::limits::{JOB_LEASE, JOB_RUNS, JOB_TICK};
use crate::store::housekeeping::NotedRun;
use crate::store::{JobRun, StoreError};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

/// A job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Job {
    /// Ends sessions of which nothing was heard for too long. The rules end such a session whenever it is touched, too; this is for those
    /// that nothing touches again.
    EndInactive,
    /// Deletes rooms that are over.
    CleanupRooms,
    /// Deletes sessions and conversations that are past their time.
    CleanupHistory,
}

impl Job {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::EndInactive, Self::CleanupRooms, Self::CleanupHistory];

    /// Its name in the API and in the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::EndInactive => "end_inactive_sessions",
            Self::CleanupRooms => "cleanup_inactive_sessions",
            Self::CleanupHistory => "cleanup_old_sessions",
        }
    }

    /// The job of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|job| job.name() == name)
    }

    /// How often it runs.
    #[must_use]
    pub fn every(self, timing: &Timing) -> Duration {
        match self {
            Self::EndInactive => Duration::from_secs(60),
            Self::CleanupRooms => timing.rooms.cleanup,
            Self::CleanupHistory => Duration::from_secs(86_400),
        }
    }
}

/// The jobs of one server.
#[derive(Debug, Default)]
pub struct Cleanup {
    running: AtomicBool,
    due: Mutex<BTreeMap<Job, Timestamp>>,
}

/// What is known of a job.
#[derive(Clone, Debug)]
pub struct JobStats {
    /// Which.
    pub job: Job,
    /// Whether some server is at it.
    pub is_running: bool,
    /// When this server does it next; `None` while its jobs are not started.
    pub next_at: Option<Timestamp>,
    /// When it last began.
    pub last_started_at: Option<Timestamp>,
    /// When it last began and did not fail.
    pub last_success_at: Option<Timestamp>,
    /// How many rows its noted runs have changed.
    pub rows: u64,
    /// How many of its noted runs failed.
    pub failures: u64,
}

impl Cleanup {
    /// Whether the jobs are started.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.running.load(Ordering::SeqCst)
    }

    fn due(&self) -> std::sync::MutexGuard<'_, BTreeMap<Job, Timestamp>> {
        // Nothing that holds this lock can panic, so a poisoned one is as good as any.
        self.due.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Starts the jobs, and does each when it is due, until it is dropped.
pub async fn start(app: Arc<App>) {
    let mut ticks = interval(JOB_TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        tick(&app).await;
    }
}

/// Does what is due. A job that never ran is, and so is one whose last run, by whichever server, is long enough ago: a server that is
/// restarted every night still does the daily ones.
pub async fn tick(app: &App) {
    if !app.jobs.running.swap(true, Ordering::SeqCst) {
        tracing::info!("Cleanup service running: true");
    }
    let now = app.clock.now();
    for job in Job::ALL {
        let known = app.jobs.due().get(&job).copied();
        let due = match known {
            Some(due) => due,
            None => first_due(app, job, now).await,
        };
        let next = if now >= due {
            // A failure is logged and noted by the run itself.
            let _ = run(app, job).await;
            now.plus(job.every(&app.settings.timing))
        } else {
            due
        };
        app.jobs.due().insert(job, next);
    }
}

async fn first_due(app: &App, job: Job, now: Timestamp) -> Timestamp {
    let totals = app.store.job_totals().await.unwrap_or_default();
    let last = totals.into_iter().find(|totals| totals.job == job.name());
    last.map_or(now, |last| last.last_started_at.plus(job.every(&app.settings.timing)))
}

/// Runs a job once and notes the run; `None` if another run of it is not done yet.
///
/// # Errors
/// If the store cannot even say whether another run is not done yet.
pub async fn run(app: &App, job: Job) -> Result<Option<NotedRun>, StoreError> {
    let started_at = app.clock.now();
    // A run has a lock of its own, so that neither another server nor a second request to this one comes in between.
    let holder = Uuid::now_v7();
    if !app.store.claim_job(job.name(), holder, started_at, started_at.plus(JOB_LEASE)).await? {
        return Ok(None);
    }
    let result = work::run(app, job, holder).await.map_err(|error| error.to_string());
    app.metrics.job_ran(job.name(), result.as_ref().copied(), app.clock.now());
    match &result {
        Ok(0) => {}
        Ok(rows) => tracing::info!(job = job.name(), rows, "a job is done"),
        Err(error) => tracing::error!(job = job.name(), error, "a job failed"),
    }
    let finished_at = app.clock.now();
    let noted = NotedRun {
        job: job.name().into(),
        started_at,
        finished_at: Some(finished_at),
        rows: *result.as_ref().unwrap_or(&0),
        error: result.as_ref().err().cloned(),
    };
    note(app, job, JobRun { job: job.name(), started_at, finished_at, result }).await;
    if let Err(error) = app.store.release_job(job.name(), holder).await {
        tracing::warn!(%error, job = job.name(), "a job's lock could not be released; it is free when its time is up");
    }
    Ok(Some(noted))
}

async fn note(app: &App, job: Job, run: JobRun) {
    let history = Duration::from_secs(u64::from(app.settings.timing.history_days) * 86_400);
    let before = run.started_at.minus(history);
    let noted = app.store.record_run(run).await;
    if let Err(error) = noted.and(app.store.forget_runs(job.name(), before).await) {
        tracing::error!(%error, job = job.name(), "a run could not be noted");
    }
}

/// What is known of each job, and the last noted runs of all.
///
/// # Errors
/// If the store does not answer.
pub async fn stats(app: &App) -> Result<(Vec<JobStats>, Vec<NotedRun>), StoreError> {
    let held = app.store.held_jobs(app.clock.now()).await?;
    let totals = app.store.job_totals().await?;
    let due = app.jobs.due().clone();
    let jobs = Job::ALL.map(|job| {
        let totals = totals.iter().find(|totals| totals.job == job.name());
        JobStats {
            job,
            is_running: held.iter().any(|held| held == job.name()),
            next_at: due.get(&job).copied(),
            last_started_at: totals.map(|totals| totals.last_started_at),
            last_success_at: totals.and_then(|totals| totals.last_success_at),
            rows: totals.map_or(0, |totals| totals.rows),
            failures: totals.map_or(0, |totals| totals.failures),
        }
    });
    Ok((jobs.into(), app.store.job_runs(JOB_RUNS).await?))
}
