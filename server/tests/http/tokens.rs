//! Who may write: the session's own write token, and in a server without login whoever says who they are.

use crate::support::{Server, click, kind};
use serde_json::json;

#[tokio::test]
async fn a_session_that_is_not_the_callers_is_not_there() {
    let server = Server::start().await;
    let visit = server.visit().await;
    for route in ["heartbeat", "end", "batch", "update"] {
        let (status, problem) = server.post(route, json!({ "sessionId": visit.session, "userId": "eve" })).await;
        assert_eq!((status, kind(&problem)), (404, "session-not-found"), "{route}");
    }
    let path = format!("/api/sessions/{}/events?userId=eve", visit.session);
    assert_eq!(server.get(&path).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_token_names_its_user_whatever_the_body_says() {
    let server = Server::start().await;
    let visit = server.visit().await;
    server
        .ok("log-event", {
            let mut body = visit.says(click(1));
            body["userId"] = json!("eve");
            body
        })
        .await;
    assert_eq!(server.sql("SELECT user_id FROM session_events WHERE event_type = 'click'").await, ["ada"]);
}

#[tokio::test]
async fn a_token_is_for_one_session() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let other = server.ok("start", json!({ "userId": "ada", "replace": "none" })).await;
    let (status, problem) = server.post("end", visit.says(json!({ "token": other["token"] }))).await;
    assert_eq!((status, kind(&problem)), (403, "forbidden"));
}

#[tokio::test]
async fn forged_and_foreign_tokens_are_refused() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let elsewhere = Server::start().await.visit().await;
    let (head, rest) = visit.token.split_once('.').unwrap();
    let (claims, signature) = rest.split_once('.').unwrap();
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    let other_end = if signature.ends_with('A') { "E" } else { "A" };
    let forged = [
        "x".into(),
        "..".into(),
        "x".repeat(4_097),
        elsewhere.token,
        format!("{none}.{claims}."),
        format!("{none}.{claims}.{signature}"),
        format!("{head}.{claims}."),
        format!("{head}.{claims}.{}{other_end}", &signature[..signature.len() - 1]),
    ];
    for token in forged {
        let (status, problem) = server.post("heartbeat", visit.says(json!({ "token": token }))).await;
        let expected = if token.len() > 4_096 { (422, "invalid-request") } else { (401, "token-invalid") };
        assert_eq!((status, kind(&problem)), expected, "{token}");
    }
}

#[tokio::test]
async fn a_token_lasts_until_its_sessions_last_event_can_have_come() {
    let server = Server::start().await;
    let visit = server.visit().await;
    server.pass(8 * 86_400 - 1);
    assert_eq!(server.post("heartbeat", visit.says(json!({}))).await.0, 410);
    server.pass(1);
    let (status, problem) = server.post("heartbeat", visit.says(json!({}))).await;
    assert_eq!((status, kind(&problem)), (401, "token-expired"));
}

#[tokio::test]
async fn a_visitor_without_a_name_is_known_by_the_device() {
    let server = Server::start().await;
    let device = "019ca945-1d88-7000-8000-0000000000dd";
    let first = server.ok("start", json!({ "deviceId": device })).await;
    let second = server.ok("start", json!({ "deviceId": device })).await;
    assert_eq!((&first["userId"], &second["userId"]), (&json!(format!("anon:{device}")), &first["userId"]));
    let nameless = server.ok("start", json!({})).await;
    assert!(nameless["userId"].as_str().unwrap().starts_with("anon:"));
}

#[tokio::test]
async fn no_address_is_stored_unless_the_operator_asks_and_then_only_a_network() {
    let server = Server::start().await;
    server.visit().await;
    assert_eq!(server.count("SELECT count(*) FROM user_sessions WHERE ip_address IS NOT NULL").await, 0);
    let server = Server::with(|settings| settings.store_ip = true).await;
    server.visit().await;
    assert_eq!(server.sql("SELECT ip_address FROM user_sessions").await, ["127.0.0.0/24"]);
}
