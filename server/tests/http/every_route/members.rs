//! Members of bodies that no store could keep, or that are none of their kind.

use super::{assert_problem, post, send, stored, with, writing_routes};
use crate::support::{NOON, Server, id_at, time};
use serde_json::json;
use session_server::limits::{JSON_DEPTH, OBJECT_BYTES};

#[tokio::test]
async fn every_text_must_be_one_that_every_store_can_keep() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let faults = [
        r#""\u0000""#,
        r#""a\u0000b""#,
        r#""\ud800""#,
        r#""\udc00\ud800""#,
        r#""\ud83d\u0041""#,
        r#""\uD83D\""#,
        "7",
        "true",
        "[]",
        "{}",
        r#""""#,
    ];
    for route in writing_routes(&server, &visit).await {
        let before = stored(&server).await;
        for name in route.texts {
            for literal in faults {
                // AI texts may be empty: an answer without words is an answer.
                if literal == r#""""# && ["prompt", "response"].contains(name) {
                    continue;
                }
                let about = format!("{name} = {literal} to {}", route.path);
                let response = send(&server, &route.path, Some("text/plain"), with(&route.good, name, literal)).await;
                // An escape that never ends is no JSON at all.
                if literal.ends_with(r#"\""#) {
                    assert_problem(response, (400, "invalid-json"), &about).await;
                    continue;
                }
                let problem = assert_problem(response, (422, "invalid-request"), &about).await;
                assert_eq!(problem["errors"][0]["pointer"], json!(format!("/{name}")), "{about}: {problem}");
            }
        }
        assert_eq!(stored(&server).await, before, "{}", route.path);
    }
}

#[tokio::test]
async fn every_id_must_be_a_uuid_in_its_usual_form() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let faults = [
        json!("abc-123"),
        json!(""),
        json!("019ca945-0a00-7000-8000-00000000000"),
        json!("019ca945-0a00-7000-8000-0000000000011"),
        json!("019ca9450a00700080000000000000e1"),
        json!("{019ca945-0a00-7000-8000-000000000001}"),
        json!("urn:uuid:019ca945-0a00-7000-8000-000000000001"),
        json!("019ca945-0a00-7000-8000-00000000000g"),
        json!("'; DROP TABLE user_sessions; --"),
        json!("x".repeat(60_000)),
        json!(7),
        json!(["019ca945-0a00-7000-8000-000000000001"]),
    ];
    for route in writing_routes(&server, &visit).await {
        let before = stored(&server).await;
        for name in route.ids {
            for fault in &faults {
                let about = format!("{name} = {:.40} to {}", fault.to_string(), route.path);
                let body = with(&route.good, name, &fault.to_string());
                let response = send(&server, &route.path, Some("text/plain"), body).await;
                let problem = assert_problem(response, (422, "invalid-request"), &about).await;
                let pointers = problem["errors"].as_array().unwrap().iter().map(|error| &error["pointer"]);
                assert!(pointers.clone().any(|pointer| *pointer == json!(format!("/{name}"))), "{about}: {problem}");
                assert!(problem.to_string().len() < 2_000, "{about}: what was sent is not sent back");
            }
        }
        assert_eq!(stored(&server).await, before, "{}", route.path);
    }
}

#[tokio::test]
async fn objects_nest_and_weigh_only_so_much_wherever_they_are_taken() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let nested = |depth: usize| format!("{}{}", "{\"a\":".repeat(depth - 1) + "{", "}".repeat(depth));
    let heavy = |bytes: usize| format!("{{\"k\":\"{}\"}}", "x".repeat(bytes - r#"{"k":""}"#.len()));
    let start = |name: &str, literal: &str| ("/api/sessions/start", with(&json!({ "userId": "ada" }), name, literal));
    let update = |literal: &str| ("/api/sessions/update", with(&visit.says(json!({})), "metadata", literal));
    let batch = |name: &str, literal: &str| {
        let inner = with(&json!({ "userId": "ada" }), name, literal);
        let session = id_at(time(NOON), 500);
        ("/api/sessions/batch", with(&json!({ "sessionId": session }), "start", &inner))
    };
    for (good, bad) in [
        (nested(JSON_DEPTH), [nested(JSON_DEPTH + 1), nested(1_000)]),
        (heavy(OBJECT_BYTES), [heavy(OBJECT_BYTES + 1), heavy(6 * OBJECT_BYTES)]),
    ] {
        for name in ["metadata", "deviceInfo", "locationInfo"] {
            for (path, body) in [start(name, &good), batch(name, &good)] {
                let (status, reply) = post(&server, path, body).await;
                assert!((200..300).contains(&status), "{name} to {path}: {reply}");
            }
            let before = stored(&server).await;
            for literal in
                bad.iter().map(String::as_str).chain(["[]", "7", "\"{}\"", r#"{"a":"\u0000"}"#, r#"{"\ud800":1}"#])
            {
                for (path, body) in [start(name, literal), batch(name, literal)] {
                    let response = send(&server, path, Some("text/plain"), body).await;
                    let about = format!("{name} = {literal:.40} to {path}");
                    let problem = assert_problem(response, (422, "invalid-request"), &about).await;
                    assert!(problem["errors"][0]["pointer"].as_str().unwrap().ends_with(name), "{about}: {problem}");
                }
            }
            assert_eq!(stored(&server).await, before, "{name}");
        }
        let fresh = Server::start().await;
        let own = fresh.visit().await;
        let says = |literal: &str| with(&own.says(json!({})), "metadata", literal);
        assert_eq!(post(&fresh, "/api/sessions/update", says(&good)).await.0, 200);
        for literal in &bad {
            let (path, body) = update(literal);
            let response = send(&server, path, Some("text/plain"), body).await;
            assert_problem(response, (422, "invalid-request"), "metadata to update").await;
        }
    }
}

#[tokio::test]
async fn members_that_nobody_knows_are_ignored_however_deep_they_are() {
    let server = Server::start().await;
    let visit = server.visit().await;
    for route in writing_routes(&server, &visit).await {
        let deep = "[".repeat(20_000) + &"]".repeat(20_000);
        let (status, reply) = post(&server, &route.path, with(&route.good, "colour", &deep)).await;
        assert!((200..300).contains(&status), "{}: {reply}", route.path);
    }
}

#[tokio::test]
async fn a_name_may_stand_twice_and_the_last_one_counts() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let body = format!(r#"{{"sessionId":"{}","token":"x","token":"{}"}}"#, visit.session, visit.token);
    assert_eq!(post(&server, "/api/sessions/heartbeat", body).await.0, 200);
}
