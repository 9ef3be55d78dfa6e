//! What no route may be brought down by: a table of the routes that take a body, and (in the rooms below) everything that can be wrong
//! with a body, its members and an address. Each fault is a problem that names it; nothing is stored; nothing of the inside is shown.

mod addresses;
mod bodies;
mod members;

use crate::support::{NOON, SERVICE_TOKEN, Server, Visit, click, id_at, kind, time};
use reqwest::Response;
use serde_json::{Value, json};
use session_server::limits::{BEACON_BYTES, BODY_BYTES};

/// A route that takes a body.
struct Writing {
    path: String,
    /// A body that it takes.
    good: Value,
    /// The most that it reads on the `text/plain` lane.
    beacon_bytes: usize,
    /// Members that are texts, and members that are ids.
    texts: &'static [&'static str],
    ids: &'static [&'static str],
}

const SAYS: (&[&str], &[&str]) = (&["token", "sentAt"], &["sessionId", "tabId"]);

async fn writing_routes(server: &Server, visit: &Visit) -> Vec<Writing> {
    let room = id_at(time(NOON), 70);
    let (status, reply) = post(server, "/api/rooms", json!({ "userId": "ada", "roomId": room }).to_string()).await;
    assert_eq!(status, 201, "{reply}");
    let route = |path: &str, good: Value, beacon_bytes, texts, ids| Writing {
        path: path.into(),
        good,
        beacon_bytes,
        texts,
        ids,
    };
    let in_room = |action: &str| {
        let path = format!("/api/rooms/{room}/{action}");
        Writing {
            path,
            good: json!({ "userId": "ada" }),
            beacon_bytes: BEACON_BYTES,
            texts: &["token", "userId"],
            ids: &["deviceId"],
        }
    };
    let start = route(
        "/api/sessions/start",
        visit.start(),
        BODY_BYTES,
        &["userId", "platform", "section", "replace", "previousEnd", "startedAt", "visitorToken"],
        &["sessionId", "tabId", "deviceId", "previousId"],
    );
    let event = visit.says(click(1));
    vec![
        start,
        route("/api/sessions/batch", visit.says(json!({ "events": [click(2)] })), BODY_BYTES, SAYS.0, SAYS.1),
        route("/api/sessions/heartbeat", visit.says(json!({})), BEACON_BYTES, SAYS.0, SAYS.1),
        route(
            "/api/sessions/update",
            visit.says(json!({})),
            BEACON_BYTES,
            &["token", "section", "occurredAt"],
            &["eventId"],
        ),
        route("/api/sessions/log-event", event, BEACON_BYTES, &["eventType", "section", "occurredAt"], &["eventId"]),
        route("/api/rooms", json!({ "userId": "ada" }), BEACON_BYTES, &["token", "userId"], &["roomId"]),
        in_room("join"),
        in_room("presence"),
        in_room("leave"),
        route("/api/ai/sessions", json!({ "userId": "ada" }), BODY_BYTES, &["token", "userId"], &["aiSessionId"]),
        route(
            "/api/ai/interactions",
            json!({ "userId": "ada", "aiSessionId": room, "prompt": "?" }),
            BODY_BYTES,
            &["userId", "prompt", "response", "modelUsed"],
            &["aiSessionId", "eventId"],
        ),
        route("/session/create", json!({ "user_id": "ada" }), BODY_BYTES, &["user_id"], &["session_id"]),
        route("/api/admin/cleanup/run", json!({ "job": "cleanup_inactive_sessions" }), BEACON_BYTES, &["job"], &[]),
        route(
            "/api/sessions/end",
            visit.says(json!({ "reason": "app_close" })),
            BEACON_BYTES,
            &["reason", "endedAt"],
            SAYS.1,
        ),
    ]
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

/// The route's good body with one member written literally.
fn with(good: &Value, name: &str, literal: &str) -> String {
    let mut body = good.clone();
    body[name] = json!("(literally)");
    body.to_string().replace("\"(literally)\"", literal)
}
