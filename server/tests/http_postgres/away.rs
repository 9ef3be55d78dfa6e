//! The database goes away and comes back: callers are told to come back, and what was acknowledged is there.

use crate::support::{Server, answer, click, database, kind};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// Lets nobody into the server's database, or everybody again; whoever is in it is thrown out.
async fn let_in(server: &Server, allowed: bool) {
    let url = database(&server.folder).await;
    let name =
        url.rsplit('/').find_map(|part| part.strip_prefix("test_")).unwrap().split('?').next().unwrap().to_owned();
    let mut admin = PgConnection::connect(&url.replacen(&format!("test_{name}"), "postgres", 1)).await.unwrap();
    let statements = format!(
        "ALTER DATABASE test_{name} ALLOW_CONNECTIONS {allowed};
         SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = 'test_{name}'"
    );
    admin.execute(sqlx::raw_sql(AssertSqlSafe(statements))).await.unwrap();
}

#[tokio::test]
async fn while_the_database_is_away_callers_are_told_to_come_back() {
    let server = Server::start().await;
    let visit = server.visit().await;
    server.ok("batch", visit.says(json!({ "events": [click(1)] }))).await;
    let_in(&server, false).await;
    for _ in 0..2 {
        let response = server.beacon("batch", &visit.says(json!({ "events": [click(2)] }))).send().await.unwrap();
        assert_eq!(response.headers()["retry-after"], "2");
        let (status, problem) = answer(response).await;
        assert_eq!((status, kind(&problem)), (503, "unavailable"));
        assert!(!problem.to_string().contains("database \\\""), "{problem}");
    }
    assert_eq!(answer(server.get("/readyz").send().await.unwrap()).await.0, 503);

    let_in(&server, true).await;
    server.ok("batch", visit.says(json!({ "events": [click(1), click(2)] }))).await;
    assert_eq!(answer(server.get("/readyz").send().await.unwrap()).await.0, 200);
    assert_eq!(server.count("SELECT count(*) FROM session_events WHERE event_type = 'click'").await, 2);
}

#[tokio::test]
async fn a_connection_that_broke_is_replaced() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let_in(&server, true).await;
    let (status, _) = server.post("heartbeat", visit.says(json!({}))).await;
    assert!([200, 503].contains(&status), "{status}");
    server.ok("heartbeat", visit.says(json!({}))).await;
}
