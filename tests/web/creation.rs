//! Making a tracker: nothing happens, or the host hears which option is at fault.

use crate::page::{Visit, open_page, options};
use serde_json::json;
use session_tracker::SessionTracker;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn making_a_tracker_sends_nothing_and_stores_nothing() {
    let visit = Visit::open(json!({}));
    visit.log("early", json!(null));
    visit.tracker.change_section("docs", true);
    visit.page.is_unharmed().await;
    assert!(visit.page.requests().is_empty());
    assert_eq!(visit.page.stored_keys(), json!([]));
    assert_eq!(visit.state(), json!({ "status": "idle" }));
}

#[wasm_bindgen_test]
fn a_wrong_value_is_refused_with_the_option_and_what_is_expected() {
    let page = open_page();
    let wrong = [
        ("endpoint", json!("ftp://elsewhere"), "the session API's address"),
        ("userId", json!(""), "1 to 128 characters"),
        ("platform", json!("a b"), "letters, digits"),
        ("section", json!(" "), "1 to 200 characters"),
        ("replace", json!("all"), "\"device\", \"user\" or \"none\""),
        ("metadata", json!("[]"), "8192 bytes"),
        ("heartbeatSeconds", json!(4.9), "from 5 to 3600"),
        ("debounceMilliseconds", json!(-1), "from 0 to 60000"),
        ("flushSeconds", json!(601), "from 0 to 600"),
        ("namespace", json!("a/b"), "letters, digits"),
        ("persistence", json!("forever"), "\"local\" or \"none\""),
    ];
    for (option, value, expectation) in wrong {
        let rule = SessionTracker::new(&options(json!({ option: value })), "home", page.hear()).err().unwrap();
        let [name, expected] = rule.as_ref() else { panic!("two members") };
        assert_eq!(name.as_string().as_deref(), Some(option));
        let expected = expected.as_string().unwrap();
        assert!(expected.contains(expectation), "{option}: {expected}");
    }
    assert_eq!((page.listeners(), page.timers()), (0, 0), "a tracker that was never made leaves nothing behind");
}

#[wasm_bindgen_test]
fn an_option_that_is_missing_or_null_has_its_default() {
    let nothing = json!({ "userId": null, "metadata": null, "heartbeatSeconds": null, "getToken": null });
    assert_eq!(Visit::open(nothing).state(), json!({ "status": "idle" }));
}
