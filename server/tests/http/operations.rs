//! What an operator sees: metrics on a port of their own, and a log in which every line of a request has its id and none has a token.

use crate::logins::{AUDIENCE, ISSUER, SECRET, token};
use crate::support::{SERVICE_TOKEN, Server, answer, click};
use serde_json::{Value, json};
use session_server::metrics::router;
use session_server::serve::serve;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// What Prometheus would be told.
pub(crate) async fn metrics(server: &Server) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/metrics", listener.local_addr().unwrap());
    tokio::spawn(serve(listener, router(Arc::clone(&server.app)), Duration::from_secs(60), std::future::pending()));
    let response = server.client.get(url).send().await.unwrap();
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    response.text().await.unwrap()
}

fn assert_says(metrics: &str, line: &str) {
    assert!(metrics.lines().any(|found| found == line), "no line `{line}` in\n{metrics}");
}

#[tokio::test]
async fn requests_events_groups_and_jobs_are_counted_and_nobody_is_named() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let batch = visit.says(json!({ "events": [click(1), click(1), click(2), { "eventType": "" }] }));
    server.ok("batch", batch).await;
    server.read(&format!("/api/sessions/{}/events?userId=ada", visit.session)).await;
    assert_eq!(server.post("heartbeat", json!({})).await.0, 422);
    assert_eq!(server.get("/api/no/such/thing").send().await.unwrap().status(), 404);
    let brew = reqwest::Method::from_bytes(b"BREW").unwrap();
    server.client.request(brew, format!("{}/api/sessions/start", server.base)).send().await.unwrap();
    session_server::jobs::run(&server.app, session_server::jobs::Job::EndInactive).await.unwrap();

    let metrics = metrics(&server).await;
    for line in [
        r#"session_http_requests_total{method="POST",route="/api/sessions/start",status="201"} 1"#,
        r#"session_http_requests_total{method="POST",route="/api/sessions/batch",status="200"} 1"#,
        r#"session_http_requests_total{method="GET",route="/api/sessions/{id}/events",status="200"} 1"#,
        r#"session_http_requests_total{method="other",route="/api/sessions/start",status="405"} 1"#,
        r#"session_http_request_seconds_count{route="/api/sessions/start"} 2"#,
        r#"session_problems_total{kind="invalid-request"} 1"#,
        r#"session_problems_total{kind="not-found"} 1"#,
        r#"session_events_total{kind="accepted"} 2"#,
        r#"session_events_total{kind="duplicate"} 1"#,
        r#"session_events_total{kind="rejected"} 1"#,
        r#"session_queue_writes{queue="sessions"} 0"#,
        r#"session_group_writes_count{queue="sessions"} 2"#,
        r#"session_group_rows_sum{queue="sessions"} 5.0"#,
        r#"session_commit_seconds_count{queue="sessions"} 2"#,
        r#"session_job_runs_total{job="end_inactive_sessions",result="done"} 1"#,
        "# EOF",
    ] {
        assert_says(&metrics, line);
    }
    assert!(metrics.contains(r#"session_job_last_success_timestamp_seconds{job="end_inactive_sessions"} 1772366400"#));
    for word in ["ada", &visit.session.to_string(), "127.0.0.1", "such"] {
        assert!(!metrics.contains(word), "{word} in\n{metrics}");
    }
}

#[tokio::test]
async fn the_api_does_not_serve_metrics_nor_the_metrics_port_the_api() {
    let server = Server::start().await;
    assert_eq!(server.get("/metrics").send().await.unwrap().status(), 404);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/api/sessions/stats?userId=ada", listener.local_addr().unwrap());
    tokio::spawn(serve(listener, router(Arc::clone(&server.app)), Duration::from_secs(60), std::future::pending()));
    assert_eq!(server.client.get(url).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_trusted_proxy_may_name_a_request_and_nobody_else() {
    let server = Server::with(|settings| settings.trusted_proxy_hops = 1).await;
    for (given, is_kept) in [("abc-123_X.9", true), ("x", true), ("a b", false), ("a\tb", false), ("", false)] {
        let response = server.get("/api/nothing").header("x-request-id", given).send().await.unwrap();
        let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        assert_eq!(id == given, is_kept, "{given:?} became {id:?}");
        assert_eq!(answer(response).await.1["instance"], json!(id));
    }
    for (length, is_kept) in [(64, true), (65, false), (5_000, false)] {
        let given = "x".repeat(length);
        let response = server.get("/livez").header("x-request-id", &given).send().await.unwrap();
        assert_eq!(response.headers()["x-request-id"] == given.as_str(), is_kept, "{length}");
    }
    let server = Server::start().await;
    let response = server.get("/livez").header("x-request-id", "abc").send().await.unwrap();
    assert_ne!(response.headers()["x-request-id"], "abc");
}

/// The real program with login and everything logged, set by its environment alone.
fn program(folder: &Path) -> (Child, String) {
    std::fs::create_dir_all(folder.join("data")).unwrap();
    std::fs::write(folder.join("data/service-token"), SERVICE_TOKEN).unwrap();
    let issuer = format!("kind=hs256,issuer={ISSUER},audience={AUDIENCE},secret=env:LOGIN_SECRET");
    let mut program = Command::new(env!("CARGO_BIN_EXE_session-server"))
        .current_dir(folder)
        .env("SESSION_LISTEN", "127.0.0.1:0")
        .env("SESSION_AUTH", "optional")
        .env("SESSION_ISSUER", issuer)
        .env("LOGIN_SECRET", SECRET)
        .env("SESSION_LOG", "trace")
        .env("SESSION_LOG_FORMAT", "json")
        .stdout(Stdio::piped())
        .stderr(Stdio::from(std::fs::File::create(folder.join("log")).unwrap()))
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (program, line.trim().rsplit(' ').next().unwrap().to_owned())
}

#[tokio::test]
async fn the_log_is_json_with_the_requests_id_and_without_any_token() {
    let folder = tempfile::tempdir().unwrap();
    let (mut program, base) = program(folder.path());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let sessions = format!("{base}/api/sessions");
    let post = |route: &str, body: Value| client.post(format!("{sessions}/{route}")).json(&body);

    let (_, started) = answer(post("start", json!({})).send().await.unwrap()).await;
    let (write, visitor) = (started["token"].as_str().unwrap(), started["visitorToken"].as_str().unwrap());
    // The program's clock is the machine's, so the issuer's token has long expired: refused, and no less secret.
    let login = token("ada");
    let id = started["sessionId"].clone();
    let sent = [
        post("heartbeat", json!({ "sessionId": id, "token": write })),
        post("heartbeat", json!({ "sessionId": id, "token": format!("{write}x") })),
        post("heartbeat", json!({ "sessionId": id, "token": visitor })),
        post("start", json!({ "visitorToken": visitor })).bearer_auth(&login),
        client.get(format!("{sessions}/stats")).bearer_auth(visitor),
        client.get(format!("{sessions}/stats?token={write}")).bearer_auth(format!("{login}x")),
        client.get(format!("{base}/api/admin/sessions")).bearer_auth(SERVICE_TOKEN),
    ];
    let mut statuses = Vec::new();
    let mut request_id = String::new();
    for request in sent {
        let response = request.send().await.unwrap();
        request_id = response.headers()["x-request-id"].to_str().unwrap().into();
        statuses.push(response.status().as_u16());
    }
    assert_eq!(statuses, [200, 401, 401, 401, 200, 401, 200]);
    program.kill().unwrap();
    program.wait().unwrap();

    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of_last = lines.iter().find(|line| line["span"]["id"] == json!(request_id) && line["message"] == "answered");
    let of_last = of_last.unwrap_or_else(|| panic!("no line of {request_id} in\n{log}"));
    assert_eq!((&of_last["status"], &of_last["span"]["route"]), (&json!(200), &json!("/api/admin/sessions")));
    for secret in [write, visitor, &login, SERVICE_TOKEN, SECRET] {
        for part in secret.split('.').filter(|part| part.len() > 20) {
            assert!(!log.contains(part), "{part} is in the log");
        }
    }
}
