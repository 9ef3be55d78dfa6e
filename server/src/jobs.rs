//! What the server does unasked: every minute it ends the sessions of which nothing was heard for too long. The rules end such a session
//! whenever it is touched, too; this is for those that nothing touches again.

use crate::App;
use crate::store::JobRun;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

const EVERY: Duration = Duration::from_secs(60);

/// Runs the jobs until it is dropped.
pub async fn run(app: Arc<App>) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        end_inactive(&app).await;
    }
}

/// One run: ends inactive sessions and notes the run. How many it ended.
pub async fn end_inactive(app: &App) -> u64 {
    let started_at = app.clock.now();
    let result = app.store.end_inactive(started_at).await.map_err(|error| error.to_string());
    let ended = *result.as_ref().unwrap_or(&0);
    app.metrics.job_ran("end_inactive_sessions", result.as_ref().copied(), app.clock.now());
    match &result {
        Ok(0) => {}
        Ok(ended) => tracing::info!(ended, "ended inactive sessions"),
        Err(error) => tracing::error!(error, "inactive sessions could not be ended"),
    }
    // A row a minute says nothing; a run that did something, or failed, does.
    if result != Ok(0) {
        let run = JobRun { job: "end_inactive_sessions", started_at, finished_at: app.clock.now(), result };
        if let Err(error) = app.store.record_run(run).await {
            tracing::error!(%error, "a run could not be noted");
        }
    }
    ended
}
