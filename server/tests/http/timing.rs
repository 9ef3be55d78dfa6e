//! Wrong clocks and long silences.

use crate::support::{Server, kind};
use serde_json::json;

#[tokio::test]
async fn a_device_with_a_wrong_clock_has_the_right_duration() {
    let server = Server::start().await;
    let start = json!({ "userId": "ada", "startedAt": "2031-05-05T08:00:00Z", "sentAt": "2031-05-05T08:00:04Z" });
    let start = server.ok("start", start).await;
    assert_eq!(start["startedAt"], "2026-03-01T11:59:56.000Z");
    server.pass(60);
    let end = json!({
        "sessionId": start["sessionId"], "token": start["token"],
        "reason": "logout", "endedAt": "2031-05-05T08:01:00Z", "sentAt": "2031-05-05T08:01:04Z"
    });
    assert_eq!(server.ok("end", end).await["totalDurationSeconds"], 60);
}

#[tokio::test]
async fn a_session_nothing_was_heard_of_for_an_hour_is_over_at_its_last_contact() {
    let server = Server::start().await;
    let visit = server.visit().await;
    server.pass(3_599);
    server.ok("heartbeat", visit.says(json!({}))).await;
    server.pass(3_600);
    let (status, problem) = server.post("heartbeat", visit.says(json!({}))).await;
    assert_eq!((status, kind(&problem)), (410, "session-ended"));
    assert_eq!(
        server.sql("SELECT status || ' ' || ended_at FROM user_sessions").await,
        ["timeout 2026-03-01T12:59:59.000Z"]
    );
}

#[tokio::test]
async fn the_settings_reach_the_client_and_hold_for_the_server() {
    let server = Server::with(|settings| settings.timing.timeout = std::time::Duration::from_secs(90)).await;
    let visit = server.visit().await;
    let reply = server.ok("start", visit.start()).await;
    assert_eq!(
        (&reply["config"]["timeoutSeconds"], &reply["expiresAt"]),
        (&json!(90), &json!("2026-03-01T12:01:30.000Z"))
    );
    server.pass(90);
    assert_eq!(server.post("heartbeat", visit.says(json!({}))).await.0, 410);
}
