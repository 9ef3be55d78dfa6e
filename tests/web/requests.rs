//! What a request looks like when it leaves the page: method, address, content type, credential.

use crate::page::{Visit, plain};
use serde_json::{Value, json};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

fn origin() -> String {
    js_sys::eval("location.origin").unwrap().as_string().unwrap()
}

#[wasm_bindgen_test]
async fn a_start_without_a_bearer_is_a_text_that_needs_no_preflight() {
    let visit = Visit::live(json!({ "userId": "ada", "metadata": { "plan": "M" } })).await;
    let start = visit.page.request(0).await;
    assert_eq!(start["method"], "POST");
    assert_eq!(start["url"], format!("{}/api/sessions/start", origin()));
    assert_eq!(start["contentType"], "text/plain;charset=UTF-8");
    assert_eq!(start["authorization"], Value::Null);
    assert_eq!(start["keepalive"], true);
    let body = &start["body"];
    assert_eq!(body["sessionId"], visit.state()["sessionId"]);
    assert_eq!(body["userId"], "ada");
    assert_eq!(body["section"], "home");
    assert_eq!(body["metadata"], json!({ "plan": "M" }));
}

#[wasm_bindgen_test]
async fn a_start_names_the_families_of_system_and_browser_and_the_time_zone() {
    let visit = Visit::live(json!({})).await;
    let body = &visit.page.request(0).await["body"];
    let device = body["deviceInfo"].as_object().unwrap();
    assert_eq!(device.keys().collect::<Vec<_>>(), ["browser", "mobile", "os", "screen"], "and nothing else");
    let (family, version) = device["browser"].as_str().unwrap().split_once(' ').unwrap();
    assert!(["Chromium", "Firefox", "Safari"].contains(&family), "{device:?}");
    assert!(version.parse::<u32>().is_ok(), "{device:?}");
    assert!(["small", "medium", "large"].contains(&device["screen"].as_str().unwrap()));
    let zone = js_sys::eval("Intl.DateTimeFormat().resolvedOptions().timeZone").unwrap();
    assert_eq!(body["locationInfo"]["timezone"], plain(&zone));
}

#[wasm_bindgen_test]
async fn another_origin_is_addressed_as_it_was_given() {
    let visit = Visit::live(json!({ "endpoint": "https://api.example/sessions/" })).await;
    assert_eq!(visit.page.request(0).await["url"], "https://api.example/sessions/start");
}

#[wasm_bindgen_test]
async fn a_backend_at_the_root_of_a_host_is_addressed_there() {
    let visit = Visit::live(json!({ "endpoint": "/" })).await;
    let url = visit.page.request(0).await["url"].as_str().unwrap().to_owned();
    assert!(url.ends_with("/start") && !url.ends_with("//start"), "{url}");
}

/// A token that nobody signed.
fn token_of(subject: &str) -> String {
    let part = |json: Value| js_sys::eval(&format!("btoa('{json}')")).unwrap().as_string().unwrap();
    let url_safe = |text: String| text.replace('+', "-").replace('/', "_").replace('=', "");
    [part(json!({ "alg": "none" })), part(json!({ "name": "~~~???", "sub": subject })), String::new()]
        .map(url_safe)
        .join(".")
}

#[wasm_bindgen_test]
async fn a_bearer_for_somebody_else_begins_a_session_of_their_own() {
    let visit = Visit::open_with_tokens(json!({}), json!([token_of("ada"), token_of("ada"), token_of("grace")]));
    visit.start().await;
    let first = visit.state()["sessionId"].clone();
    let expired = json!({ "type": "x:token-expired" });
    visit.page.answer(401, expired.clone());
    visit.log("click", json!(1));
    visit.page.request(3).await;
    assert_eq!(visit.state()["sessionId"], first, "a new token of the same person changes nothing");
    visit.page.answer(401, expired);
    visit.log("click", json!(2));
    visit
        .page
        .until("another session is live", || visit.state()["status"] == "live" && visit.state()["sessionId"] != first)
        .await;
    let requests = visit.page.requests();
    let start = requests.iter().rfind(|request| request["url"].as_str().unwrap().ends_with("/start")).unwrap();
    assert_eq!((&start["body"]["sessionId"], &start["body"]["previousId"]), (&visit.state()["sessionId"], &first));
    assert_eq!(start["authorization"], format!("Bearer {}", token_of("grace")));
    let foreign =
        |request: &&Value| request["body"]["sessionId"] == first && request["authorization"] == start["authorization"];
    assert!(!requests.iter().any(|request| foreign(&request)), "which speaks for no session of ada's");
    visit.page.is_unharmed().await;
}

#[wasm_bindgen_test]
async fn bearers_that_say_nothing_of_a_person_are_taken_as_they_are() {
    for token in ["opaque", "a.b.c", "..", "a.bnVsbA.c"] {
        let visit = Visit::open_with_tokens(json!({}), json!([token]));
        visit.start().await;
        assert_eq!(visit.page.request(0).await["authorization"], format!("Bearer {token}"));
        visit.page.is_unharmed().await;
    }
}

#[wasm_bindgen_test]
async fn a_bearer_is_asked_for_once_and_events_travel_with_the_write_token() {
    let visit = Visit::open_with_tokens(json!({}), json!(["one", "two"]));
    visit.start().await;
    visit.log("click", json!(1));
    let (start, batch) = (visit.page.request(0).await, visit.page.request(1).await);
    assert_eq!(start["authorization"], "Bearer one");
    assert_eq!(start["contentType"], "application/json");
    assert_eq!(batch["authorization"], Value::Null);
    assert_eq!(batch["contentType"], "text/plain;charset=UTF-8");
    assert_eq!(batch["body"]["token"], "write-token");
    assert_eq!(visit.page.tokens_asked(), 1);
}

#[wasm_bindgen_test]
async fn a_refused_bearer_is_asked_for_anew() {
    let visit = Visit::open_with_tokens(json!({}), json!(["old", "new"]));
    visit.page.answer(401, json!({ "type": "urn:session-tracker:problem:token-expired" }));
    visit.start().await;
    assert_eq!(visit.page.request(0).await["authorization"], "Bearer old");
    assert_eq!(visit.page.request(1).await["authorization"], "Bearer new");
    assert_eq!(visit.page.tokens_asked(), 2);
}

#[wasm_bindgen_test]
async fn a_backend_without_write_tokens_gets_the_bearer_with_every_event() {
    let visit = Visit::open_with_tokens(json!({}), json!(["one", "two"]));
    visit.page.answer(200, json!({ "sessionId": "s-1" }));
    visit.start().await;
    visit.log("click", json!({ "name": "buy" }));
    let event = visit.page.request(1).await;
    assert_eq!(event["url"], format!("{}/api/sessions/log-event", origin()));
    assert_eq!(event["authorization"], "Bearer one");
    assert_eq!(event["body"]["sessionId"], "s-1");
    assert_eq!(event["body"]["eventData"], json!({ "name": "buy" }));
    assert_eq!(visit.page.tokens_asked(), 1);
}

#[wasm_bindgen_test]
async fn statistics_name_the_user_where_there_is_no_bearer() {
    let visit = Visit::live(json!({ "userId": "ada & co" })).await;
    visit.page.answer(200, json!({ "totalSessions": 2 }));
    let stats = JsFuture::from(visit.stats(7, true)).await.unwrap();
    assert_eq!(plain(&stats), json!({ "totalSessions": 2 }));
    let read = visit.page.request(1).await;
    assert_eq!(read["method"], "GET");
    assert_eq!(read["url"], format!("{}/api/sessions/stats?daysBack=7&userId=ada%20%26%20co", origin()));
}

#[wasm_bindgen_test]
async fn statistics_are_read_with_the_bearer_where_there_is_one() {
    let visit = Visit::open_with_tokens(json!({ "userId": "ada" }), json!(["one"]));
    visit.page.answer(403, json!({ "type": "urn:session-tracker:problem:forbidden" }));
    let stats = JsFuture::from(visit.stats(0, false)).await.unwrap();
    assert!(stats.is_undefined(), "the backend would not say");
    let read = visit.page.request(0).await;
    assert_eq!(read["authorization"], "Bearer one");
    assert_eq!(read["url"], format!("{}/api/sessions/stats?daysBack=1", origin()));
}

#[wasm_bindgen_test]
async fn what_is_carried_along_travels_in_the_request_and_hears_the_answer() {
    let visit = Visit::live(json!({})).await;
    visit.page.carry("r-1");
    visit.log("click", json!(1));
    let batch = visit.page.request(1).await;
    assert_eq!((&batch["body"]["rooms"], &batch["body"]["events"][0]["eventType"]), (&json!(["r-1"]), &json!("click")));
    visit.page.until("the carrier hears", || visit.page.heard().to_string().contains("carried")).await;
    let heard = visit.page.heard();
    let answer = heard.as_array().unwrap().iter().find(|heard| heard[0] == "carried").unwrap()[1].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(answer).unwrap()["accepted"], json!([0]));
    visit.page.until("the event is delivered", || visit.ledger()["delivered"] == 1).await;
}
