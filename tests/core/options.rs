//! What a host may choose, at the limit and one beyond it.

use session_tracker::config::{Config, OptionError, RawOptions};

fn with(change: impl FnOnce(&mut RawOptions)) -> Result<Config, OptionError> {
    let mut raw = RawOptions { endpoint: Some("/api/sessions".into()), ..Default::default() };
    change(&mut raw);
    Config::parse(raw)
}

#[track_caller]
fn refused(option: &str, change: impl FnOnce(&mut RawOptions)) {
    let error = with(change).expect_err(option);
    assert_eq!(error.option, option);
    assert!(error.message().contains(option) && error.message().contains(error.expected));
}

#[test]
fn the_endpoint_is_a_url_or_a_path() {
    for good in ["/api/sessions", "/", "https://a.example/api", "http://127.0.0.1:8787/api/sessions/"] {
        assert!(with(|raw| raw.endpoint = Some(good.into())).is_ok(), "{good}");
    }
    for bad in [
        "",
        "api/sessions",
        "//a.example",
        "ftp://a.example",
        "https://",
        "https:///x",
        "/a?b",
        "/a#b",
        "/a b",
        "javascript:alert(1)",
    ] {
        refused("endpoint", |raw| raw.endpoint = Some(bad.into()));
    }
    refused("endpoint", |raw| raw.endpoint = None);
    refused("endpoint", |raw| raw.endpoint = Some(format!("/{}", "x".repeat(2_048))));
    assert!(with(|raw| raw.endpoint = Some(format!("/{}", "x".repeat(2_047)))).is_ok());
    let trimmed = with(|raw| raw.endpoint = Some("/api/sessions/".into())).unwrap();
    assert_eq!(trimmed.endpoint, "/api/sessions");
}

#[test]
fn a_user_id_has_one_to_128_characters() {
    assert!(with(|raw| raw.user_id = Some("ü".repeat(128))).is_ok());
    refused("userId", |raw| raw.user_id = Some("ü".repeat(129)));
    refused("userId", |raw| raw.user_id = Some(String::new()));
    refused("userId", |raw| raw.user_id = Some("a\nb".into()));
}

#[test]
fn durations_have_ends() {
    for (seconds, good) in
        [(4.999, false), (5.0, true), (3_600.0, true), (3_600.1, false), (f64::NAN, false), (f64::INFINITY, false)]
    {
        assert_eq!(with(|raw| raw.heartbeat_seconds = Some(seconds)).is_ok(), good, "{seconds}");
    }
    for (milliseconds, good) in [(-1.0, false), (0.0, true), (60_000.0, true), (60_001.0, false)] {
        assert_eq!(with(|raw| raw.debounce_milliseconds = Some(milliseconds)).is_ok(), good, "{milliseconds}");
    }
    for (seconds, good) in [(-0.1, false), (0.0, true), (0.25, true), (600.0, true), (600.5, false)] {
        assert_eq!(with(|raw| raw.flush_seconds = Some(seconds)).is_ok(), good, "{seconds}");
    }
}

#[test]
fn words_are_words() {
    for bad in ["", "a b", "ü", "a/b"] {
        refused("platform", |raw| raw.platform = Some(bad.into()));
        refused("namespace", |raw| raw.namespace = Some(bad.into()));
    }
    assert!(with(|raw| raw.platform = Some("ios-internal".into())).is_ok());
    refused("replace", |raw| raw.replace = Some("all".into()));
    refused("persistence", |raw| raw.persistence = Some("cookie".into()));
    refused("section", |raw| raw.section = Some("x".repeat(201)));
}

#[test]
fn metadata_is_an_object_of_at_most_eight_kibibytes() {
    let object = |bytes: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8));
    assert!(with(|raw| raw.metadata = Some(object(8_192))).is_ok());
    refused("metadata", |raw| raw.metadata = Some(object(8_193)));
    refused("metadata", |raw| raw.metadata = Some("[]".into()));
}
