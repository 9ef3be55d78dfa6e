//! `auth = optional`: who has no login is an anonymous visitor, and comes back by a token of their own.

use crate::logins::{server, token};
use crate::support::{NOON, Server, answer, click, id_at, kind, time};
use serde_json::{Value, json};
use session_server::auth::AuthMode;
use uuid::Uuid;

const DEVICE: &str = "019ca945-1d88-7000-8000-0000000000dd";

fn session(number: u128) -> Uuid {
    id_at(time(NOON), number)
}

async fn visitor(server: &Server) -> Value {
    server.ok("start", json!({ "sessionId": session(1), "deviceId": DEVICE, "userId": "ada" })).await
}

async fn read(server: &Server, path: &str, bearer: &Value) -> (u16, Value) {
    answer(server.get(path).bearer_auth(bearer.as_str().unwrap()).send().await.unwrap()).await
}

#[tokio::test]
async fn a_visitor_gets_a_subject_and_a_name_that_is_only_a_claim() {
    let server = server(AuthMode::Optional).await;
    let reply = visitor(&server).await;
    let subject = reply["userId"].as_str().unwrap();
    assert!(Uuid::parse_str(subject.strip_prefix("anon:").unwrap()).is_ok(), "{subject}");
    assert_eq!(server.sql("SELECT metadata FROM user_sessions").await, [r#"{"claimedUserId":"ada"}"#]);
    let with_more = json!({ "sessionId": session(2), "userId": "ada", "metadata": { "plan": "M" } });
    server.ok("start", with_more).await;
    let stored = server.sql("SELECT metadata FROM user_sessions ORDER BY id DESC LIMIT 1").await;
    assert_eq!(stored, [r#"{"claimedUserId":"ada","plan":"M"}"#]);
}

#[tokio::test]
async fn metadata_that_fit_are_stored_whole_and_a_claim_only_where_there_is_room_beside_them() {
    let server = server(AuthMode::Optional).await;
    let metadata = |bytes: usize| json!({ "k": "x".repeat(bytes - r#"{"k":"","claimedUserId":"ada"}"#.len()) });
    let start = |bytes| json!({ "userId": "ada", "metadata": metadata(bytes) });
    for (bytes, is_claimed) in [(8_192, true), (8_193, false)] {
        assert_eq!(server.post("start", start(bytes)).await.0, 201, "{bytes}");
        let stored = server.sql("SELECT metadata FROM user_sessions ORDER BY change_order DESC LIMIT 1").await;
        assert_eq!(stored[0].contains("claimedUserId"), is_claimed, "{bytes}");
    }
}

#[tokio::test]
async fn a_visitor_comes_back_by_the_visitor_token() {
    let server = server(AuthMode::Optional).await;
    let first = visitor(&server).await;
    let in_body = server.ok("start", json!({ "sessionId": session(2), "visitorToken": first["visitorToken"] })).await;
    assert_eq!(in_body["userId"], first["userId"]);
    let batch = json!({ "sessionId": session(3), "start": { "visitorToken": in_body["visitorToken"] } });
    assert_eq!(server.ok("batch", batch).await["userId"], first["userId"]);
    let url = format!("{}/api/sessions/start", server.base);
    let bearer = first["visitorToken"].as_str().unwrap();
    let as_bearer = server.client.post(url).bearer_auth(bearer).json(&json!({ "sessionId": session(4) }));
    assert_eq!(answer(as_bearer.send().await.unwrap()).await.1["userId"], first["userId"]);

    let (status, stats) = read(&server, "/api/sessions/stats", &first["visitorToken"]).await;
    assert_eq!((status, &stats["totalSessions"]), (200, &json!(4)));
}

#[tokio::test]
async fn two_visitors_see_nothing_of_each_other() {
    let server = server(AuthMode::Optional).await;
    let first = visitor(&server).await;
    let other = server.ok("start", json!({ "sessionId": session(2), "deviceId": DEVICE })).await;
    assert_ne!(first["userId"], other["userId"]);
    let path = format!("/api/sessions/{}/events", session(1));
    assert_eq!(read(&server, &path, &other["visitorToken"]).await.0, 404);
    assert_eq!(read(&server, &path, &first["visitorToken"]).await.0, 200);
    let (status, problem) = read(&server, "/api/sessions/stats?userId=ada", &first["visitorToken"]).await;
    assert_eq!((status, kind(&problem)), (403, "forbidden"), "a claim is no name");
}

#[tokio::test]
async fn a_session_that_is_there_is_not_given_to_whoever_knows_its_id() {
    let server = server(AuthMode::Optional).await;
    let first = visitor(&server).await;
    let id = session(1);
    let strangers = [
        json!({ "sessionId": id }),
        json!({ "sessionId": id, "userId": "ada" }),
        json!({ "sessionId": id, "deviceId": "019ca945-1d88-7000-8000-0000000000ee" }),
        json!({ "sessionId": id, "visitorToken": "x.y.z", "token": "x.y.z" }),
    ];
    for start in strangers {
        let (status, problem) = server.post("start", start.clone()).await;
        assert_eq!((status, kind(&problem)), (404, "session-not-found"), "{start}");
    }
    let batch = json!({ "sessionId": id, "start": {}, "events": [click(1)] });
    assert_eq!(server.post("batch", batch).await.0, 404);
    for proof in [json!({ "token": first["token"] }), json!({ "visitorToken": first["visitorToken"] })] {
        let mut start = json!({ "sessionId": id });
        start.as_object_mut().unwrap().extend(proof.as_object().unwrap().clone());
        assert_eq!(server.post("start", start).await.0, 200, "{proof}");
    }
    assert_eq!(server.count("SELECT count(*) FROM user_sessions").await, 1);
}

#[tokio::test]
async fn a_start_whose_reply_was_lost_finds_its_session_by_its_device_or_tab() {
    let server = server(AuthMode::Optional).await;
    let start = json!({ "sessionId": session(1), "deviceId": DEVICE });
    let first = server.ok("start", start.clone()).await;
    let (status, again) = server.post("start", start.clone()).await;
    assert_eq!((status, &again["userId"]), (200, &first["userId"]));
    let without_storage = json!({ "sessionId": session(2), "tabId": session(9) });
    assert_eq!(server.post("start", without_storage.clone()).await.0, 201);
    assert_eq!(server.post("start", without_storage).await.0, 200);
    server.pass(86_400);
    assert_eq!(server.post("start", start).await.0, 404, "a day later it is no repetition");
}

#[tokio::test]
async fn a_login_makes_the_start_the_users_and_leaves_the_visitors_alone() {
    let server = server(AuthMode::Optional).await;
    let anonymous = visitor(&server).await;
    let url = format!("{}/api/sessions/start", server.base);
    let start = json!({ "sessionId": session(2), "previousId": session(1), "visitorToken": anonymous["visitorToken"] });
    let request = server.client.post(url).bearer_auth(token("ada")).json(&start);
    let (status, reply) = answer(request.send().await.unwrap()).await;
    assert_eq!((status, &reply["userId"], &reply["visitorToken"]), (201, &json!("ada"), &Value::Null));
    assert_eq!(server.sql("SELECT status FROM user_sessions").await, ["active", "active"]);
}

#[tokio::test]
async fn a_bad_bearer_is_refused_and_makes_nobody_a_visitor() {
    let server = server(AuthMode::Optional).await;
    let url = format!("{}/api/sessions/start", server.base);
    let request = server.client.post(url).bearer_auth("x.y.z").json(&json!({}));
    let (status, problem) = answer(request.send().await.unwrap()).await;
    assert_eq!((status, kind(&problem)), (401, "token-invalid"));
    assert_eq!(server.count("SELECT count(*) FROM user_sessions").await, 0);
}

#[tokio::test]
async fn a_sites_own_basic_login_is_no_bearer() {
    let server = server(AuthMode::Optional).await;
    let request = server.beacon("start", &json!({})).basic_auth("staging", Some("password"));
    assert_eq!(request.send().await.unwrap().status(), 201);
}

#[tokio::test]
async fn a_visitor_is_known_for_400_days_from_the_last_start_on() {
    let server = server(AuthMode::Optional).await;
    let first = visitor(&server).await;
    server.pass(400 * 86_400 - 1);
    assert_eq!(read(&server, "/api/sessions/stats", &first["visitorToken"]).await.0, 200);
    server.pass(1);
    let (status, problem) = read(&server, "/api/sessions/stats", &first["visitorToken"]).await;
    assert_eq!((status, kind(&problem)), (401, "token-expired"));
    let later = id_at(server.app.clock.now(), 7);
    let reply = server.ok("start", json!({ "sessionId": later, "visitorToken": first["visitorToken"] })).await;
    assert_ne!(reply["userId"], first["userId"], "an expired token is as good as none");
}
