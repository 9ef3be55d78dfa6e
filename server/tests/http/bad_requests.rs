//! What a client can do wrong: a problem that names it, nothing stored, and never a 500.

use crate::support::{Server, answer, click, kind, on_postgres};
use serde_json::{Value, json};

const ROUTES: [&str; 6] = ["start", "update", "end", "log-event", "batch", "heartbeat"];

#[tokio::test]
async fn a_member_of_the_wrong_type_is_named() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let wrong = [
        ("batch", json!({ "sessionId": 7 }), "/sessionId"),
        ("batch", json!({ "tabId": "x" }), "/tabId"),
        ("batch", json!({ "sentAt": 1_700_000_000 }), "/sentAt"),
        ("batch", json!({ "events": "none" }), "/events"),
        ("batch", json!({ "heartbeat": { "activeSeconds": -1 } }), "/heartbeat/activeSeconds"),
        ("batch", json!({ "end": { "reason": "bored" } }), "/end/reason"),
        ("batch", json!({ "dropped": [{ "reason": "x", "count": 1, "seq": [[3, 2]] }] }), "/dropped/0/seq"),
        ("heartbeat", json!({ "heartbeat": [] }), "/heartbeat"),
        ("update", json!({ "metadata": "none" }), "/metadata"),
        ("update", json!({ "eventId": "019ca945-1d88-7000-8000-0000000000e1" }), "/section"),
        ("log-event", json!({ "eventType": true }), "/eventType"),
        ("log-event", json!({}), "/eventType"),
        ("log-event", json!({ "eventType": "section_change", "section": "x" }), "/eventType"),
        ("log-event", json!({ "eventType": "session_start" }), "/eventType"),
        ("end", json!({ "endedAt": "noon" }), "/endedAt"),
        ("start", json!({ "replace": "all" }), "/replace"),
        ("start", json!({ "deviceInfo": 1 }), "/deviceInfo"),
    ];
    for (route, members, pointer) in wrong {
        let (status, problem) = server.post(route, visit.says(members)).await;
        assert_eq!((status, kind(&problem)), (422, "invalid-request"), "{problem}");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    assert_eq!(server.count("SELECT count(*) FROM session_events").await, 1);
}

#[tokio::test]
async fn a_batch_stores_its_good_events_and_says_what_is_wrong_with_the_others() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let head = visit.says(json!({})).to_string();
    let events = [
        click(1).to_string(),
        r#"{"eventType":"click","eventData":"\u0000"}"#.into(),
        r#"{"eventType":"click","eventData":{"a":["\ud83d"]}}"#.into(),
        r#"{"eventType":"section_change"}"#.into(),
        "7".into(),
        click(2).to_string(),
    ];
    let body = format!(r#"{},"events":[{}]}}"#, &head[..head.len() - 1], events.join(","));
    let (status, reply) = answer(server.raw("batch", body).send().await.unwrap()).await;
    assert_eq!((status, &reply["accepted"]), (200, &json!([0, 5])));
    let indexes: Vec<&Value> = reply["rejected"].as_array().unwrap().iter().map(|event| &event["index"]).collect();
    assert_eq!(indexes, [1, 2, 3, 4]);
    assert!(reply["rejected"].as_array().unwrap().iter().all(|event| kind(event) == "invalid-request"), "{reply}");
}

#[tokio::test]
async fn unknown_members_are_ignored_and_null_is_as_good_as_nothing() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let reply =
        server.ok("heartbeat", visit.says(json!({ "colour": "blue", "lastSeq": null, "heartbeat": null }))).await;
    assert_eq!(reply["status"], "active");
}

#[tokio::test]
async fn event_data_is_stored_with_every_digit_and_character() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let data = r#"{"a":12345678901234567890123,"b":1.0,"text":"\ud83d\ude00 Größe"}"#;
    let head = visit.says(json!({})).to_string();
    let body = format!(r#"{},"events":[{{"eventType":"click","eventData":{data}}}]}}"#, &head[..head.len() - 1]);
    assert_eq!(server.raw("batch", body).send().await.unwrap().status(), 200);
    // PostgreSQL keeps values, SQLite the text itself.
    let (stored, told) = if on_postgres() {
        (
            r#"{"a":12345678901234567890123,"b":1.0,"text":"😀 Größe"}"#,
            r#"{"a": 12345678901234567890123, "b": 1.0, "text": "😀 Größe"}"#,
        )
    } else {
        (data, data)
    };
    assert_eq!(server.sql("SELECT event_data FROM session_events WHERE event_type = 'click'").await, [stored]);
    let path = format!("/api/sessions/{}/events?userId=ada", visit.session);
    let read = server.get(&path).send().await.unwrap().text().await.unwrap();
    assert!(read.contains(told), "{read}");
}

#[tokio::test]
async fn addresses_and_methods_that_are_not_the_apis_get_problems() {
    let server = Server::start().await;
    for path in ["/api", "/api/", "/api/sessions", "/api/sessions/nothing", "/nothing"] {
        let (status, problem) = answer(server.get(path).send().await.unwrap()).await;
        assert_eq!((status, kind(&problem)), (404, "not-found"), "{path}");
    }
    for route in ROUTES {
        let response = server.get(&format!("/api/sessions/{route}")).send().await.unwrap();
        assert_eq!((response.status().as_u16(), &response.headers()["allow"]), (405, &"POST".parse().unwrap()));
    }
}

#[tokio::test]
async fn a_problem_has_the_requests_id_and_tells_nothing_of_the_database() {
    let server = Server::start().await;
    let response =
        server.beacon("heartbeat", &json!({ "userId": "ada'; DROP TABLE user_sessions;--" })).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let (_, problem) = answer(response).await;
    assert_eq!(problem["instance"], json!(id));
    assert!(!problem.to_string().contains("user_sessions"), "{problem}");
}
