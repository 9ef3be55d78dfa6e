//! What a host may choose, at the limit and one beyond it.

use crate::page::Options;
use serde_json::{Value, json};
use session_tracker::config::{Config, RULES, Rule};
use session_tracker::section::Section;
use session_tracker::time::Millis;

fn with(option: &str, value: Value) -> Result<Config, &'static Rule> {
    let mut options = json!({ "endpoint": "/api/sessions" });
    options[option] = value;
    Config::parse(&Options(options), Section::home())
}

#[track_caller]
fn takes(option: &str, values: &[Value]) {
    for value in values {
        assert!(with(option, value.clone()).is_ok(), "{option} = {value}");
    }
}

#[track_caller]
fn refuses(option: &str, values: &[Value]) {
    for value in values {
        assert_eq!(with(option, value.clone()).expect_err(&value.to_string()).option, option);
    }
}

#[test]
fn the_endpoint_is_a_url_or_a_path() {
    let path = |bytes: usize| json!(format!("/{}", "x".repeat(bytes - 1)));
    takes(
        "endpoint",
        &[json!("/api/sessions"), json!("/"), json!("https://a.example/api"), json!("http://[::1]:8787/"), path(2_048)],
    );
    refuses(
        "endpoint",
        &[json!(null), json!(""), json!("api/sessions"), json!("//a.example"), json!("ftp://a.example")],
    );
    refuses(
        "endpoint",
        &[
            json!("https://"),
            json!("https:///x"),
            json!("/a?b"),
            json!("/a#b"),
            json!("/a b"),
            json!("javascript:alert(1)"),
        ],
    );
    refuses("endpoint", &[path(2_049)]);
    assert_eq!(with("endpoint", json!("/api/sessions/")).unwrap().endpoint, "/api/sessions");
}

#[test]
fn a_user_id_has_one_to_128_characters() {
    takes("userId", &[json!("a"), json!("ü".repeat(128)), json!(null)]);
    refuses("userId", &[json!(""), json!("ü".repeat(129)), json!("a\nb")]);
}

#[test]
fn durations_have_ends() {
    takes("heartbeatSeconds", &[json!(5), json!(3_600)]);
    refuses("heartbeatSeconds", &[json!(4.999), json!(3_600.1), json!(-1)]);
    takes("debounceMilliseconds", &[json!(0), json!(60_000)]);
    refuses("debounceMilliseconds", &[json!(-1), json!(60_001)]);
    takes("flushSeconds", &[json!(0), json!(600)]);
    refuses("flushSeconds", &[json!(-0.1), json!(600.5)]);
    assert_eq!(with("flushSeconds", json!(0.25)).unwrap().chosen.flush, Some(Millis(250)));
}

#[test]
fn words_are_words() {
    for option in ["platform", "namespace"] {
        takes(option, &[json!("ios-internal"), json!("a.b_c"), json!("x".repeat(200))]);
        refuses(option, &[json!(""), json!("a b"), json!("ü"), json!("a/b"), json!("x".repeat(201))]);
    }
    takes("replace", &[json!("device"), json!("user"), json!("none")]);
    refuses("replace", &[json!("all"), json!("")]);
    takes("persistence", &[json!("local"), json!("none")]);
    refuses("persistence", &[json!("cookie")]);
    takes("section", &[json!("ü".repeat(200))]);
    refuses("section", &[json!("x".repeat(201)), json!(" ")]);
}

#[test]
fn metadata_is_an_object_of_at_most_eight_kibibytes() {
    let object = |bytes: usize| json!({ "a": "x".repeat(bytes - 8) });
    takes("metadata", &[object(8_192), json!({})]);
    refuses("metadata", &[object(8_193), json!("[]")]);
}

#[test]
fn every_option_says_what_it_has_to_be() {
    for rule in RULES {
        assert!(!rule.expected.is_empty() && !rule.expected.ends_with('.'), "{}", rule.option);
    }
}
