//! What the core reads of JSON that the page has parsed: never more than it says, whatever arrives.

use crate::parsing::flat;
use serde_json::{Value, json};
use session_tracker::flat::{Flat, whole};

#[test]
fn both_halves_of_the_form_are_what_is_agreed() {
    let agreed: Value = serde_json::from_str(include_str!("flat.json")).expect("the file is JSON");
    for case in agreed.as_array().expect("a list") {
        let lines = case["flat"].as_array().expect("a list").iter().flat_map(|pair| pair.as_array().expect("a pair"));
        let mut said: Vec<_> = lines.map(|text| text.as_str().expect("a text")).collect();
        let made = flat(case["json"].as_str().expect("a text"));
        let mut made: Vec<_> = made.split_terminator('\0').collect();
        // Their order is that of the names here, and that of their coming in a browser.
        said.sort_unstable();
        made.sort_unstable();
        assert_eq!(made, said, "{}", case["of"]);
    }
}

#[test]
fn only_an_object_is_read() {
    for other in ["", "null", "[]", "[{}]", "5", "\"{}\"", "{", "{\"a\":1", "{} {}", "<html>{}</html>"] {
        assert!(Flat::object(&flat(other)).is_none(), "{other:?}");
    }
    assert!(Flat::object(&flat("{}")).is_some());
}

#[test]
fn a_value_is_taken_for_nothing_but_what_it_is() {
    let said =
        flat(r#"{"text":"7","number":7,"flag":true,"no":false,"nothing":null,"list":[7],"object":{"text":"7"}}"#);
    let object = Flat::object(&said).expect("an object");
    for (path, text, whole, is_true) in [
        (".text", Some("7"), None, false),
        (".number", None, Some(7), false),
        (".flag", None, None, true),
        (".no", None, None, false),
        (".nothing", None, None, false),
        (".list", None, None, false),
        (".object", None, None, false),
        (".object.text", Some("7"), None, false),
    ] {
        assert!(object.get(path).is_some(), "{path}");
        assert_eq!((object.text(path), object.whole(path), object.is_true(path)), (text, whole, is_true), "{path}");
    }
    assert_eq!((object.get(".missing"), object.get("text"), object.get("7")), (None, None, None));
}

#[test]
fn numbers_are_read_in_thousandths() {
    for (spelt, thousandths) in [
        ("0", Some(0)),
        ("7", Some(7_000)),
        ("0.25", Some(250)),
        ("1e3", Some(1_000_000)),
        ("9999999999999998", Some(9_999_999_999_999_998_000)),
        ("10000000000000000", None),
        ("1e300", None),
        ("-1", None),
        ("-0.001", None),
    ] {
        let said = flat(&format!(r#"{{"it":{spelt}}}"#));
        assert_eq!(Flat::object(&said).expect("an object").thousandths(".it"), thousandths, "{spelt}");
    }
}

#[test]
fn what_is_under_a_path_is_found_in_turn() {
    let said = flat(r#"{"it":[3,{"index":4}],"its":5,"other":{"it":2}}"#);
    let found: Vec<_> = Flat::object(&said).expect("an object").under(".it").collect();
    assert_eq!(found, [("", "[]"), ("[]", "3000"), ("[]", "."), ("[].index", "4000"), ("s", "5000")]);
}

#[test]
fn of_a_list_a_thousand_values_are_read() {
    let said = flat(&json!({ "it": (0..1_001).collect::<Vec<_>>() }).to_string());
    let last = Flat::object(&said).expect("an object").under(".it").last();
    assert_eq!(last.and_then(|(_, value)| whole(value)), Some(999));
}

/// An answer cut off at every byte and with every byte replaced, in either form, is read without a panic and never as more than it is.
#[test]
fn broken_answers_are_survived() {
    let answer =
        json!({ "sessionId": "a-1", "accepted": [0, 1], "rejected": [{ "index": 2 }], "detail": "\u{1f600} \"x\"" });
    let (json, flattened) = (answer.to_string(), flat(&answer.to_string()));
    for cut in (0..json.len()).filter(|at| json.is_char_boundary(*at)) {
        assert!(Flat::object(&flat(&json[..cut])).is_none());
        for other in ["\"", "{", "}", "[", "]", "\\", ",", ":", "0", " "] {
            look_at(&flat(&[&json[..cut], other, json.get(cut + 1..).unwrap_or_default()].concat()));
        }
    }
    for cut in (0..flattened.len()).filter(|at| flattened.is_char_boundary(*at)) {
        look_at(&flattened[..cut]);
        look_at(&[&flattened[..cut], "\0", flattened.get(cut + 1..).unwrap_or_default()].concat());
    }
}

fn look_at(said: &str) {
    let Some(object) = Flat::object(said) else { return };
    for path in [".sessionId", ".accepted", ".rejected", ".detail"] {
        let _read = (object.text(path), object.whole(path), object.is_true(path));
        assert!(object.under(path).count() <= 4);
    }
}
