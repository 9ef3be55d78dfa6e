//! `/readyz` tells a load balancer when to send nobody: during a shutdown, with a full queue (both told elsewhere), without the store,
//! and without its migrations. `/livez` says that restarting would not help.

use crate::support::{Server, answer, execute, kind, on_postgres};
use session_server::store;

async fn ready(server: &Server) -> u16 {
    let (status, body) = answer(server.get("/readyz").send().await.unwrap()).await;
    assert!(status == 200 || kind(&body) == "unavailable", "{body}");
    assert!(!body.to_string().contains("sqlx"), "{body}");
    status
}

async fn run(server: &Server, statement: &'static str) {
    execute(&server.app.settings.database, statement).await.unwrap();
}

#[tokio::test]
async fn a_store_that_lacks_a_migration_is_not_ready() {
    let server = Server::start().await;
    assert_eq!(ready(&server).await, 200);
    let (forget, remember) = if on_postgres() {
        (
            "DELETE FROM session_internal.schema_versions WHERE version > 1",
            "INSERT INTO session_internal.schema_versions SELECT n FROM generate_series(2, 100) n",
        )
    } else {
        (
            "UPDATE _sqlx_migrations SET success = false WHERE version = (SELECT max(version) FROM _sqlx_migrations)",
            "UPDATE _sqlx_migrations SET success = true",
        )
    };
    run(&server, forget).await;
    assert_eq!(ready(&server).await, 503);
    assert_eq!(server.get("/livez").send().await.unwrap().status(), 200);
    run(&server, remember).await;
    assert_eq!(ready(&server).await, 200);
}

#[tokio::test]
async fn a_store_that_cannot_answer_is_not_ready() {
    let server = Server::start().await;
    let lose = if on_postgres() {
        "DROP SCHEMA session_internal CASCADE"
    } else {
        "ALTER TABLE _sqlx_migrations RENAME TO elsewhere"
    };
    run(&server, lose).await;
    assert_eq!(ready(&server).await, 503);
    server.app.store.close().await;
    assert_eq!(ready(&server).await, 503);
    assert_eq!(server.get("/livez").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_file_that_another_build_has_made_is_refused_with_what_to_do() {
    // PostgreSQL's files can be applied again, so nobody compares them.
    if on_postgres() {
        return;
    }
    for (change, cause) in [
        (
            "UPDATE _sqlx_migrations SET checksum = x'00' WHERE version = 2",
            "another build of the server, whose migration 2",
        ),
        (
            "INSERT INTO _sqlx_migrations SELECT 999, description, installed_on, success, checksum, 0 FROM _sqlx_migrations WHERE version = 1",
            "a newer server: this one does not know its migration 999",
        ),
    ] {
        let server = Server::start().await;
        run(&server, change).await;
        let refused = store::open(&server.app.settings).await.map(drop).unwrap_err().to_string();
        assert!(
            refused.contains("sqlite:") && refused.contains(cause) && refused.contains("name another file"),
            "{refused}"
        );
    }
}
