//! What a host chose, as the core reads it. The door at which a value is refused is the package's.

use crate::parsing::config_of;
use serde_json::json;
use session_tracker::config::Times;
use session_tracker::time::Millis;

#[test]
fn what_is_not_chosen_has_its_default() {
    for nothing in [json!({}), json!({ "userId": null, "flushSeconds": null })] {
        let config = config_of(nothing);
        assert_eq!((&*config.user_id, &*config.platform), ("", "web"));
        assert_eq!((&*config.replace, config.persistent), ("device", true));
        assert_eq!((config.section.as_str(), &*config.metadata), ("home", ""));
        assert_eq!(config.chosen, Times::default());
    }
}

#[test]
fn durations_are_understood_to_the_millisecond() {
    let chosen =
        config_of(json!({ "heartbeatSeconds": 45, "debounceMilliseconds": 250.75, "flushSeconds": 0.25 })).chosen;
    assert_eq!(chosen.heartbeat, Some(Millis(45_000)));
    assert_eq!(chosen.debounce, Some(Millis(250)));
    assert_eq!(chosen.flush, Some(Millis(250)));
}

#[test]
fn metadata_stay_as_they_were_written() {
    let config = config_of(json!({ "metadata": { "n": 0.1, "x": "\"}" }, "persistence": "none" }));
    assert_eq!(config.metadata, r#"{"n":0.1,"x":"\"}"}"#);
    assert!(!config.persistent);
}

#[test]
fn texts_arrive_as_they_are() {
    assert_eq!(config_of(json!({ "userId": "ü\"\\ 😀" })).user_id, "ü\"\\ 😀");
}
