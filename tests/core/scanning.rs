//! The small JSON reader against a large one: whatever a backend may spell, both understand the same.

use serde_json::{Value as Large, json};
use session_tracker::wire::Value;

fn text(json: &Large) -> Option<String> {
    Value::object(&json.to_string())?.get("it")?.text()
}

fn thousandths(spelt: &str) -> Option<u64> {
    Value::object(&format!("{{\"it\":{spelt}}}"))?.get("it")?.thousandths()
}

#[test]
fn texts_are_read_as_they_are_meant() {
    for said in ["", "plain", "quote \" and \\ and / end", "line\nbreak\ttab\r", "ü 𝄞 \u{2028} \u{7f} \u{1}", "}],{[:"]
    {
        assert_eq!(text(&json!({ "it": said })).as_deref(), Some(said));
    }
    let escaped = r#"{"it":"\u00fc \ud834\udd1e \/ \u0041"}"#;
    assert_eq!(Value::object(escaped).unwrap().get("it").unwrap().text().as_deref(), Some("ü 𝄞 / A"));
}

#[test]
fn half_a_character_is_no_reason_to_fail() {
    for spelt in [r#"{"it":"\ud834"}"#, r#"{"it":"\ud834x"}"#, r#"{"it":"\udd1e"}"#, r#"{"it":"\uzzzz"}"#] {
        assert!(Value::object(spelt).unwrap().get("it").unwrap().text().is_some(), "{spelt}");
    }
}

#[test]
fn numbers_are_read_in_thousandths() {
    for (spelt, read) in [
        ("0", Some(0)),
        ("7", Some(7_000)),
        ("0.25", Some(250)),
        ("1.2345", Some(1_234)),
        ("18446744073709551615", None),
        ("18446744073709551", Some(18_446_744_073_709_551_000)),
        ("-1", None),
        ("1e3", None),
        ("true", None),
        ("\"7\"", None),
    ] {
        assert_eq!(thousandths(spelt), read, "{spelt}");
    }
}

#[test]
fn members_are_found_wherever_they_stand() {
    let object = json!({ "a": { "it": 1 }, "b": ["it", { "it": 2 }], "it": [3, { "x": "}" }, 5], "z": null });
    for spelt in [object.to_string(), serde_json::to_string_pretty(&object).unwrap(), format!(" \r\n\t{object}\n")] {
        let items: Vec<_> = Value::object(&spelt).unwrap().get("it").unwrap().items().map(Value::whole).collect();
        assert_eq!(items, [Some(3), None, Some(5)]);
        assert!(Value::object(&spelt).unwrap().get("missing").is_none());
    }
}

#[test]
fn what_is_no_whole_object_is_none() {
    for spelt in [
        "",
        "null",
        "[]",
        "\"{}\"",
        "{",
        "{\"a\":1",
        "{\"a\":\"b",
        "{\"a\":\"b\\",
        "{} {}",
        "{}x",
        "<html>{}</html>",
        "}{",
    ] {
        assert_eq!(Value::object(spelt), None, "{spelt:?}");
    }
    assert!(Value::object("{}").is_some());
    let list = Value::object(r#"{"it":[1,,2]}"#).and_then(|object| object.get("it")).expect("its brackets match");
    assert_eq!(list.items().map(Value::whole).collect::<Vec<_>>(), [Some(1)], "and a list ends where it is none");
}

/// Every answer of the API, cut off at every byte and with every byte replaced, is read without a panic and never as more than it is.
#[test]
fn broken_answers_are_survived() {
    let whole =
        json!({ "sessionId": "a-1", "accepted": [0, 1], "rejected": [{ "index": 2 }], "detail": "\u{1f600} \"x\"" })
            .to_string();
    for cut in (0..whole.len()).filter(|at| whole.is_char_boundary(*at)) {
        assert_eq!(Value::object(&whole[..cut]), None);
        for other in ["\"", "{", "}", "[", "]", "\\", ",", ":", "0", " "] {
            let broken = [&whole[..cut], other, whole.get(cut + 1..).unwrap_or_default()].concat();
            if let Some(object) = Value::object(&broken) {
                for name in ["sessionId", "accepted", "rejected", "detail"] {
                    let value = object.get(name);
                    let _read =
                        value.map(|value| (value.text(), value.whole(), value.items().count(), value.get("index")));
                }
            }
        }
    }
}
