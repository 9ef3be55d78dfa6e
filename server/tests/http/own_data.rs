//! What is stored of somebody is theirs: to take along, and to erase.

use crate::support::{Server, answer, click, id_at, kind};
use serde_json::{Value, json};

const ROOM: &str = "019ca945-0a00-7000-8000-00000000000a";

/// Ada does a little of everything, and Eve is there too.
async fn lived_in() -> Server {
    let server = Server::start().await;
    let visit = server.visit().await;
    server.ok("batch", visit.says(json!({ "lastSeq": 2, "events": [click(1), click(2)] }))).await;
    server.send("/api/rooms", json!({ "userId": "ada", "roomId": ROOM })).await;
    for user in ["ada", "eve"] {
        server.send(&format!("/api/rooms/{ROOM}/join"), json!({ "userId": user })).await;
        server.send("/api/ai/interactions", json!({ "userId": user, "prompt": format!("I am {user}") })).await;
    }
    server.ok("start", json!({ "userId": "eve" })).await;
    server
}

async fn erased(server: &Server, user: &str) -> (u16, Value) {
    answer(server.client.delete(format!("{}/api/me/data?userId={user}", server.base)).send().await.unwrap()).await
}

fn counts(export: &Value) -> Vec<usize> {
    let lists = ["sessions", "events", "tabs", "rooms", "participations", "aiSessions", "aiInteractions"];
    lists.map(|list| export[list].as_array().unwrap().len()).into()
}

#[tokio::test]
async fn an_export_has_everything_of_the_callers_and_nothing_of_anybody_elses() {
    let server = lived_in().await;
    let response = server.get("/api/me/data?userId=ada").send().await.unwrap();
    assert_eq!(response.headers()["content-disposition"], "attachment; filename=\"session-data.json\"");
    let text = response.text().await.unwrap();
    assert!(!text.contains("\"eve\"") && !text.contains("I am eve"), "{text}");
    let export: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(counts(&export), [1, 3, 1, 1, 1, 1, 1]);
    assert_eq!((&export["userId"], &export["exportedAt"]), (&json!("ada"), &json!("2026-03-01T12:00:00.000Z")));
    assert_eq!(export["aiInteractions"][0]["prompt"], "I am ada");
    assert_eq!(counts(&server.read("/api/me/data?userId=nobody").await), [0; 7]);
}

#[tokio::test]
async fn an_export_of_many_pages_is_one_document() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let most = session_server::limits::EXPORT_ROWS as usize;
    let events: Vec<_> = (1..=2 * most as u64 + 1).map(click).collect();
    for events in events.chunks(most) {
        server.ok("batch", visit.says(json!({ "events": events }))).await;
    }
    let export = server.read("/api/me/data?userId=ada").await;
    let mut seqs: Vec<_> =
        export["events"].as_array().unwrap().iter().filter_map(|event| event["seq"].as_u64()).collect();
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=2 * most as u64 + 1).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_erasure_leaves_nothing_of_the_callers_and_everything_of_everybody_elses() {
    let server = lived_in().await;
    let before = server.read("/api/me/data?userId=eve").await;
    let seen = server.feed("/api/admin/sessions").await["next"].clone();
    let (status, reply) = erased(&server, "ada").await;
    assert_eq!((status, &reply["userId"]), (200, &json!("ada")));
    assert!(reply["erasedRows"].as_u64().unwrap() >= 8, "{reply}");
    assert_eq!(counts(&server.read("/api/me/data?userId=ada").await), [0; 7]);
    let after = server.read("/api/me/data?userId=eve").await;
    assert_eq!((&after["sessions"], &after["aiInteractions"]), (&before["sessions"], &before["aiInteractions"]));
    assert_eq!(counts(&after), [1, 1, 0, 0, 0, 1, 1], "the room was ada's, and is gone with her");
    assert_eq!(erased(&server, "ada").await.1["erasedRows"], 0);

    server.ok("start", json!({ "sessionId": id_at(server.now(), 5), "userId": "cyd" })).await;
    let fed = server.feed(&format!("/api/admin/sessions?since={}", seen.as_str().unwrap())).await;
    assert_eq!(fed["sessions"][0]["userId"], "cyd", "who reads the feed misses nothing by an erasure");
}

#[tokio::test]
async fn whoever_asks_must_be_somebody() {
    let server = Server::start().await;
    let (status, problem) = answer(server.get("/api/me/data").send().await.unwrap()).await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("?userId")));
    let (status, problem) = erased(&server, "").await;
    assert_eq!((status, kind(&problem)), (422, "invalid-request"));
}
