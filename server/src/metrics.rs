//! What is counted, for Prometheus. Labels are routes, statuses, kinds and names of ours, never a user, a session or an address: so
//! there are few series, and whoever reads them learns nothing of anybody.

use crate::App;
use crate::clock::Timestamp;
use crate::error::Problem;
use crate::limits::QUEUE_WRITES;
use crate::session::write::{Fate, Settled};
use axum::Router;
use axum::extract::State;
use axum::http::{Method, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::sync::Arc;
use std::time::Duration;

/// From a reply out of memory to the longest that anybody waits for.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// From a write alone to a full group.
const SIZES: [f64; 10] = [1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 2_000.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Queue {
    queue: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Job {
    job: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobResult {
    job: &'static str,
    result: &'static str,
}

/// Everything that is counted.
pub struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    request_seconds: Family<Route, Histogram>,
    problems: Family<Kind, Counter>,
    events: Family<Kind, Counter>,
    queued: Family<Queue, Gauge>,
    group_writes: Family<Queue, Histogram>,
    group_rows: Family<Queue, Histogram>,
    commit_seconds: Family<Queue, Histogram>,
    commits_failed: Family<Queue, Counter>,
    job_runs: Family<JobResult, Counter>,
    job_rows: Family<Job, Counter>,
    job_last_success: Family<Job, Gauge>,
}

/// What the writer of one queue counts.
#[derive(Clone, Debug)]
pub struct GroupMetrics {
    writes: Histogram,
    rows: Histogram,
    seconds: Histogram,
    failed: Counter,
}

impl GroupMetrics {
    /// A group of so many writes and rows took so long to commit, or to fail.
    pub fn group(&self, writes: usize, rows: usize, took: Duration, committed: bool) {
        #[expect(clippy::cast_precision_loss, reason = "groups are small")]
        let (writes, rows) = (writes as f64, rows as f64);
        self.writes.observe(writes);
        self.rows.observe(rows);
        self.seconds.observe(took.as_secs_f64());
        if !committed {
            self.failed.inc();
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let seconds = || Histogram::new(SECONDS);
        let sizes = || Histogram::new(SIZES);
        let mut metrics = Self {
            registry: Registry::with_prefix("session"),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(seconds),
            problems: Family::default(),
            events: Family::default(),
            queued: Family::default(),
            group_writes: Family::new_with_constructor(sizes),
            group_rows: Family::new_with_constructor(sizes),
            commit_seconds: Family::new_with_constructor(seconds),
            commits_failed: Family::default(),
            job_runs: Family::default(),
            job_rows: Family::default(),
            job_last_success: Family::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let capacity: Gauge = Gauge::default();
        capacity.set(i64::try_from(QUEUE_WRITES).unwrap_or(i64::MAX));
        let all = &mut self.registry;
        all.register("http_requests", "Requests answered", self.requests.clone());
        all.register("http_request_seconds", "Time from a request's head to its answer", self.request_seconds.clone());
        all.register("problems", "Requests refused or failed, by problem type", self.problems.clone());
        all.register("events", "Events, by what became of them", self.events.clone());
        all.register("queue_writes", "Writes that wait for their group", self.queued.clone());
        all.register("queue_capacity_writes", "Writes that may wait in each queue", capacity);
        all.register("group_writes", "Writes in a group", self.group_writes.clone());
        all.register("group_rows", "Rows in a group", self.group_rows.clone());
        all.register("commit_seconds", "Time to commit a group", self.commit_seconds.clone());
        all.register("commits_failed", "Groups that were not committed", self.commits_failed.clone());
        all.register("job_runs", "Runs of jobs, by how they ended", self.job_runs.clone());
        all.register("job_rows", "Rows that jobs changed", self.job_rows.clone());
        all.register(
            "job_last_success_timestamp_seconds",
            "When a job last succeeded, since 1970",
            self.job_last_success.clone(),
        );
    }

    /// A request was answered. `route` is its template, so that ids in addresses make no series.
    pub fn answered(&self, method: &Method, route: &str, status: StatusCode, took: Duration) {
        let labels = Answered { method: known(method), route: route.into(), status: status.as_u16() };
        self.requests.get_or_create(&labels).inc();
        self.request_seconds.get_or_create(&Route { route: route.into() }).observe(took.as_secs_f64());
    }

    /// A request was refused.
    pub fn refused(&self, problem: &Problem) {
        self.problems.get_or_create(&Kind { kind: problem.kind() }).inc();
    }

    /// What became of a request's events.
    pub fn events(&self, settled: &[Settled], rejected: usize) {
        let count = |kind, number: usize| {
            if number > 0 {
                self.events.get_or_create(&Kind { kind }).inc_by(number as u64);
            }
        };
        let fate = |fate| settled.iter().filter(|event| event.fate == fate).count();
        count("accepted", fate(Fate::Accepted));
        count("duplicate", fate(Fate::Duplicate));
        count("rejected", fate(Fate::TooLate) + rejected);
    }

    /// What the writer of this queue counts.
    #[must_use]
    pub fn groups(&self, queue: &'static str) -> GroupMetrics {
        let queue = Queue { queue };
        GroupMetrics {
            writes: self.group_writes.get_or_create(&queue).clone(),
            rows: self.group_rows.get_or_create(&queue).clone(),
            seconds: self.commit_seconds.get_or_create(&queue).clone(),
            failed: self.commits_failed.get_or_create(&queue).clone(),
        }
    }

    /// A job has run: the rows it changed, or that it failed.
    pub fn job_ran<E>(&self, job: &'static str, result: Result<u64, E>, finished_at: Timestamp) {
        let outcome = if result.is_ok() { "done" } else { "failed" };
        self.job_runs.get_or_create(&JobResult { job, result: outcome }).inc();
        if let Ok(rows) = result {
            self.job_rows.get_or_create(&Job { job }).inc_by(rows);
            self.job_last_success.get_or_create(&Job { job }).set(finished_at.seconds());
        }
    }

    fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// Anybody can make up methods; each would be a series.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// `GET /metrics`, for a port of its own.
pub fn router(app: Arc<App>) -> Router {
    Router::new().route("/metrics", get(metrics)).fallback(crate::routes::not_found).with_state(app)
}

async fn metrics(State(app): State<Arc<App>>) -> Result<impl IntoResponse, Problem> {
    for (queue, waiting) in [("sessions", app.writer.waiting()), ("presence", app.presence.waiting())] {
        let gauge = app.metrics.queued.get_or_create(&Queue { queue }).clone();
        gauge.set(i64::try_from(waiting).unwrap_or(i64::MAX));
    }
    let text = app.metrics.text().map_err(|_| Problem::Internal)?;
    Ok(([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text))
}
