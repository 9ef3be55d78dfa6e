//! The body of a beacon, as bytes: content type, compression and character set, then each writing route's own reading of it.
//! The input's first byte chooses route, lane and compression; the rest is the body.

#![no_main]

use axum::body::Body;
use axum::extract::Request;
use libfuzzer_sys::fuzz_target;
use session_server::clock::Timestamp;
use session_server::limits::{BEACON_BYTES, BODY_BYTES};
use session_server::wire::body;
use session_server::wire::requests::{self, Arrival, Route};
use std::sync::LazyLock;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Builder::new_current_thread().enable_time().build().unwrap());

const ROUTES: [Route; 6] = [Route::Start, Route::Update, Route::End, Route::LogEvent, Route::Batch, Route::Heartbeat];

fuzz_target!(|input: &[u8]| {
    let Some((choice, bytes)) = input.split_first() else { return };
    let query = if choice & 0x80 == 0 { "" } else { "?encoding=gzip" };
    let content_type = if choice & 0x40 == 0 { "text/plain;charset=UTF-8" } else { "application/json" };
    let request = Request::builder()
        .uri(format!("/api/sessions/batch{query}"))
        .header("content-type", content_type)
        .body(Body::from(bytes.to_vec()))
        .unwrap();
    let Ok(text) = RUNTIME.block_on(body::read(request, BEACON_BYTES, Duration::from_secs(30))) else { return };
    assert!(text.len() <= BODY_BYTES, "a body is never longer than its limit, however small it came");

    let received_at = Timestamp::from_millis(1_772_366_400_000);
    let arrival = Arrival { received_at, user_agent: None, network: None, country: None };
    let route = ROUTES[usize::from(choice & 0x3f) % ROUTES.len()];
    let Ok(draft) = requests::parse(route, &text, arrival) else { return };
    let write = draft.write("ada".into());
    for text in [&write.metadata, &write.start.as_ref().and_then(|start| start.metadata.clone())].into_iter().flatten()
    {
        assert!(serde_json::from_str::<serde_json::Map<_, _>>(text).is_ok(), "stored metadata is an object: {text}");
    }
});
