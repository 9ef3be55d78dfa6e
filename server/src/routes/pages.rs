//! Static files: the pages under `/` and the built package under `/pkg/`. They are revalidated at every use, and never marked
//! `no-store`, which would keep a page out of the back-forward cache.

use crate::config::Settings;
use crate::error::Problem;
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use std::convert::Infallible;
use std::path::Path;
use tower::service_fn;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

/// Adds the folders that the settings name.
pub fn serve(router: Router, settings: &Settings) -> Router {
    let router = match &settings.pkg {
        Some(folder) => router.nest("/pkg", files(folder)),
        None => router,
    };
    match &settings.www {
        Some(folder) => router.fallback_service(files(folder)),
        None => router.fallback(super::not_found),
    }
}

fn files(folder: &Path) -> Router {
    let missing = service_fn(|_: Request| async { Ok::<_, Infallible>(Problem::NotFound.into_response()) });
    Router::new()
        .fallback_service(ServeDir::new(folder).fallback(missing))
        .layer(from_fn(type_source_maps))
        .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-cache")))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
}

/// The table of types that the file service uses takes a source map for plain text.
async fn type_source_maps(request: Request, next: Next) -> Response {
    let is_map = request.uri().path().ends_with(".map");
    let mut response = next.run(request).await;
    if is_map && response.status().is_success() {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    response
}
