//! Entity tags: whoever asks again with the tag of the answer they have is told that it still holds, in a few bytes.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The answer with its tag, or 304 if the request names that tag. Caches may keep it, but ask before they use it, and for nobody else.
#[must_use]
pub fn tagged(headers: &HeaderMap, body: &Value) -> Response {
    let text = body.to_string();
    let digest = Sha256::digest(&text);
    let tag = digest[..16].iter().fold(String::from("\""), |tag, byte| format!("{tag}{byte:02x}")) + "\"";
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let is_known = known.flat_map(|list| list.split(',')).map(str::trim).any(|known| {
        // RFC 9110, section 13.1.2: tags are compared weakly here, and `*` is any.
        known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag
    });
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, "application/json")], text).into_response()
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}
