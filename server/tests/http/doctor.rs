//! The checklist: it passes a server that works, leaves no trace, and names what does not.

use crate::support::Server;
use session_server::doctor::{examine, report};
use session_server::jobs;

async fn findings(server: &Server) -> (Vec<String>, String) {
    let mut settings = server.app.settings.clone();
    settings.listen = server.base.trim_start_matches("http://").parse().unwrap();
    let checks = examine(&settings, server.app.store.as_ref(), server.app.clock.as_ref()).await;
    let failed = checks.iter().filter(|check| check.result.is_err()).map(|check| check.name.to_owned()).collect();
    (failed, report(&checks))
}

#[tokio::test]
async fn a_server_that_works_is_ready() {
    let server = Server::start().await;
    server.visit().await;
    jobs::tick(&server.app).await;
    let (failed, report) = findings(&server).await;
    assert!(failed.is_empty(), "{report}");
    assert!(report.ends_with("The backend is ready."), "{report}");
    assert_eq!(server.sql("SELECT DISTINCT user_id FROM session_events").await, ["ada"]);
    for (table, rows) in [("SELECT count(*) FROM collab_sessions", 0), ("SELECT count(*) FROM user_sessions", 1)] {
        assert_eq!(server.count(table).await, rows);
    }
}

#[tokio::test]
async fn a_server_whose_jobs_never_ran_is_not() {
    let server = Server::start().await;
    let (failed, report) = findings(&server).await;
    assert_eq!(failed, ["jobs"]);
    assert!(report.contains("[FAIL] jobs: end_inactive_sessions never ran. Start the server"), "{report}");
    assert!(report.ends_with("The backend is not ready: 1 check failed."), "{report}");
}

#[tokio::test]
async fn a_server_that_does_not_answer_or_is_not_ready_is_not() {
    let mut server = Server::start().await;
    jobs::tick(&server.app).await;
    server.app.closing.store(true, std::sync::atomic::Ordering::SeqCst);
    let (failed, report) = findings(&server).await;
    assert_eq!(failed, ["service"]);
    assert!(report.contains("HTTP/1.1 503"), "{report}");

    // A port that was free a moment ago, and that nothing listens on any more.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    server.base = format!("http://{free}");
    let (failed, report) = findings(&server).await;
    assert_eq!(failed, ["service"]);
    assert!(report.contains("does not answer"), "{report}");
}
