//! The job that ends sessions nothing is heard of any more.

use crate::support::Server;
use serde_json::json;
use session_server::jobs::end_inactive;

#[tokio::test]
async fn silent_sessions_are_ended_once_and_the_run_is_noted() {
    let server = Server::start().await;
    let silent = server.visit().await;
    server.ok("heartbeat", silent.says(json!({ "heartbeat": { "activity": "idle" } }))).await;
    server.pass(1_800);
    server.ok("start", json!({ "userId": "bob" })).await;
    server.pass(1_799);
    assert_eq!(end_inactive(&server.app).await, 0);
    server.pass(1);
    assert_eq!(end_inactive(&server.app).await, 1);
    assert_eq!(end_inactive(&server.app).await, 0);

    let rows = "SELECT user_id || ' ' || status || ' ' || coalesce(ended_at, '') FROM user_sessions ORDER BY user_id";
    assert_eq!(server.sql(rows).await, ["ada timeout 2026-03-01T12:00:00.000Z", "bob active "]);
    assert_eq!(server.count("SELECT count(*) FROM session_events WHERE event_type = 'session_end'").await, 1);
    assert_eq!(server.sql("SELECT job || ' ' || rows FROM job_runs").await, ["end_inactive_sessions 1"]);
}

#[tokio::test]
async fn a_day_old_session_is_ended_though_it_still_beats() {
    let server = Server::start().await;
    let visit = server.visit().await;
    for _ in 0..47 {
        server.pass(1_800);
        server.ok("heartbeat", visit.says(json!({}))).await;
    }
    server.pass(1_799);
    assert_eq!(end_inactive(&server.app).await, 0);
    server.pass(1);
    assert_eq!(end_inactive(&server.app).await, 1);
    assert_eq!(server.sql("SELECT end_reason FROM user_sessions").await, ["timeout"]);
}
