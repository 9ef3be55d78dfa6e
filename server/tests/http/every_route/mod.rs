//! What no route may be brought down by: a table of the routes that take a body, and (in the rooms below) everything that can be wrong
//! with a body, its members and an address. Each fault is a problem that names it; nothing is stored; nothing of the inside is shown.

mod addresses;
mod bodies;
mod document;
mod members;
mod values;

use crate::support::{NOON, SERVICE_TOKEN, Server, Visit, click, id_at, kind, time};
use document::Document;
use reqwest::Response;
use serde_json::{Value, json};
use session_server::limits::{BEACON_BYTES, BODY_BYTES};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

/// The routes that take a body, and the most that each reads of it on the `text/plain` lane.
const WRITING: [(&str, usize); 14] = [
    ("/api/sessions/start", BODY_BYTES),
    ("/api/sessions/batch", BODY_BYTES),
    ("/api/sessions/heartbeat", BEACON_BYTES),
    ("/api/sessions/update", BEACON_BYTES),
    ("/api/sessions/log-event", BEACON_BYTES),
    ("/api/rooms", BEACON_BYTES),
    ("/api/rooms/{id}/join", BEACON_BYTES),
    ("/api/rooms/{id}/presence", BEACON_BYTES),
    ("/api/rooms/{id}/leave", BEACON_BYTES),
    ("/api/ai/sessions", BODY_BYTES),
    ("/api/ai/interactions", BODY_BYTES),
    ("/session/create", BODY_BYTES),
    ("/api/admin/cleanup/run", BEACON_BYTES),
    ("/api/sessions/end", BEACON_BYTES),
];

/// A route that takes a body, in a session or a room of its own.
struct Writing {
    /// As the document writes it.
    document: &'static str,
    path: String,
    /// A body that it takes.
    good: Value,
    beacon_bytes: usize,
}

impl Writing {
    async fn fresh(server: &Server, document: &'static str) -> Self {
        static NUMBERS: AtomicU64 = AtomicU64::new(1);
        let id = || id_at(time(NOON), 1_000_000 + u128::from(NUMBERS.fetch_add(1, Ordering::Relaxed)));
        let mut visit = Visit { session: id(), tab: id(), token: String::new() };
        let mut path = document.to_owned();
        let good = match document {
            "/api/sessions/start" => visit.start(),
            "/api/sessions/batch" => {
                json!({ "sessionId": visit.session, "start": { "userId": "ada" }, "events": [click(2)] })
            }
            "/api/rooms" | "/api/ai/sessions" => json!({ "userId": "ada" }),
            "/api/ai/interactions" => json!({ "userId": "ada", "aiSessionId": id(), "prompt": "?" }),
            "/session/create" => json!({ "user_id": "ada" }),
            "/api/admin/cleanup/run" => json!({ "job": "cleanup_inactive_sessions" }),
            _ if document.starts_with("/api/rooms/{id}/") => {
                let (room, good) = (id(), json!({ "userId": "ada", "deviceId": id() }));
                path = document.replace("{id}", &room.to_string());
                assert_eq!(server.send("/api/rooms", json!({ "userId": "ada", "roomId": room })).await.0, 201);
                assert_eq!(server.send(&format!("/api/rooms/{room}/join"), good.clone()).await.0, 200);
                good
            }
            _ => {
                // Of somebody else: routes are tried at the same time, and a start of Ada's may say that it replaces all of hers.
                let mut start = visit.start();
                start["userId"] = json!("eve");
                visit.token = server.ok("start", start).await["token"].as_str().unwrap().into();
                visit.says(match document {
                    "/api/sessions/update" => json!({ "eventId": id(), "section": "docs" }),
                    "/api/sessions/log-event" => click(1),
                    "/api/sessions/end" => json!({ "reason": "app_close" }),
                    _ => json!({}),
                })
            }
        };
        let (_, beacon_bytes) = WRITING.into_iter().find(|(route, _)| *route == document).unwrap();
        Self { document, path, good, beacon_bytes }
    }
}

async fn writing_routes(server: &Server) -> Vec<Writing> {
    let mut routes = Vec::new();
    for (document, _) in WRITING {
        routes.push(Writing::fresh(server, document).await);
    }
    routes
}

#[test]
fn the_table_has_every_route_of_the_document_that_takes_a_body() {
    let table: BTreeSet<&str> = WRITING.into_iter().map(|(route, _)| route).collect();
    assert_eq!(table, Document::read().writing().into_iter().collect());
}

async fn send(server: &Server, path: &str, content_type: Option<&str>, body: impl Into<reqwest::Body>) -> Response {
    let mut request = server.client.post(format!("{}{path}", server.base)).body(body);
    if let Some(content_type) = content_type {
        request = request.header("content-type", content_type);
    }
    if path.starts_with("/api/admin/") {
        request = request.bearer_auth(SERVICE_TOKEN);
    }
    request.send().await.unwrap()
}

async fn post(server: &Server, path: &str, body: impl Into<reqwest::Body>) -> (u16, Value) {
    crate::support::answer(send(server, path, Some("text/plain"), body).await).await
}

/// That this answer is a problem which tells its reader what to do and a stranger nothing.
async fn assert_problem(response: Response, expected: (u16, &str), about: &str) -> Value {
    let status = response.status().as_u16();
    assert_eq!(response.headers()["content-type"], "application/problem+json", "{about}: {status}");
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let problem: Value = response.json().await.unwrap();
    assert_eq!((status, kind(&problem)), expected, "{about}: {problem}");
    assert_eq!((&problem["status"], &problem["instance"]), (&json!(status), &json!(id)), "{about}");
    assert!(problem["detail"].as_str().unwrap().len() > 10, "{about}: {problem}");
    let text = problem.to_string().to_lowercase();
    for inside in ["sql", "panick", ".rs:", "backtrace", "serde", "select ", "insert "] {
        assert!(!text.contains(inside), "{about} tells of `{inside}`: {problem}");
    }
    problem
}

/// Everything that is stored, counted, and when each session was last changed.
async fn stored(server: &Server) -> Vec<String> {
    server
        .sql(
            "SELECT (SELECT count(*) || coalesce(group_concat(change_order || updated_at), '') FROM user_sessions)
                 || ' ' || (SELECT count(*) FROM session_events) || ' ' || (SELECT count(*) FROM session_tabs)
                 || ' ' || (SELECT count(*) FROM collab_sessions) || ' ' || (SELECT count(*) FROM session_participants)
                 || ' ' || (SELECT count(*) FROM ai_sessions) || ' ' || (SELECT count(*) FROM ai_interactions)",
        )
        .await
}
