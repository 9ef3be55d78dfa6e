//! `auth = required`: whoever has no token of the identity provider is turned away, and nobody gets at anybody else's session.

use crate::logins::{server, token};
use crate::support::{NOON, Server, answer, click, id_at, kind, time};
use serde_json::{Value, json};
use session_server::auth::AuthMode;
use uuid::Uuid;

fn session() -> Uuid {
    id_at(time(NOON), 1)
}

/// A POST on the JSON lane.
async fn post(server: &Server, route: &str, bearer: &str, body: Value) -> (u16, Value) {
    let url = format!("{}/api/sessions/{route}", server.base);
    answer(server.client.post(url).bearer_auth(bearer).json(&body).send().await.unwrap()).await
}

async fn get(server: &Server, path: &str, bearer: &str) -> (u16, Value) {
    answer(server.get(path).bearer_auth(bearer).send().await.unwrap()).await
}

async fn started(server: &Server, user: &str) -> Value {
    let (status, reply) = post(server, "start", &token(user), json!({ "sessionId": session() })).await;
    assert_eq!(status, 201, "{reply}");
    reply
}

#[tokio::test]
async fn a_session_belongs_to_the_tokens_subject() {
    let server = server(AuthMode::Required).await;
    let reply = started(&server, "ada").await;
    assert_eq!((&reply["userId"], &reply["visitorToken"]), (&json!("ada"), &Value::Null));
    let (status, stats) = get(&server, "/api/sessions/stats", &token("ada")).await;
    assert_eq!((status, &stats["userId"], &stats["totalSessions"]), (200, &json!("ada"), &json!(1)));
}

#[tokio::test]
async fn without_a_token_nothing_is_started_and_nothing_read() {
    let server = server(AuthMode::Required).await;
    for body in [json!({}), json!({ "userId": "ada" }), json!({ "sessionId": session(), "visitorToken": "x" })] {
        for route in ["start", "heartbeat", "update", "end", "log-event", "batch"] {
            let mut body = body.clone();
            if route != "start" {
                body["sessionId"] = json!(session());
                body["eventType"] = json!("click");
            }
            let (status, problem) = server.post(route, body).await;
            assert_eq!((status, kind(&problem)), (401, "token-missing"), "{route}");
        }
    }
    let batch = json!({ "sessionId": session(), "start": { "userId": "ada" } });
    assert_eq!(server.post("batch", batch).await.0, 401);
    for path in ["stats", "active", "019ca945-0a00-7000-8000-000000000001/events", "stats?userId=ada"] {
        let response = server.get(&format!("/api/sessions/{path}")).send().await.unwrap();
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        let (status, problem) = answer(response).await;
        assert_eq!((status, kind(&problem)), (401, "token-missing"), "{path}");
    }
    assert_eq!(server.count("SELECT count(*) FROM user_sessions").await, 0);
}

#[tokio::test]
async fn naming_another_user_is_forbidden_in_body_and_query() {
    let server = server(AuthMode::Required).await;
    let reply = started(&server, "ada").await;
    let named = json!({ "sessionId": session(), "userId": "eve", "eventType": "click" });
    for route in ["start", "heartbeat", "update", "end", "log-event", "batch"] {
        let (status, problem) = post(&server, route, &token("ada"), named.clone()).await;
        assert_eq!((status, kind(&problem)), (403, "forbidden"), "{route} by bearer");
        let mut by_token = named.clone();
        by_token["token"] = reply["token"].clone();
        let (status, problem) = server.post(route, by_token).await;
        assert_eq!((status, kind(&problem)), (403, "forbidden"), "{route} by write token");
    }
    let inner = json!({ "sessionId": session(), "start": { "userId": "eve" } });
    assert_eq!(post(&server, "batch", &token("ada"), inner).await.0, 403);
    for path in ["stats", "active", &format!("{}/events", session())] {
        let (status, problem) = get(&server, &format!("/api/sessions/{path}?userId=eve"), &token("ada")).await;
        assert_eq!((status, kind(&problem)), (403, "forbidden"), "{path}");
        assert_eq!(get(&server, &format!("/api/sessions/{path}?userId=ada"), &token("ada")).await.0, 200);
    }
    assert_eq!(server.count("SELECT count(*) FROM session_events").await, 1, "the start's own event alone");
}

#[tokio::test]
async fn anothers_session_is_as_if_it_did_not_exist() {
    let server = server(AuthMode::Required).await;
    started(&server, "ada").await;
    for id in [session(), id_at(time(NOON), 99)] {
        let body = json!({ "sessionId": id, "eventType": "click" });
        for route in ["heartbeat", "update", "end", "log-event", "batch"] {
            let (status, problem) = post(&server, route, &token("eve"), body.clone()).await;
            assert_eq!((status, kind(&problem)), (404, "session-not-found"), "{route}");
        }
        let (status, problem) = get(&server, &format!("/api/sessions/{id}/events"), &token("eve")).await;
        assert_eq!((status, kind(&problem)), (404, "session-not-found"));
    }
    let (_, active) = get(&server, "/api/sessions/active", &token("eve")).await;
    assert_eq!(active["sessions"], json!([]));
}

#[tokio::test]
async fn an_id_that_another_user_has_makes_a_row_of_ones_own_and_tells_nothing() {
    let server = server(AuthMode::Required).await;
    let ada = started(&server, "ada").await;
    let eve = started(&server, "eve").await;
    assert_eq!((&eve["sessionId"], &eve["userId"]), (&ada["sessionId"], &json!("eve")));
    let body = json!({ "sessionId": session(), "token": eve["token"], "reason": "logout" });
    assert_eq!(server.post("end", body).await.0, 200);
    let rows = "SELECT user_id || ' ' || status FROM user_sessions ORDER BY user_id";
    assert_eq!(server.sql(rows).await, ["ada active", "eve ended"]);
}

#[tokio::test]
async fn after_the_start_the_write_token_is_enough() {
    let server = server(AuthMode::Required).await;
    let token = started(&server, "ada").await["token"].clone();
    let says = |members: Value| {
        let mut body = json!({ "sessionId": session(), "token": token });
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        body
    };
    assert_eq!(server.post("heartbeat", says(json!({}))).await.0, 200);
    assert_eq!(server.post("log-event", says(click(1))).await.0, 201);
    assert_eq!(server.post("end", says(json!({ "reason": "app_close" }))).await.0, 200);
    let (status, reply) = server.post("start", says(json!({ "epoch": 5 }))).await;
    assert_eq!((status, &reply["userId"]), (200, &json!("ada")), "the session is its own proof");
    let (status, problem) = get(&server, "/api/sessions/stats", token.as_str().unwrap()).await;
    assert_eq!((status, kind(&problem)), (401, "token-invalid"), "it reads nothing");
}

#[tokio::test]
async fn a_session_keeps_its_subject_whoever_is_logged_in_by_now() {
    let server = server(AuthMode::Required).await;
    let of_ada = started(&server, "ada").await["token"].clone();
    let event = json!({ "sessionId": session(), "token": of_ada, "events": [click(1)] });
    assert_eq!(post(&server, "batch", &token("eve"), event).await.0, 200);
    let again = json!({ "sessionId": session(), "token": of_ada });
    assert_eq!(post(&server, "start", &token("eve"), again).await.1["userId"], "ada");
    assert_eq!(server.sql("SELECT DISTINCT user_id FROM session_events").await, ["ada"]);
}

#[tokio::test]
async fn a_bearer_is_enough_for_a_backend_that_writes_for_its_users() {
    let server = server(AuthMode::Required).await;
    started(&server, "ada").await;
    let event = json!({ "sessionId": session(), "eventType": "purchase" });
    assert_eq!(post(&server, "log-event", &token("ada"), event).await.0, 201);
}
