//! `GET /openapi.yaml`: the document of the API, as it was when this server was built.

use axum::http::header;
use axum::response::IntoResponse;

/// The document.
pub async fn document() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/yaml")], include_str!("../../../api/openapi.yaml"))
}
