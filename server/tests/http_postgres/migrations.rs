//! The schema: made by whoever may, checked by everybody, and applied twice without harm.

use crate::postgres::database_like;
use crate::support::{Server, answer, kind};
use serde_json::json;
use session_server::config::Settings;
use session_server::store;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

async fn run(database: &str, statements: &'static str) {
    PgConnection::connect(database).await.unwrap().execute(statements).await.unwrap();
}

fn as_backend(database: &str) -> String {
    database.replacen("postgres@", "session_backend@", 1)
}

async fn open(database: &str) -> Result<(), String> {
    let opened = store::open(&Settings::for_database(database)).await;
    opened.map(drop).map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_server_whose_schema_is_older_than_itself_is_not_ready() {
    let server = Server::start().await;
    run(&server.app.settings.database, "DELETE FROM session_internal.schema_versions WHERE version > 1").await;
    let response = server.get("/readyz").send().await.unwrap();
    assert_eq!(response.headers()["retry-after"], "2");
    let (status, problem) = answer(response).await;
    assert_eq!((status, kind(&problem)), (503, "unavailable"));

    run(&server.app.settings.database, "DROP SCHEMA session_internal CASCADE").await;
    let response = server.beacon("start", &json!({ "userId": "ada" })).send().await.unwrap();
    assert_eq!(response.headers()["retry-after"], "2");
    let (status, problem) = answer(response).await;
    assert_eq!((status, kind(&problem)), (503, "unavailable"));
    assert!(!problem.to_string().contains("session_internal"), "{problem}");
    assert_eq!(answer(server.get("/readyz").send().await.unwrap()).await.0, 503);
}

#[tokio::test]
async fn an_administrators_login_makes_the_schema_and_the_back_ends_own_can_then_serve() {
    let empty = database_like("template0").await;
    run(&empty, "ALTER ROLE session_backend LOGIN").await;
    let refused = open(&as_backend(&empty)).await.unwrap_err();
    assert!(refused.contains("migrations pending"), "{refused}");
    assert_eq!(open(&empty).await, Ok(()));
    assert_eq!(open(&as_backend(&empty)).await, Ok(()));
}

#[tokio::test]
async fn every_file_can_be_applied_again_and_changes_nothing() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let mut files: Vec<_> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    let mut connection = PgConnection::connect(&server.app.settings.database).await.unwrap();
    for file in files {
        let sql = std::fs::read_to_string(&file).unwrap();
        connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.unwrap_or_else(|error| panic!("{file:?}: {error}"));
    }
    assert_eq!(server.ok("heartbeat", visit.says(json!({}))).await["status"], "active");
}
