//! The `Authorization` header and the head of the token in it: whatever it holds is read without falling over, and nothing that was not
//! signed with the secret passes, whichever algorithm it names.

#![no_main]

use axum::http::{HeaderMap, HeaderValue, header};
use libfuzzer_sys::fuzz_target;
use session_server::auth::bearer;
use session_server::auth::issuers::Issuers;
use session_server::clock::Timestamp;
use session_server::config::issuer::{Provider, SharedSecret};
use session_server::limits::BEARER_CHARS;
use std::sync::LazyLock;
use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Builder::new_current_thread().build().unwrap());

static ISSUERS: LazyLock<Issuers> = LazyLock::new(|| {
    let path = std::env::temp_dir().join(format!("session-fuzz-secret-{}", std::process::id()));
    std::fs::write(&path, "a secret that the fuzzer does not know").unwrap();
    let secret = SharedSecret::File(path.clone());
    let provider = Provider::Hs256 { issuer: "me".into(), audience: "sessions".into(), secret };
    let issuers = Issuers::open(&[provider]).unwrap();
    std::fs::remove_file(path).unwrap();
    issuers
});

fuzz_target!(|input: &[u8]| {
    let Ok(value) = HeaderValue::from_bytes(input) else { return };
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, value);
    let Ok(Some(token)) = bearer::of(&headers) else { return };
    assert!(token.len() <= BEARER_CHARS);
    let Ok(head) = bearer::header(token) else { return };
    assert_eq!(head.crit, None, "no critical extension is understood");
    let verified = RUNTIME.block_on(ISSUERS.verify(token, &head, Timestamp::from_millis(1_772_366_400_000)));
    assert!(verified.is_err(), "{token}");
});
