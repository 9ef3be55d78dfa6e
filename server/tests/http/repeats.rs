//! Every request may be sent again: whatever was stored is not stored twice, and the answer is the same.

use crate::support::{Server, click};
use serde_json::json;

#[tokio::test]
async fn a_repeated_start_is_the_same_session() {
    let server = Server::start().await;
    let visit = server.visit().await;
    server.pass(1);
    let (status, reply) = server.post("start", visit.start()).await;
    assert_eq!((status, &reply["startedAt"]), (200, &json!("2026-03-01T12:00:00.000Z")));
    assert_eq!(server.count("SELECT count(*) FROM user_sessions").await, 1);
    assert_eq!(server.count("SELECT count(*) FROM session_events").await, 1);
}

#[tokio::test]
async fn a_start_without_an_id_gets_one() {
    let server = Server::start().await;
    let reply = server.ok("start", json!({ "userId": "ada" })).await;
    assert_eq!(reply["sessionId"].as_str().unwrap().len(), 36);
    assert_eq!(reply.get("mapped"), None);
}

#[tokio::test]
async fn lost_replies_never_double_a_row() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let flush = visit.says(json!({ "lastSeq": 3, "events": [click(1), click(2), click(3)] }));
    assert_eq!(server.ok("batch", flush.clone()).await["accepted"], json!([0, 1, 2]));
    let before = server.sql("SELECT event_id || received_at FROM session_events ORDER BY row_order").await;
    server.pass(60);
    for _ in 0..3 {
        let reply = server.ok("batch", flush.clone()).await;
        assert_eq!((&reply["accepted"], &reply["duplicates"]), (&json!([]), &json!([0, 1, 2])));
    }
    assert_eq!(server.post("log-event", visit.says(click(2))).await.0, 200);
    assert_eq!(server.sql("SELECT event_id || received_at FROM session_events ORDER BY row_order").await, before);
}

#[tokio::test]
async fn an_event_without_an_id_is_a_new_one_each_time() {
    let server = Server::start().await;
    let visit = server.visit().await;
    for _ in 0..2 {
        let (status, reply) = server.post("log-event", visit.says(json!({ "eventType": "click" }))).await;
        assert_eq!((status, reply.get("mapped")), (201, None));
    }
    assert_eq!(server.count("SELECT count(*) FROM session_events WHERE event_type = 'click'").await, 2);
}

#[tokio::test]
async fn an_event_that_stands_twice_in_a_request_is_stored_once() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let reply = server.ok("batch", visit.says(json!({ "events": [click(1), click(1)] }))).await;
    assert_eq!((&reply["accepted"], &reply["duplicates"]), (&json!([0]), &json!([1])));
}

#[tokio::test]
async fn a_whole_visit_in_one_beacon_may_be_sent_again() {
    let server = Server::start().await;
    let visit = crate::support::Visit {
        session: crate::support::id_at(crate::support::time(crate::support::NOON), 7),
        tab: uuid::Uuid::nil(),
        token: String::new(),
    };
    let goodbye = json!({
        "sessionId": visit.session, "tabId": visit.tab, "epoch": 1, "lastSeq": 1, "start": { "userId": "ada", "section": "home" },
        "events": [click(1)], "end": { "reason": "logout" }
    });
    let first = server.ok("batch", goodbye.clone()).await;
    let second = server.ok("batch", goodbye).await;
    assert_eq!((&first["status"], &second["status"]), (&json!("ended"), &json!("ended")));
    assert_eq!((&first["accepted"], &second["duplicates"]), (&json!([0]), &json!([0])));
    assert_eq!(server.count("SELECT count(*) FROM session_events").await, 3);
}

#[tokio::test]
async fn a_mapped_session_is_found_by_the_id_its_client_gave() {
    let server = Server::start().await;
    let given = "016bbaec-a780-7000-8000-000000000003";
    let start = json!({ "sessionId": given, "userId": "ada" });
    let first = server.ok("start", start.clone()).await;
    assert_ne!(first["sessionId"], given);
    server.pass(30);
    assert_eq!(server.ok("start", start).await["sessionId"], first["sessionId"]);
    let beat = json!({ "sessionId": given, "token": first["token"] });
    assert_eq!(server.ok("heartbeat", beat).await["sessionId"], first["sessionId"]);
    let beat = json!({ "sessionId": first["sessionId"], "token": first["token"] });
    assert_eq!(server.ok("heartbeat", beat).await["status"], "active");
    assert_eq!(server.count("SELECT count(*) FROM user_sessions").await, 1);
}

#[tokio::test]
async fn the_same_id_of_two_users_is_two_sessions() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let mut start = visit.start();
    start["userId"] = json!("eve");
    assert_eq!(server.post("start", start).await.0, 201);
    assert_eq!(server.sql("SELECT user_id FROM user_sessions ORDER BY user_id").await, ["ada", "eve"]);
}
