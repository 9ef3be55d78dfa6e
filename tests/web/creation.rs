//! Making a tracker: nothing happens yet.

use crate::page::Visit;
use serde_json::json;
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
fn an_option_that_is_missing_or_null_has_its_default() {
    let nothing = json!({ "userId": null, "metadata": null, "heartbeatSeconds": null, "getToken": null });
    assert_eq!(Visit::open(nothing).state(), json!({ "status": "idle" }));
}
