//! `/api/admin/cleanup`: the server's jobs, for whoever holds the service token.

use crate::App;
use crate::error::Problem;
use crate::jobs::{self, Job, JobStats};
use crate::limits::BEACON_BYTES;
use crate::store::housekeeping::NotedRun;
use crate::wire::body;
use crate::wire::fields::Fields;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use serde_json::{Value, json};
use std::sync::Arc;

/// Runs the job that the body names, or all of them, now. `busy` names those that somebody else is at.
///
/// # Errors
/// 401 without the service token; 422 if there is no such job.
pub async fn run(State(app): State<Arc<App>>, request: Request) -> Result<Json<Value>, Problem> {
    app.auth.serving(request.headers())?;
    let text = body::read(request, BEACON_BYTES, app.settings.body_timeout).await?;
    let mut fields = Fields::parse(&text)?;
    let names = Job::ALL.map(Job::name).join(", ");
    let job = fields.one_of("job", Job::parse, &names);
    fields.finish()?;
    let (mut runs, mut busy) = (Vec::new(), Vec::new());
    for job in Job::ALL.into_iter().filter(|each| job.is_none_or(|job| job == *each)) {
        match jobs::run(&app, job).await? {
            Some(noted) => runs.push(run_json(&noted)),
            None => busy.push(job.name()),
        }
    }
    Ok(Json(json!({ "runs": runs, "busy": busy, "serverTime": app.clock.now() })))
}

/// What the jobs did, and when they do it next.
///
/// # Errors
/// 401 without the service token.
pub async fn stats(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Json<Value>, Problem> {
    app.auth.serving(&headers)?;
    let (jobs, runs) = jobs::stats(&app).await?;
    let timing = &app.settings.timing;
    Ok(Json(json!({
        "isRunning": app.jobs.is_running(),
        "jobs": jobs.iter().map(|stats| job_json(stats, stats.job.every(timing).as_secs())).collect::<Vec<_>>(),
        "runs": runs.iter().map(run_json).collect::<Vec<_>>(),
        "serverTime": app.clock.now(),
    })))
}

fn job_json(stats: &JobStats, every: u64) -> Value {
    json!({
        "job": stats.job.name(),
        "everySeconds": every,
        "isRunning": stats.is_running,
        "nextRunAt": stats.next_at,
        "lastRunAt": stats.last_started_at,
        "lastSuccessAt": stats.last_success_at,
        "count": stats.rows,
        "failures": stats.failures,
    })
}

fn run_json(run: &NotedRun) -> Value {
    json!({
        "job": run.job,
        "startedAt": run.started_at,
        "finishedAt": run.finished_at,
        "count": run.rows,
        "error": run.error.as_ref().map(|_| "The job failed; the server's log says why."),
    })
}
