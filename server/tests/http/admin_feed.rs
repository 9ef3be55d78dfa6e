//! The feeds of the live page, and the token that opens them.

use crate::support::{SERVICE_TOKEN, Server, answer, click, kind};
use serde_json::{Value, json};

#[tokio::test]
async fn only_the_service_token_opens_the_feeds() {
    let server = Server::start().await;
    let visit = server.visit().await;
    for path in ["/api/admin/sessions", "/api/admin/events"] {
        let (status, problem) = answer(server.get(path).send().await.unwrap()).await;
        assert_eq!((status, kind(&problem)), (401, "token-missing"));
        for token in ["x", &visit.token, &SERVICE_TOKEN[1..]] {
            let (status, problem) = answer(server.get(path).bearer_auth(token).send().await.unwrap()).await;
            assert_eq!((status, kind(&problem)), (401, "token-invalid"));
        }
        server.feed(path).await;
    }
}

#[tokio::test]
async fn a_feed_goes_on_where_it_stopped_and_misses_nothing() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let first = server.feed("/api/admin/events").await;
    assert_eq!(first["events"][0]["eventType"], "session_start");
    let quiet = server.feed(&format!("/api/admin/events?since={}", first["next"].as_str().unwrap())).await;
    assert_eq!((&quiet["events"], &quiet["next"]), (&json!([]), &first["next"]));

    server.ok("end", visit.says(json!({ "reason": "app_close" }))).await;
    server.ok("heartbeat", visit.says(json!({ "epoch": 2 }))).await;
    server.ok("batch", visit.says(json!({ "epoch": 2, "events": [click(1), click(2)] }))).await;
    let mut seen = Vec::new();
    let mut next = first["next"].clone();
    loop {
        let page = server.feed(&format!("/api/admin/events?limit=1&since={}", next.as_str().unwrap())).await;
        let Some(event) = page["events"].get(0) else { break };
        seen.push(event["seq"].clone());
        next = page["next"].clone();
    }
    assert_eq!(seen, [1, 2], "an end that was taken back leaves no row, and its place is not given to another");
}

#[tokio::test]
async fn a_session_comes_again_when_it_changes() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let first = server.feed("/api/admin/sessions").await;
    let since = format!("/api/admin/sessions?since={}", first["next"].as_str().unwrap());
    assert_eq!(server.feed(&since).await["sessions"], json!([]));
    server.pass(30);
    server
        .ok(
            "heartbeat",
            visit.says(json!({ "heartbeat": { "activity": "idle", "activityCount": 2, "activeSeconds": 12 } })),
        )
        .await;
    let changed = server.feed(&since).await;
    assert_eq!(changed["sessions"].as_array().unwrap().len(), 1);
    let row = &changed["sessions"][0];
    assert_eq!((&row["status"], &row["activeSeconds"], &row["endedAt"]), (&json!("idle"), &json!(12), &Value::Null));
}

#[tokio::test]
async fn without_a_cursor_the_newest_rows_come() {
    let server = Server::start().await;
    let visit = server.visit().await;
    server.ok("batch", visit.says(json!({ "events": (1..=9).map(click).collect::<Vec<_>>() }))).await;
    let page = server.feed("/api/admin/events?limit=3").await;
    let seqs: Vec<_> = page["events"].as_array().unwrap().iter().map(|event| event["seq"].clone()).collect();
    assert_eq!(seqs, [7, 8, 9]);
    for query in ["limit=0", "limit=501", "limit=x", "since=x", "since=-1"] {
        let sent = server.get(&format!("/api/admin/events?{query}")).bearer_auth(SERVICE_TOKEN).send().await.unwrap();
        assert_eq!(sent.status(), 422, "{query}");
    }
}

#[tokio::test]
async fn the_token_is_handed_to_this_machines_own_page_alone() {
    let closed = Server::start().await;
    assert_eq!(closed.get("/live/service-token").send().await.unwrap().status(), 404);

    let open = Server::with(|settings| settings.hand_out_service_token = true).await;
    assert_eq!(open.read("/live/service-token").await, json!({ "token": SERVICE_TOKEN }));
    let asked = |name: &'static str, value: &'static str| open.get("/live/service-token").header(name, value).send();
    assert_eq!(asked("sec-fetch-site", "same-origin").await.unwrap().status(), 200);
    assert_eq!(asked("sec-fetch-site", "cross-site").await.unwrap().status(), 404);
    assert_eq!(asked("origin", "https://evil.example").await.unwrap().status(), 403);
}

#[test]
fn the_token_file_is_made_once_and_is_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data/service-token");
    let token = session_server::auth::service_token::open(&file).unwrap();
    assert_eq!(token.len(), 64);
    assert_eq!(session_server::auth::service_token::open(&file).unwrap(), token);
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    std::fs::write(&file, "short\n").unwrap();
    assert!(session_server::auth::service_token::open(&file).unwrap_err().contains("16 characters"));
}
