//! From an HTTP request to the text of its body: content type, size, compression and character set. The two lanes differ only here:
//! `application/json` for callers with a bearer, `text/plain` for beacons, which can carry no header and must cost no preflight.

use crate::error::Problem;
use crate::limits::{BODY_BYTES, DRAINED_BYTES};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use flate2::read::GzDecoder;
use http_body_util::BodyExt;
use std::io::Read;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Reads a body; one on the `text/plain` lane may have at most `beacon_bytes`, plain or inflated. It must arrive within `time`.
///
/// # Errors
/// `unsupported-media-type`, `payload-too-large`, `request-timeout`, or `invalid-json` if it is not UTF-8 or not the gzip it claims to be.
pub async fn read(request: Request, beacon_bytes: usize, time: Duration) -> Result<String, Problem> {
    let (parts, body) = request.into_parts();
    let most = if is_beacon(&parts.headers)? { beacon_bytes } else { BODY_BYTES };
    let gzip = is_gzip(parts.uri.query())?;
    let bytes = collect(body, most, time).await?;
    let bytes = if gzip { inflate(&bytes, most)? } else { bytes };
    String::from_utf8(bytes).map_err(|_| Problem::InvalidJson("The body is not UTF-8.".into()))
}

fn is_beacon(headers: &HeaderMap) -> Result<bool, Problem> {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = value.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case("application/json") {
        Ok(false)
    } else if media_type.eq_ignore_ascii_case("text/plain") {
        Ok(true)
    } else {
        Err(Problem::UnsupportedMediaType("Send JSON, with Content-Type application/json or text/plain."))
    }
}

fn is_gzip(query: Option<&str>) -> Result<bool, Problem> {
    let encoding = query.unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("encoding="));
    match encoding {
        None => Ok(false),
        Some("gzip") => Ok(true),
        Some(_) => Err(Problem::UnsupportedMediaType("The only encoding that is read is encoding=gzip.")),
    }
}

/// An oversized body is read on for a while: a server that answers and hangs up in the middle of it shows many clients a reset
/// connection instead of the 413.
async fn collect(mut body: Body, most: usize, time: Duration) -> Result<Vec<u8>, Problem> {
    let deadline = Instant::now() + time;
    let (mut bytes, mut seen) = (Vec::new(), 0);
    loop {
        let frame = timeout_at(deadline, body.frame()).await.map_err(|_| Problem::RequestTimeout)?;
        let Some(frame) = frame else { break };
        let frame =
            frame.map_err(|_| Problem::InvalidJson("The connection broke before the body was complete.".into()))?;
        let Some(data) = frame.data_ref() else { continue };
        seen += data.len();
        if seen <= most {
            bytes.extend_from_slice(data);
        } else if seen > DRAINED_BYTES {
            break;
        }
    }
    if seen > most { Err(too_large(most)) } else { Ok(bytes) }
}

fn inflate(bytes: &[u8], most: usize) -> Result<Vec<u8>, Problem> {
    let mut inflated = Vec::new();
    GzDecoder::new(bytes)
        .take(most as u64 + 1)
        .read_to_end(&mut inflated)
        .map_err(|_| Problem::InvalidJson("The body is marked encoding=gzip, and is not gzip.".into()))?;
    if inflated.len() > most { Err(too_large(most)) } else { Ok(inflated) }
}

fn too_large(most: usize) -> Problem {
    Problem::PayloadTooLarge(format!(
        "The body may have at most {most} bytes, plain or inflated. Send it in smaller parts."
    ))
}
