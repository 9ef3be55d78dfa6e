//! Addresses: queries out of their ranges, and ids that are none.

use super::{assert_problem, send};
use crate::support::{SERVICE_TOKEN, Server};

#[tokio::test]
async fn every_query_is_held_to_its_ranges() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let events = format!("/api/sessions/{}/events?userId=ada&", visit.session);
    let long = |length: usize| "x".repeat(length);
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
    for path in ["/api/sessions/stats", "/api/sessions/active"] {
        assert_eq!(server.get(&format!("{path}?userId={}", long(128))).send().await.unwrap().status(), 200);
        for value in [long(129), long(20_000), String::new(), "a%00b".into(), "a%0Ab".into()] {
            let response = server.get(&format!("{path}?userId={value}")).send().await.unwrap();
            let problem = assert_problem(response, (422, "invalid-request"), path).await;
            assert_eq!(problem["errors"][0]["pointer"], "?userId");
        }
        let response = server.get(&format!("{path}?userId=ada&userId=eve")).send().await.unwrap();
        assert_problem(response, (422, "invalid-request"), "the same twice").await;
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
