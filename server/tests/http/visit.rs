//! A visit from its start to its goodbye, and the rows it leaves.

use crate::support::{Server, click};
use serde_json::json;

#[tokio::test]
async fn a_visit_leaves_one_session_and_every_event_once() {
    let server = Server::start().await;
    let visit = server.visit().await;
    server.pass(5);
    let change = json!({ "eventId": "019ca945-1d88-7000-8000-0000000000e1", "seq": 1, "eventType": "section_change", "section": "docs" });
    server.ok("batch", visit.says(json!({ "lastSeq": 2, "events": [change, click(2)] }))).await;
    server.pass(25);
    let totals = json!({ "activity": "active", "activityCount": 4, "activeSeconds": 29.75 });
    server.ok("heartbeat", visit.says(json!({ "heartbeat": totals, "lastSeq": 2 }))).await;
    server.pass(10);
    server.ok("log-event", visit.says(click(3))).await;
    server.pass(5);
    let end = server
        .ok(
            "end",
            visit.says(
                json!({ "reason": "logout", "endedAt": "2026-03-01T12:00:45Z", "sentAt": "2026-03-01T12:00:45Z" }),
            ),
        )
        .await;
    assert_eq!((&end["totalDurationSeconds"], &end["activeSeconds"]), (&json!(45), &json!(29)));

    assert_eq!(server.count("SELECT count(*) FROM user_sessions").await, 1);
    assert_eq!(
        server.sql("SELECT event_type FROM session_events ORDER BY row_order").await,
        ["session_start", "section_change", "click", "click", "session_end"]
    );
    let session = "SELECT status || ' ' || end_reason || ' ' || app_section || ' ' || activity_count || ' ' || started_at || ' ' || ended_at \
                   FROM user_sessions";
    assert_eq!(server.sql(session).await, ["ended logout docs 4 2026-03-01T12:00:00.000Z 2026-03-01T12:00:45.000Z"]);
}

#[tokio::test]
async fn pages_of_one_site_share_a_session_that_has_one_end() {
    let server = Server::start().await;
    let visit = server.visit().await;
    for epoch in 1..4 {
        server.pass(20);
        server.ok("end", visit.says(json!({ "epoch": epoch, "reason": "app_close" }))).await;
        server.pass(2);
        let mut start = visit.start();
        start["epoch"] = json!(epoch + 1);
        assert_eq!(server.ok("start", start).await["status"], "active");
    }
    server.ok("end", visit.says(json!({ "epoch": 4, "reason": "app_close" }))).await;
    assert_eq!(server.count("SELECT count(*) FROM user_sessions").await, 1);
    assert_eq!(server.count("SELECT count(*) FROM session_events WHERE event_type = 'session_start'").await, 1);
    assert_eq!(server.count("SELECT count(*) FROM session_events WHERE event_type = 'session_end'").await, 1);
}

#[tokio::test]
async fn a_session_that_goes_on_has_no_end_event() {
    let server = Server::start().await;
    let visit = server.visit().await;
    server.ok("end", visit.says(json!({ "reason": "app_close" }))).await;
    server.ok("heartbeat", visit.says(json!({ "epoch": 2 }))).await;
    assert_eq!(server.count("SELECT count(*) FROM session_events WHERE event_type = 'session_end'").await, 0);
}

#[tokio::test]
async fn the_sources_own_requests_are_enough() {
    let server = Server::start().await;
    let start = server.ok("start", json!({ "userId": "ada" })).await;
    let id = &start["sessionId"];
    server
        .ok("update", json!({ "sessionId": id, "userId": "ada", "section": "docs", "metadata": { "plan": "free" } }))
        .await;
    server
        .ok(
            "log-event",
            json!({ "sessionId": id, "userId": "ada", "eventType": "button_click", "eventData": { "name": "x" } }),
        )
        .await;
    let end = server.ok("end", json!({ "sessionId": id, "userId": "ada" })).await;
    assert_eq!((&end["status"], &end["endReason"]), (&json!("ended"), &json!("manual")));
    assert_eq!(server.sql("SELECT metadata FROM user_sessions").await, [r#"{"plan":"free"}"#]);
}

#[tokio::test]
async fn a_json_request_does_the_same_as_a_beacon() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let request = server
        .client
        .post(format!("{}/api/sessions/batch", server.base))
        .json(&visit.says(json!({ "events": [click(1)] })));
    assert_eq!(request.send().await.unwrap().json::<serde_json::Value>().await.unwrap()["accepted"], json!([0]));
}
