//! Every request on its way in and out: it gets an id, which is the `X-Request-Id` of its answer, the `instance` of its problem and part
//! of its log lines; its problem is written; and it is counted. The operator's own proxies may have named it already.

use crate::App;
use crate::error::Problem;
use crate::limits::REQUEST_ID_CHARS;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;
use std::time::Instant;
use tracing::Instrument;
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Follows one request.
pub async fn follow(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let id = given_id(request.headers())
        .filter(|_| app.settings.trusted_proxy_hops > 0)
        .unwrap_or_else(|| Uuid::now_v7().to_string());
    let began = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("elsewhere", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", id, %method, route);

    let mut response = next.run(request).instrument(span.clone()).await;
    let _entered = span.entered();
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        tracing::debug!(problem = problem.kind(), detail = problem.detail(), "refused");
        app.metrics.refused(&problem);
        response = written(&problem, &id, &response);
    }
    let (status, took) = (response.status(), began.elapsed());
    if status.is_server_error() {
        tracing::error!(status = status.as_u16(), "failed");
    } else {
        tracing::debug!(status = status.as_u16(), milliseconds = took.as_millis(), "answered");
    }
    app.metrics.answered(&method, &route, status, took);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// The problem in full, with the headers that were already set on the way out.
fn written(problem: &Problem, id: &str, response: &Response) -> Response {
    let mut written = problem.render(id);
    for (name, value) in response.headers() {
        if name != header::CONTENT_LENGTH && !written.headers().contains_key(name) {
            written.headers_mut().append(name, value.clone());
        }
    }
    written
}

/// An id that is fit for a log.
fn given_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let is_plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    (is_plain && (1..=REQUEST_ID_CHARS).contains(&id.len())).then(|| id.into())
}
