//! What a caller reads: their own figures, their own sessions, their own events.

use crate::support::{Server, answer, click, kind};
use serde_json::json;

#[tokio::test]
async fn figures_are_of_the_days_asked_for_and_of_the_caller_alone() {
    let server = Server::start().await;
    let visit = server.visit().await;
    server.pass(10);
    server
        .ok(
            "end",
            visit.says(
                json!({ "reason": "logout", "endedAt": "2026-03-01T12:00:09.900Z", "sentAt": "2026-03-01T12:00:10Z" }),
            ),
        )
        .await;
    server.ok("start", json!({ "userId": "eve", "section": "secrets" })).await;
    server.pass(2 * 86_400);
    let second = server.ok("start", json!({ "userId": "ada", "section": "docs" })).await;
    let change = |id: u32, section: &str| json!({ "eventId": format!("019caf91-0000-7000-8000-0000000000e{id}"), "eventType": "section_change", "section": section });
    let events = json!([change(1, "home"), change(2, "docs")]);
    server.ok("batch", json!({ "sessionId": second["sessionId"], "token": second["token"], "events": events })).await;
    server.pass(30);
    server.ok("heartbeat", json!({ "sessionId": second["sessionId"], "token": second["token"] })).await;

    let all = server.read("/api/sessions/stats?userId=ada").await;
    assert_eq!(
        all,
        json!({
            "userId": "ada", "daysBack": 30, "totalSessions": 2, "totalSeconds": 39, "averageSeconds": 19,
            "sectionCounts": { "home": 2, "docs": 2 }, "lastSessionStart": "2026-03-03T12:00:10.000Z", "activeSessions": 1
        })
    );
    let today = server.read("/api/sessions/stats?userId=ada&daysBack=1").await;
    assert_eq!((&today["totalSessions"], &today["totalSeconds"]), (&json!(1), &json!(30)));
    let nobody = server.read("/api/sessions/stats?userId=nobody").await;
    assert_eq!(
        (&nobody["totalSessions"], &nobody["averageSeconds"], &nobody["lastSessionStart"]),
        (&json!(0), &json!(0), &json!(null))
    );
}

#[tokio::test]
async fn days_back_go_from_1_to_365() {
    let server = Server::start().await;
    for (days, expected) in [("1", 200), ("365", 200), ("0", 422), ("366", 422), ("-1", 422), ("x", 422), ("", 422)] {
        let (status, problem) =
            answer(server.get(&format!("/api/sessions/stats?userId=ada&daysBack={days}")).send().await.unwrap()).await;
        assert_eq!(status, expected, "{days}: {problem}");
    }
    let (status, problem) = answer(server.get("/api/sessions/stats").send().await.unwrap()).await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("?userId")));
    assert_eq!(kind(&problem), "invalid-request");
}

#[tokio::test]
async fn active_sessions_are_those_that_go_on() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let sessions = server.read("/api/sessions/active?userId=ada").await;
    assert_eq!(sessions["sessions"][0]["sessionId"], json!(visit.session));
    assert_eq!(server.read("/api/sessions/active?userId=eve").await["sessions"], json!([]));
    server.pass(3_600);
    assert_eq!(server.read("/api/sessions/active?userId=ada").await["sessions"], json!([]), "before any job has run");
}

#[tokio::test]
async fn a_sessions_events_come_in_order_and_in_pages() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let events: Vec<_> = [3, 1, 2]
        .into_iter()
        .map(|seq| {
            let mut event = click(seq);
            event["occurredAt"] = json!(format!("2026-03-01T12:00:0{seq}Z"));
            event
        })
        .collect();
    server.pass(5);
    server.ok("batch", visit.says(json!({ "events": events }))).await;
    server.ok("end", visit.says(json!({ "reason": "logout" }))).await;

    let mut seen = Vec::new();
    let mut path = format!("/api/sessions/{}/events?userId=ada&limit=2", visit.session);
    loop {
        let page = server.read(&path).await;
        for event in page["events"].as_array().unwrap() {
            seen.push((event["eventType"].as_str().unwrap().to_owned(), event["seq"].as_u64()));
        }
        match page["next"].as_str() {
            Some(next) => path = format!("/api/sessions/{}/events?userId=ada&limit=2&since={next}", visit.session),
            None => break,
        }
    }
    let click = |seq| ("click".to_owned(), Some(seq));
    assert_eq!(seen, [("session_start".into(), None), click(1), click(2), click(3), ("session_end".into(), None)]);
}

#[tokio::test]
async fn figures_that_have_not_changed_are_not_sent_again() {
    let server = Server::start().await;
    server.visit().await;
    let ask = || server.get("/api/sessions/stats?userId=ada");
    let first = ask().send().await.unwrap();
    let tag = first.headers()["etag"].clone();
    assert_eq!(first.headers()["cache-control"], "private, no-cache");
    for known in [tag.to_str().unwrap().to_owned(), format!("\"other\", W/{}", tag.to_str().unwrap()), "*".into()] {
        let again = ask().header("if-none-match", known).send().await.unwrap();
        assert_eq!((again.status().as_u16(), &again.headers()["etag"]), (304, &tag));
        assert_eq!(again.text().await.unwrap(), "");
    }
    server.ok("start", json!({ "userId": "ada" })).await;
    let changed = ask().header("if-none-match", &tag).send().await.unwrap();
    assert_eq!(changed.status(), 200);
    assert_ne!(changed.headers()["etag"], tag);
}
