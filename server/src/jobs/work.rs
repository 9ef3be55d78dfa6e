//! What each job does, in steps: none holds the store for long, and each prolongs the lock under which the job runs.

use super::Job;
use crate::App;
use crate::limits::{JOB_LEASE, JOB_ROWS, ROLLUP_AGE, ROLLUP_KEPT};
use crate::store::StoreError;
use std::time::Duration;
use uuid::Uuid;

/// Does the job to its end. How many rows it changed.
pub(super) async fn run(app: &App, job: Job, holder: Uuid) -> Result<u64, StoreError> {
    let mut rows = 0;
    loop {
        let (done, more) = step(app, job).await?;
        rows += done;
        if !more {
            return Ok(rows);
        }
        let now = app.clock.now();
        if !app.store.claim_job(job.name(), holder, now, now.plus(JOB_LEASE)).await? {
            return Err(StoreError::Unavailable(format!("another server took the job over after {rows} rows")));
        }
    }
}

/// How many rows one step changed, and whether there may be more.
async fn step(app: &App, job: Job) -> Result<(u64, bool), StoreError> {
    let (store, now, timing) = (&app.store, app.clock.now(), &app.settings.timing);
    let days = |days: u32| now.minus(Duration::from_secs(u64::from(days) * 86_400));
    match job {
        Job::EndInactive => store.end_inactive(now).await.map(full),
        Job::CleanupRooms => store.cleanup_inactive_sessions(now, JOB_ROWS).await.map(full),
        Job::CleanupHistory => {
            // Before anything is deleted that is not counted yet.
            let history = Duration::from_secs(u64::from(timing.history_days) * 86_400);
            store.roll_up(now.minus(ROLLUP_AGE.min(history)), now.minus(ROLLUP_KEPT)).await?;
            let cleaned = store.cleanup_old_sessions(days(timing.history_days), JOB_ROWS).await?;
            if cleaned.more {
                return Ok((cleaned.sessions, true));
            }
            let forgotten = store.cleanup_old_interactions(days(timing.ai_history_days), JOB_ROWS).await?;
            Ok((cleaned.sessions + forgotten, forgotten > 0))
        }
    }
}

/// A step that did as much as it may has perhaps left something.
fn full(rows: u64) -> (u64, bool) {
    (rows, rows >= u64::from(JOB_ROWS))
}
