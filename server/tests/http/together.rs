//! Many at once: however requests race, the policy holds and every row is there once.

use crate::support::{NOON, Server, click, id_at, time};
use serde_json::json;
use std::sync::Arc;

async fn starts(replace: &'static str, devices: u128) -> (Arc<Server>, i64) {
    let server = Arc::new(Server::start().await);
    let tasks: Vec<_> = (0..24_u128)
        .map(|number| {
            let server = Arc::clone(&server);
            tokio::spawn(async move {
                let device = id_at(time(NOON), 500 + number % devices);
                let start = json!({ "sessionId": id_at(time(NOON), number), "userId": "ada", "deviceId": device, "replace": replace });
                server.ok("start", start).await;
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(server.count("SELECT count(*) FROM user_sessions").await, 24);
    let live = server.count("SELECT count(*) FROM user_sessions WHERE ended_at IS NULL").await;
    let replaced = server.count("SELECT count(*) FROM user_sessions WHERE end_reason = 'replaced'").await;
    assert_eq!(live + replaced, 24);
    (server, live)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_concurrent_starts_one_stays_active_on_a_device() {
    assert_eq!(starts("device", 1).await.1, 1);
    assert_eq!(starts("device", 3).await.1, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_concurrent_starts_one_stays_active_for_a_user() {
    assert_eq!(starts("user", 3).await.1, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_replaced_where_nothing_shall_be() {
    assert_eq!(starts("none", 1).await.1, 24);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_peoples_sessions_are_never_replaced() {
    let (server, _) = starts("user", 1).await;
    server.ok("start", json!({ "userId": "bob", "replace": "user" })).await;
    assert_eq!(server.count("SELECT count(*) FROM user_sessions WHERE ended_at IS NULL").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_repetitions_of_one_start_are_one_session() {
    let server = Arc::new(Server::start().await);
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let server = Arc::clone(&server);
            tokio::spawn(async move {
                server.post("start", json!({ "sessionId": id_at(time(NOON), 1), "userId": "ada" })).await.0
            })
        })
        .collect();
    let mut created = 0;
    for task in tasks {
        created += usize::from(task.await.unwrap() == 201);
    }
    assert_eq!(created, 1);
    assert_eq!(server.count("SELECT count(*) FROM session_events").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_flushes_with_shared_events_store_each_event_once() {
    let server = Arc::new(Server::start().await);
    let visit = Arc::new(server.visit().await);
    let tasks: Vec<_> = (0..32_u64)
        .map(|number| {
            let (server, visit) = (Arc::clone(&server), Arc::clone(&visit));
            tokio::spawn(async move {
                let events: Vec<_> = (number..number + 10).map(|seq| click(seq + 1)).collect();
                let reply = server.ok("batch", visit.says(json!({ "events": events }))).await;
                reply["accepted"].as_array().unwrap().len()
            })
        })
        .collect();
    let mut accepted = 0;
    for task in tasks {
        accepted += task.await.unwrap();
    }
    assert_eq!(accepted, 41);
    assert_eq!(server.count("SELECT count(*) FROM session_events WHERE event_type = 'click'").await, 41);
}
