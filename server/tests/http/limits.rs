//! Limits that are about more than one member: events among others, and platforms that an operator has listed. Every member of every body has its
//! limits tried in `every_route`.

use crate::support::{Server, Visit, click, kind};
use serde_json::{Value, json};
use session_server::limits::{BATCH_EVENTS, EVENT_DATA_BYTES};
use uuid::Uuid;

async fn status(server: &Server, route: &str, body: Value) -> u16 {
    server.post(route, body).await.0
}

fn with(visit: &Visit, name: &str, value: Value) -> Value {
    visit.says(json!({ name: value }))
}

#[tokio::test]
async fn a_request_may_carry_500_events() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let batch = |count: usize| with(&visit, "events", (1..=count as u64).map(click).collect());
    assert_eq!(server.ok("batch", batch(BATCH_EVENTS)).await["accepted"].as_array().unwrap().len(), BATCH_EVENTS);
    let (status, problem) = server.post("batch", batch(BATCH_EVENTS + 1)).await;
    assert_eq!((status, kind(&problem)), (413, "payload-too-large"));
    assert_eq!(server.count("SELECT count(*) FROM session_events WHERE event_type = 'click'").await, 500);
}

#[tokio::test]
async fn an_events_data_may_have_32_kib_and_too_much_rejects_that_event_alone() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let event = |seq: u64, bytes: usize| {
        let mut event = click(seq);
        event["eventData"] = json!("x".repeat(bytes - 2));
        event
    };
    let events = json!([event(1, EVENT_DATA_BYTES), event(2, EVENT_DATA_BYTES + 1), click(3)]);
    let reply = server.ok("batch", with(&visit, "events", events)).await;
    assert_eq!(reply["accepted"], json!([0, 2]));
    assert_eq!((&reply["rejected"][0]["index"], kind(&reply["rejected"][0])), (&json!(1), "payload-too-large"));
    assert_eq!(status(&server, "log-event", visit.says(event(4, EVENT_DATA_BYTES))).await, 201);
    assert_eq!(status(&server, "log-event", visit.says(event(5, EVENT_DATA_BYTES + 1))).await, 413);
    assert_eq!(status(&server, "update", visit.says(event(6, EVENT_DATA_BYTES))).await, 200);
    assert_eq!(status(&server, "update", visit.says(event(7, EVENT_DATA_BYTES + 1))).await, 413);
}

#[tokio::test]
async fn json_may_nest_32_deep() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let event = |seq: u64, depth: usize| {
        let mut event = click(seq).to_string();
        event.insert_str(1, &format!(r#""eventData":{}{},"#, "[".repeat(depth), "]".repeat(depth)));
        event
    };
    let head = visit.says(json!({})).to_string();
    let body =
        format!(r#"{},"events":[{},{},{}]}}"#, &head[..head.len() - 1], event(1, 32), event(2, 33), event(3, 10_000));
    let (status, reply) = crate::support::answer(server.raw("batch", body).send().await.unwrap()).await;
    assert_eq!((status, &reply["accepted"]), (200, &json!([0])));
    assert_eq!(reply["rejected"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_platform_is_on_the_list_if_there_is_one() {
    let start = |platform: &str| json!({ "userId": "ada", "platform": platform });
    let batch = |platform: &str| json!({ "sessionId": Uuid::now_v7(), "start": start(platform) });
    let server = Server::start().await;
    assert_eq!(status(&server, "start", start("windows")).await, 201);

    let server = Server::with(|settings| settings.platforms = vec!["android".into()]).await;
    for platform in ["web", "ios-external", "ios-internal", "ios-widget", "macos-internal", "android"] {
        assert_eq!(status(&server, "start", start(platform)).await, 201, "{platform}");
        assert_eq!(status(&server, "batch", batch(platform)).await, 200, "{platform}");
    }
    let stored = server.count("SELECT count(*) FROM user_sessions").await;
    for (route, body, pointer) in
        [("start", start("windows"), "/platform"), ("batch", batch("windows"), "/start/platform")]
    {
        let (status, problem) = server.post(route, body).await;
        assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!(pointer)), "{problem}");
        assert!(problem["errors"][0]["detail"].as_str().unwrap().contains("android, ios-external"), "{problem}");
    }
    assert_eq!(server.count("SELECT count(*) FROM user_sessions").await, stored);
}
