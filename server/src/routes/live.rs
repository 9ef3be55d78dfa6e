//! `GET /live/service-token`: hands the service token to the live page of a server that runs on the reader's own machine.
//! Anybody else gets the 404 of an address that does not exist.

use crate::App;
use crate::client_address::ClientAddress;
use crate::error::Problem;
use crate::origin::is_loopback_host;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::IntoResponse;
use axum::{Extension, Json};
use serde_json::json;
use std::sync::Arc;

/// The token, if the operator allowed it, the peer is this machine, the address asked for is this machine's (or a foreign name that
/// resolves to it could read the answer), and the browser says that the page asking is the server's own.
///
/// # Errors
/// 404 otherwise.
pub async fn service_token(
    State(app): State<Arc<App>>,
    Extension(ClientAddress(client)): Extension<ClientAddress>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or_default());
    let asked_here = text(header::HOST).is_some_and(is_loopback_host);
    let own_page = text(header::HeaderName::from_static("sec-fetch-site")).is_none_or(|site| site == "same-origin");
    if app.settings.hand_out_service_token && client.is_loopback() && asked_here && own_page {
        Ok(([(header::CACHE_CONTROL, "no-store")], Json(json!({ "token": app.auth.service_token() }))))
    } else {
        Err(Problem::NotFound)
    }
}
