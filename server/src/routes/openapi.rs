//! `GET /openapi.yaml` and `/openapi.json`: the document of the API, as it was when this server was built.

use axum::http::header;
use axum::response::IntoResponse;

/// The document as it is written.
pub async fn yaml() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/yaml")], include_str!("../../../api/openapi.yaml"))
}

/// The document as programs like it.
pub async fn json() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], include_str!(concat!(env!("OUT_DIR"), "/openapi.json")))
}
