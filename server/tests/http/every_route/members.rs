//! Members of bodies: at their limits, one over and far over, of another kind, and such as no store could keep; each on every route that has it.

use super::document::{Document, Member};
use super::{WRITING, Writing, assert_problem, post, send, stored, values, writing_routes};
use crate::support::{Server, answer, kind};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::task::JoinSet;

/// What a good value is answered where it cannot do what it asks for: a token of so many characters is nobody's, and in the room there is nobody else
/// and no other device. Somebody has to ask.
fn answers_to_good(route: &str, place: &str, is_null: bool) -> &'static [u16] {
    match (route, place, is_null) {
        // A start is for whom its body names; a room or a conversation asks the same only where no token is shown.
        ("/api/sessions/start" | "/api/sessions/batch", "/token", _) => &[200, 201],
        (_, "/token", is_null) if !is_null || route.starts_with("/api/sessions/") => &[401],
        ("/api/rooms/{id}/presence" | "/api/rooms/{id}/leave", "/userId", false) => &[404],
        ("/api/rooms/{id}/presence" | "/api/rooms/{id}/leave", "/deviceId", true) => &[404],
        ("/api/ai/sessions" | "/api/ai/interactions", "/sessionId", false) => &[409],
        (_, "/userId", true) if route.starts_with("/api/rooms") => &[401],
        ("/api/sessions/batch", "/start", true) => &[401],
        // It has an eventId, and so is a section change.
        ("/api/sessions/update", "/section", true) => &[422],
        _ => &[200, 201],
    }
}

/// The body with this member written literally, within whatever has to be around it.
fn with(body: &Value, place: &str, literal: &str) -> String {
    let mut body = body.clone();
    let mut at = &mut body;
    let mut above = "";
    for step in place[1..].split('/') {
        at = match step.parse::<usize>() {
            Ok(index) => {
                if at.get(index).is_none() {
                    *at = json!([values::element(above)]);
                }
                &mut at[index]
            }
            Err(_) => &mut at[step],
        };
        above = step;
    }
    *at = json!("(literally)");
    // The token is for a session.
    if place == "/token" && literal != "null" && body["sessionId"].is_null() {
        body["sessionId"] = json!(crate::support::id_at(crate::support::time(crate::support::NOON), 7));
    }
    body.to_string().replace("\"(literally)\"", literal)
}

/// Every good value of this route's members that is not taken. What may be left out may be `null`.
async fn refused_by(server: &Server, route: &'static str) -> Vec<String> {
    let mut refused = Vec::new();
    for Member { place, kind, required } in Document::read().members(route) {
        let count = values::good(&place, &kind, None).len() + usize::from(!required);
        for index in 0..count {
            let fresh = Writing::fresh(server, route).await;
            let good = values::good(&place, &kind, fresh.good.pointer(&place)).into_iter().nth(index);
            let literal = good.unwrap_or_else(|| "null".into());
            let body = with(&fresh.good, &place, &literal);
            let (status, reply) = answer(send(server, &fresh.path, Some("text/plain"), body).await).await;
            let is_expected = answers_to_good(route, &place, literal == "null").contains(&status);
            if !is_expected || reply["rejected"].as_array().is_some_and(|rejected| !rejected.is_empty()) {
                refused.push(format!("{place} = {literal:.60} to {route}: {status} {:.300}", reply.to_string()));
            }
        }
    }
    refused
}

#[tokio::test]
async fn every_member_of_every_body_is_taken_up_to_its_limits() {
    let server = Arc::new(Server::start().await);
    let mut routes = JoinSet::new();
    for (route, _) in WRITING {
        let server = Arc::clone(&server);
        routes.spawn(async move { refused_by(&server, route).await });
    }
    let refused: Vec<_> = routes.join_all().await.into_iter().flatten().collect();
    assert!(refused.is_empty(), "{refused:#?}");
}

#[tokio::test]
async fn every_member_of_every_body_is_refused_beyond_its_limits_and_nothing_is_stored() {
    let server = Server::start().await;
    for route in writing_routes(&server).await {
        let before = stored(&server).await;
        for Member { place, kind, required } in Document::read().members(route.document) {
            let missing = required.then(|| ("null".to_owned(), (422, "invalid-request")));
            // One event that is at fault does not keep the rest of its request from being stored.
            if place.starts_with("/events/0") {
                continue;
            }
            for (literal, expected) in values::bad(&place, &kind).into_iter().chain(missing) {
                let about = format!("{place} = {literal:.60} to {}", route.path);
                let response =
                    send(&server, &route.path, Some("text/plain"), with(&route.good, &place, &literal)).await;
                let problem = assert_problem(response, expected, &about).await;
                assert!(problem.to_string().len() < 2_000, "{about}: what was sent is not sent back");
                if expected.0 == 422 {
                    let errors = problem["errors"].as_array().unwrap();
                    let names_it = errors.iter().any(|error| {
                        let pointer = error["pointer"].as_str().unwrap();
                        !pointer.is_empty() && place.starts_with(pointer)
                    });
                    assert!(names_it, "{about}: {problem}");
                }
            }
        }
        assert_eq!(stored(&server).await, before, "{}", route.path);
    }
}

#[tokio::test]
async fn every_member_of_one_event_among_several_rejects_that_event_alone() {
    let server = Server::start().await;
    for (path, _) in WRITING {
        for Member { place, kind: values, required } in Document::read().members(path) {
            if !place.starts_with("/events/0") {
                continue;
            }
            let missing = required.then(|| ("null".to_owned(), (422, "invalid-request")));
            for (literal, expected) in values::bad(&place, &values).into_iter().chain(missing) {
                let fresh = Writing::fresh(&server, path).await;
                let about = format!("{place} = {literal:.60} to {path}");
                let (status, reply) = post(&server, &fresh.path, with(&fresh.good, &place, &literal)).await;
                assert!((200..300).contains(&status), "{about}: {reply}");
                let rejected = &reply["rejected"][0];
                assert_eq!((&rejected["index"], kind(rejected)), (&json!(0), expected.1), "{about}: {reply}");
                let detail = rejected["detail"].as_str().unwrap();
                assert!(detail.contains(&place) && detail.len() < 1_000, "{about}: {detail}");
            }
        }
    }
    let kinds = server.sql("SELECT DISTINCT event_type FROM session_events").await;
    assert_eq!(kinds, ["session_start"], "nothing of a rejected event is stored");
}

#[tokio::test]
async fn members_that_nobody_knows_are_ignored_however_deep_they_are() {
    let server = Server::start().await;
    for route in writing_routes(&server).await {
        let deep = "[".repeat(20_000) + &"]".repeat(20_000);
        let (status, reply) = post(&server, &route.path, with(&route.good, "/colour", &deep)).await;
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
