//! Addresses: queries out of their ranges, and ids that are none.

use super::document::{Document, Kind, Parameter};
use super::{assert_problem, send, stored};
use crate::support::{NOON, SERVICE_TOKEN, Server, id_at, time};
use reqwest::{Method, Response};
use serde_json::json;
use session_server::auth::AuthMode;
use session_server::limits::BEARER_CHARS;

/// An address in which this parameter stands, after a session and a room that are there.
fn address(server: &Server, parameter: &Parameter, value: &str) -> String {
    let Parameter { route, name, .. } = parameter;
    let number = if route.starts_with("/api/rooms") { 3 } else { 1 };
    let path = route.replace("{id}", &id_at(server.now(), number).to_string());
    let reader = if name == "userId" { String::new() } else { "userId=ada&".into() };
    // A year by the hour would be more points than a series has.
    let bucket = if route.ends_with("/timeline") && name == "daysBack" { "bucket=day&" } else { "" };
    format!("{path}?{reader}{bucket}{name}={value}")
}

async fn ask(server: &Server, method: &str, address: &str) -> Response {
    let request = server.client.request(method.parse().unwrap(), format!("{}{address}", server.base));
    request.bearer_auth(SERVICE_TOKEN).send().await.unwrap()
}

/// What a parameter may be, its limits among it, and what it may not be: one over, far over, of another kind, or no text at all.
fn values(kind: &Kind) -> (Vec<String>, Vec<String>) {
    let far = "9".repeat(20_000);
    let (good, bad) = match kind {
        Kind::Text { most, is_printable: true, .. } => (
            vec!["x".into(), "ß".repeat(*most)],
            vec![String::new(), "x".repeat(most + 1), "a%00b".into(), "a%0Ab".into(), "%7F".into(), "%C2%85".into()],
        ),
        Kind::Cursor { digits } => (
            vec![String::new(), "0".into(), "9".repeat(*digits)],
            vec!["-1".into(), "1.5".into(), "x".into(), format!("1{}", "0".repeat(*digits))],
        ),
        Kind::Number { least, most, is_whole: true } => (
            vec![least.to_string(), most.to_string()],
            vec![
                (i128::from(*least) - 1).to_string(),
                (most + 1).to_string(),
                "-1".into(),
                "1.5".into(),
                "1e2".into(),
                String::new(),
                "x".into(),
            ],
        ),
        Kind::OneOf(names) => (names.clone(), vec![names[0].to_uppercase(), "x".into(), String::new()]),
        kind => panic!("a query with {kind:?} is not tested"),
    };
    (good, bad.into_iter().chain([far, "%00".into(), "%ff".into()]).collect())
}

#[tokio::test]
async fn every_parameter_of_every_query_is_held_to_its_limits() {
    let server = Server::start().await;
    server.visit().await;
    let room = json!({ "userId": "ada", "roomId": id_at(server.now(), 3) });
    assert_eq!(server.send("/api/rooms", room).await.0, 201);
    let before = stored(&server).await;
    for parameter in Document::read().parameters() {
        let Parameter { method, route, name, kind } = &parameter;
        let (good, bad) = values(kind);
        // To somebody else the session and the room are not there; whoever has a room's link may ask how long it lives.
        let is_others = name == "userId" && route.contains("{id}") && !route.ends_with("/expiry");
        for value in good {
            let address = address(&server, &parameter, &value);
            let status = ask(&server, method, &address).await.status();
            assert_eq!(status, if is_others { 404 } else { 200 }, "{method} {address:.90}");
        }
        for value in bad {
            let address = address(&server, &parameter, &value);
            let response = ask(&server, method, &address).await;
            let problem = assert_problem(response, (422, "invalid-request"), &address).await;
            let pointer = problem["errors"][0]["pointer"].as_str().unwrap();
            // What is no UTF-8 belongs to no parameter.
            assert!(pointer == format!("?{name}") || (pointer == "?" && value == "%ff"), "{address:.90}: {problem}");
        }
        let twice = address(&server, &parameter, "1") + &format!("&{name}=1");
        assert_problem(ask(&server, method, &twice).await, (422, "invalid-request"), &twice).await;
        if name == "userId" && !route.contains("{id}") {
            let response = ask(&server, method, route).await;
            assert_problem(response, (422, "invalid-request"), &format!("{route} by nobody")).await;
        }
    }
    assert_eq!(stored(&server).await, before);
}

#[tokio::test]
async fn every_route_that_reads_refuses_a_bearer_longer_than_any_and_one_that_is_none() {
    let server = Server::with(|settings| settings.auth = AuthMode::Optional).await;
    let session = id_at(time(NOON), 1);
    for (method, path) in [
        (Method::GET, "/api/sessions/stats".to_owned()),
        (Method::GET, "/api/sessions/active".into()),
        (Method::GET, format!("/api/sessions/{session}/events")),
        (Method::GET, format!("/api/rooms/{session}/participants")),
        (Method::GET, format!("/api/rooms/{session}/expiry")),
        (Method::GET, "/api/me/data".into()),
        (Method::DELETE, "/api/me/data".into()),
        (Method::GET, "/api/admin/sessions".into()),
        (Method::GET, "/api/admin/events".into()),
        (Method::GET, "/api/admin/cleanup/stats".into()),
        (Method::POST, "/api/admin/cleanup/run".into()),
        (Method::GET, "/api/analytics/summary".into()),
        (Method::GET, "/api/analytics/timeline".into()),
        (Method::GET, "/api/analytics/online".into()),
    ] {
        for (length, is_too_long) in [(BEARER_CHARS, false), (BEARER_CHARS + 1, true), (8 * BEARER_CHARS, true)] {
            let url = format!("{}{path}", server.base);
            let response =
                server.client.request(method.clone(), url).bearer_auth("x".repeat(length)).send().await.unwrap();
            let problem = assert_problem(response, (401, "token-invalid"), &format!("{method} {path} {length}")).await;
            assert_eq!(problem["detail"].as_str().unwrap().contains("too long"), is_too_long, "{path}: {problem}");
        }
    }
}

#[tokio::test]
async fn an_id_in_an_address_that_is_none_is_the_id_of_nothing() {
    let server = Server::start().await;
    for id in ["x", "..%2f..", "%00", "%ff", "'--", &"x".repeat(20_000), "019ca945-0a00-7000-8000-00000000000g"] {
        for path in [
            format!("/api/sessions/{id}/events?userId=ada"),
            format!("/api/rooms/{id}/participants?userId=ada"),
            format!("/api/rooms/{id}/expiry?userId=ada"),
        ] {
            let response = server.get(&path).send().await.unwrap();
            let status = response.status().as_u16();
            assert!([400, 404].contains(&status), "{path:.60}: {status}");
        }
        for action in ["join", "leave", "presence"] {
            let response =
                send(&server, &format!("/api/rooms/{id}/{action}"), Some("text/plain"), r#"{"userId":"ada"}"#).await;
            let status = response.status().as_u16();
            assert!([400, 404].contains(&status), "{action} {id:.60}: {status}");
        }
    }
}
