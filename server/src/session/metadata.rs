//! A session's metadata, which several requests add to, member by member: the last value of each stands. Numbers keep their spelling, for
//! another one may be another number.

use crate::limits::OBJECT_BYTES;
use crate::number;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The metadata with these members too; none if they would be larger than [`OBJECT_BYTES`] together, numbers counted with all their digits.
#[must_use]
pub fn merged(stored: Option<&str>, said: &str) -> Option<String> {
    let mut members: BTreeMap<String, &RawValue> = stored.map(object).unwrap_or_default();
    members.extend(object(said));
    let mut text = String::new();
    write_object(members, &mut text);
    (number::bytes_of(&text) <= OBJECT_BYTES).then_some(text)
}

/// What is no object was refused at the door.
fn object(text: &str) -> BTreeMap<String, &RawValue> {
    serde_json::from_str(text).unwrap_or_default()
}

fn write_object(members: BTreeMap<String, &RawValue>, text: &mut String) {
    text.push('{');
    for (place, (name, value)) in members.into_iter().enumerate() {
        text.push_str(if place == 0 { "" } else { "," });
        text.push_str(&serde_json::Value::from(name).to_string());
        text.push(':');
        write(value, text);
    }
    text.push('}');
}

/// Without spaces, and texts without needless escapes: what would add up over many requests, and is not counted where a database parses it.
fn write(value: &RawValue, text: &mut String) {
    let json = value.get();
    match json.as_bytes().first() {
        Some(b'{') => write_object(object(json), text),
        Some(b'[') => {
            text.push('[');
            let elements: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
            for (place, element) in elements.into_iter().enumerate() {
                text.push_str(if place == 0 { "" } else { "," });
                write(element, text);
            }
            text.push(']');
        }
        Some(b'"') => text.push_str(&serde_json::from_str::<serde_json::Value>(json).unwrap_or_default().to_string()),
        _ => text.push_str(json),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_of_each_member_stands() {
        let text = merged(Some(r#"{"a":1,"b":{"c":2}}"#), r#"{"b":{"d":3},"e":null}"#);
        assert_eq!(text.as_deref(), Some(r#"{"a":1,"b":{"d":3},"e":null}"#));
    }

    #[test]
    fn numbers_keep_their_spelling_and_nothing_else_does() {
        let said = "{ \"a\" : [ 1.50 , 12345678901234567890123,1E2 ], \"\\u00fc\":\"\\u00df\\/\\n\", \"x\":{\"y\":1,\"y\":2} }";
        assert_eq!(
            merged(None, said).as_deref(),
            Some("{\"a\":[1.50,12345678901234567890123,1E2],\"x\":{\"y\":2},\"ü\":\"ß/\\n\"}")
        );
    }

    #[test]
    fn they_may_be_as_large_as_the_limit_with_all_digits_of_their_numbers() {
        let text = |bytes: usize| format!(r#"{{"t":"{}"}}"#, "x".repeat(bytes - r#"{"t":"","n":}"#.len() - 309));
        assert!(merged(Some(&text(OBJECT_BYTES)), r#"{"n":1e308}"#).is_some());
        assert!(merged(Some(&text(OBJECT_BYTES + 1)), r#"{"n":1e308}"#).is_none());
    }
}
