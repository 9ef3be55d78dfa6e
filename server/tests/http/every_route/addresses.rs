//! Addresses: queries out of their ranges, and ids that are none.

use super::{assert_problem, send, stored};
use crate::support::{NOON, SERVICE_TOKEN, Server, id_at, time};
use reqwest::Method;
use session_server::auth::AuthMode;
use session_server::limits::BEARER_CHARS;

#[tokio::test]
async fn every_query_is_held_to_its_ranges() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let events = format!("/api/sessions/{}/events?userId=ada&", visit.session);
    let table: Vec<(String, Vec<&str>, Vec<&str>, &str)> = vec![
        (
            "/api/sessions/stats?userId=ada&daysBack=".into(),
            vec!["1", "365"],
            vec!["0", "366", "-1", "1.5", "1e2", "", "x", "99999999999999999999", "%00"],
            "?daysBack",
        ),
        (format!("{events}limit="), vec!["1", "500"], vec!["0", "501", "-1", "", "x", "4294967297"], "?limit"),
        (
            format!("{events}since="),
            vec!["", "0", "9223372036854775807"],
            vec!["-1", "x", "9223372036854775808", "1.5"],
            "?since",
        ),
        ("/api/admin/sessions?limit=".into(), vec!["1", "500"], vec!["0", "501", "x"], "?limit"),
        ("/api/admin/events?since=".into(), vec!["", "0"], vec!["-1", "x"], "?since"),
        (
            "/api/analytics/summary?daysBack=".into(),
            vec!["1", "365"],
            vec!["0", "366", "-1", "1.5", "", "x", "99999999999999999999"],
            "?daysBack",
        ),
        (
            "/api/analytics/timeline?bucket=day&daysBack=".into(),
            vec!["1", "365"],
            vec!["0", "366", "-1", "", "%00"],
            "?daysBack",
        ),
        (
            "/api/analytics/timeline?bucket=".into(),
            vec!["minute", "hour", "day"],
            vec!["", "week", "HOUR", "%00"],
            "?bucket",
        ),
        ("/api/analytics/online?limit=".into(), vec!["1", "500"], vec!["0", "501", "-1", "", "x"], "?limit"),
    ];
    for (path, good, bad, pointer) in table {
        for value in good {
            let response = server.get(&format!("{path}{value}")).bearer_auth(SERVICE_TOKEN).send().await.unwrap();
            assert_eq!(response.status(), 200, "{path}{value}");
        }
        for value in bad {
            let response = server.get(&format!("{path}{value}")).bearer_auth(SERVICE_TOKEN).send().await.unwrap();
            let problem = assert_problem(response, (422, "invalid-request"), &format!("{path}{value}")).await;
            assert_eq!(problem["errors"][0]["pointer"], pointer);
        }
    }
}

#[tokio::test]
async fn every_route_that_asks_who_reads_holds_the_name_to_its_limits() {
    let server = Server::start().await;
    let long = |length: usize| "x".repeat(length);
    let before = stored(&server).await;
    for (method, path) in [
        (Method::GET, "/api/sessions/stats"),
        (Method::GET, "/api/sessions/active"),
        (Method::GET, "/api/me/data"),
        (Method::DELETE, "/api/me/data"),
    ] {
        let ask = async |query: &str| {
            let url = format!("{}{path}?{query}", server.base);
            server.client.request(method.clone(), url).send().await.unwrap()
        };
        assert_eq!(ask(&format!("userId={}", long(128))).await.status(), 200, "{method} {path}");
        for value in [long(129), long(20_000), String::new(), "a%00b".into(), "a%0Ab".into()] {
            let problem = assert_problem(ask(&format!("userId={value}")).await, (422, "invalid-request"), path).await;
            assert_eq!(problem["errors"][0]["pointer"], "?userId");
        }
        assert_problem(ask("").await, (422, "invalid-request"), "nobody").await;
        assert_problem(ask("userId=ada&userId=eve").await, (422, "invalid-request"), "the same twice").await;
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
