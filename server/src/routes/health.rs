//! `/livez`: the process runs. `/readyz`: it can take writes. A load balancer asks the second, whatever restarts the process the first.

use crate::App;
use crate::error::Problem;
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Always 200.
pub async fn live() -> Json<Value> {
    Json(json!({ "status": "alive" }))
}

/// 200 while writes can be taken.
///
/// # Errors
/// 503 while the server shuts down, its queue is full, or the store does not answer or lacks migrations.
pub async fn ready(State(app): State<Arc<App>>) -> Result<Json<Value>, Problem> {
    if app.closing.load(Ordering::SeqCst) {
        return Err(Problem::Unavailable("The server is shutting down."));
    }
    if !app.writer.has_room() {
        return Err(Problem::Unavailable("The queue of writes is full."));
    }
    app.store.check().await.map_err(|error| {
        tracing::warn!(%error, "not ready");
        Problem::Unavailable("The store does not answer, or lacks migrations. The log says which.")
    })?;
    Ok(Json(json!({ "status": "ready" })))
}
