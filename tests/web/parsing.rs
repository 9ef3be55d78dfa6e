//! JSON as the core reads it, made by the browser: what `tests/core` reads is made in Rust, by the same agreement.

use crate::page::Visit;
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen(module = "/src/browser/page.js")]
extern "C" {
    fn flat(json: &str) -> String;
}

/// The values that were found and their paths, in turn.
fn found(json: &str) -> Vec<String> {
    flat(json).split_terminator('\0').map(Into::into).collect()
}

#[wasm_bindgen_test]
fn the_browser_makes_of_json_what_is_agreed() {
    let agreed: Value = serde_json::from_str(include_str!("../core/flat.json")).unwrap();
    for case in agreed.as_array().unwrap() {
        let pairs = case["flat"].as_array().unwrap().iter().flat_map(|pair| pair.as_array().unwrap());
        let said: Vec<_> = pairs.map(|text| text.as_str().unwrap()).collect();
        assert_eq!(found(case["json"].as_str().unwrap()), said, "{}", case["of"]);
    }
}

#[wasm_bindgen_test]
fn half_a_character_is_no_reason_to_fail() {
    assert_eq!(found(r#"{"it":"\ud834","a":1}"#), ["", ".", ".it", "\"\u{fffd}", ".a", "1000"]);
}

#[wasm_bindgen_test]
fn of_a_list_and_of_an_object_a_thousand_values_are_read() {
    for (json, path) in [
        (json!({ "it": (0..1_001).collect::<Vec<_>>() }), ".it[]"),
        (
            json!({ "it": (0..1_001).map(|n| (format!("n{n:04}"), n.into())).collect::<serde_json::Map<_, _>>() }),
            ".it.n0999",
        ),
    ] {
        let found = found(&json.to_string());
        assert_eq!((found.len(), &*found[found.len() - 2], &*found[found.len() - 1]), (2 * 1_002, path, "999000"));
    }
}

#[wasm_bindgen_test]
fn what_is_nested_without_end_stays_small() {
    let lists = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let objects = format!("{}1{}", r#"{"it":"#.repeat(10_000), "}".repeat(10_000));
    for json in [lists, objects] {
        assert!(flat(&json).len() < 1_000);
    }
}

#[wasm_bindgen_test]
async fn megabytes_beside_an_acknowledgement_do_not_hide_it() {
    let visit = Visit::live(json!({})).await;
    let useless = vec![0; 2_000_000];
    visit.page.answer(200, json!({ "a": { "b": useless, "c": "x".repeat(4_000_000) }, "accepted": [0] }));
    visit.log("click", json!(1));
    visit.page.until("the event is delivered", || visit.ledger()["delivered"] == 1).await;
    visit.page.is_unharmed().await;
}
