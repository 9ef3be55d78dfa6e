//! Static files: the pages under `/` and the built package under `/pkg/`. They are revalidated at every use, and never marked
//! `no-store`, which would keep a page out of the back-forward cache.

use crate::config::Settings;
use crate::error::Problem;
use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
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
        .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-cache")))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
}
