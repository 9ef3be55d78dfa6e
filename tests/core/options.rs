//! What a host chose, as the core reads it. The door at which a value is refused is the package's.

use serde_json::{Value, json};
use session_tracker::config::{Config, Times};
use session_tracker::time::Millis;

fn read(options: Value) -> Config {
    Config::read(&options.to_string())
}

#[test]
fn what_is_not_chosen_has_its_default() {
    for nothing in [json!({ "endpoint": "/api" }), json!({ "endpoint": "/api", "userId": null, "flushSeconds": null })]
    {
        let config = read(nothing);
        assert_eq!((&*config.endpoint, &*config.user_id, &*config.platform), ("/api", "", "web"));
        assert_eq!((&*config.replace, &*config.namespace, config.persistent), ("device", "session-tracker", true));
        assert_eq!((config.section.as_str(), &*config.metadata), ("home", ""));
        assert_eq!(config.chosen, Times::default());
    }
}

#[test]
fn durations_are_understood_to_the_millisecond() {
    let chosen = read(json!({ "heartbeatSeconds": 45, "debounceMilliseconds": 250.75, "flushSeconds": 0.25 })).chosen;
    assert_eq!(chosen.heartbeat, Some(Millis(45_000)));
    assert_eq!(chosen.debounce, Some(Millis(250)));
    assert_eq!(chosen.flush, Some(Millis(250)));
}

#[test]
fn a_slash_at_the_end_of_the_endpoint_is_not_part_of_it() {
    assert_eq!(read(json!({ "endpoint": "https://a.example/api/" })).endpoint, "https://a.example/api");
    assert_eq!(read(json!({ "endpoint": "/" })).endpoint, "");
}

#[test]
fn metadata_stay_word_for_word() {
    let config = Config::read(r#"{"metadata":{"n":12345678901234567890,"x":"\"}"},"persistence":"none"}"#);
    assert_eq!(config.metadata, r#"{"n":12345678901234567890,"x":"\"}"}"#);
    assert!(!config.persistent);
}

#[test]
fn texts_are_unescaped() {
    assert_eq!(read(json!({ "userId": "ü\"\\ 😀" })).user_id, "ü\"\\ 😀");
}
