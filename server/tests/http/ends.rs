//! Ends over HTTP, with requests that arrive late or in another order than they were sent. The rules' own tests have every case.

use crate::support::{Server, kind};
use serde_json::json;

#[tokio::test]
async fn a_beat_sent_before_the_goodbye_and_received_after_it_revives_nothing() {
    let server = Server::start().await;
    let visit = server.visit().await;
    server.pass(30);
    server.ok("heartbeat", visit.says(json!({}))).await;
    server.ok("end", visit.says(json!({ "reason": "app_close" }))).await;
    let late = server
        .ok(
            "heartbeat",
            visit.says(json!({ "heartbeat": { "activity": "active", "activityCount": 3, "activeSeconds": 9 } })),
        )
        .await;
    assert_eq!((&late["status"], &late["activeSeconds"]), (&json!("ended"), &json!(9)));
}

#[tokio::test]
async fn a_goodbye_of_the_last_page_received_after_the_next_pages_start_ends_nothing() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let mut start = visit.start();
    start["epoch"] = json!(2);
    server.ok("start", start).await;
    let late = server.ok("end", visit.says(json!({ "reason": "app_close" }))).await;
    assert_eq!(late["status"], "active");
}

#[tokio::test]
async fn after_a_final_end_presence_is_refused_and_nothing_of_it_is_stored() {
    let server = Server::start().await;
    let visit = server.visit().await;
    server.ok("end", visit.says(json!({ "reason": "logout" }))).await;
    let before = server.sql("SELECT change_order || updated_at FROM user_sessions").await;
    server.pass(5);
    let statement = json!({ "epoch": 2, "section": "docs", "metadata": { "plan": "free" } });
    let totals = json!({ "epoch": 2, "heartbeat": { "activeSeconds": 99 } });
    for (route, body) in
        [("start", visit.start()), ("heartbeat", visit.says(totals)), ("update", visit.says(statement))]
    {
        let (status, problem) = server.post(route, body).await;
        assert_eq!((status, kind(&problem)), (410, "session-ended"), "{route}");
    }
    assert_eq!(server.sql("SELECT change_order || updated_at FROM user_sessions").await, before);
}

#[tokio::test]
async fn a_second_end_gets_the_first_ones_times() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let end = |at: &str| visit.says(json!({ "reason": "logout", "sentAt": at, "endedAt": at }));
    server.pass(10);
    server.ok("end", end("2026-03-01T12:00:10.000Z")).await;
    server.pass(10);
    let second = server.ok("end", end("2026-03-01T12:00:20.000Z")).await;
    assert_eq!((&second["endedAt"], &second["totalDurationSeconds"]), (&json!("2026-03-01T12:00:10.000Z"), &json!(10)));
}

#[tokio::test]
async fn the_page_after_a_crash_says_so_of_the_one_before() {
    let server = Server::start().await;
    let visit = server.visit().await;
    server.pass(3_000);
    let next = json!({ "userId": "ada", "previousId": visit.session, "previousEnd": "crash", "replace": "none" });
    server.ok("start", next).await;
    let ended = "SELECT end_reason || ' ' || ended_at FROM user_sessions WHERE ended_at IS NOT NULL";
    assert_eq!(server.sql(ended).await, ["crash 2026-03-01T12:00:00.000Z"]);
}
