//! Every limit of `api/README.md`: taken at the limit, refused one over and far over, and nothing stored by half.

use crate::support::{Server, Visit, click, kind};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use session_server::limits::{BATCH_EVENTS, BEACON_BYTES, BODY_BYTES, COUNT, EVENT_DATA_BYTES, OBJECT_BYTES};
use std::io::Write;
use uuid::Uuid;

/// A body of exactly so many bytes: JSON may be followed by any amount of space.
fn padded(body: &Value, bytes: usize) -> String {
    let text = body.to_string();
    let padding = bytes - text.len();
    text + &" ".repeat(padding)
}

async fn status(server: &Server, route: &str, body: Value) -> u16 {
    server.post(route, body).await.0
}

fn with(visit: &Visit, name: &str, value: Value) -> Value {
    visit.says(json!({ name: value }))
}

#[tokio::test]
async fn a_beacon_may_have_64_kib_on_each_route_that_says_one_thing() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let bodies = [
        ("heartbeat", visit.says(json!({}))),
        ("update", visit.says(json!({ "section": "docs" }))),
        ("log-event", visit.says(click(1))),
        ("end", visit.says(json!({ "reason": "app_close" }))),
    ];
    for (route, body) in bodies {
        for (bytes, fits) in [(BEACON_BYTES, true), (BEACON_BYTES + 1, false), (BEACON_BYTES * 4, false)] {
            let status = server.raw(route, padded(&body, bytes)).send().await.unwrap().status();
            assert_eq!(status.is_success(), fits, "{route} with {bytes} bytes: {status}");
            assert!(fits || status == 413, "{route}: {status}");
        }
    }
}

#[tokio::test]
async fn a_request_may_have_512_kib_on_the_other_routes_and_the_other_lane() {
    let server = Server::start().await;
    let visit = server.visit().await;
    for (bytes, expected) in [(BODY_BYTES, 200), (BODY_BYTES + 1, 413), (3 * BODY_BYTES, 413)] {
        for (route, content_type) in
            [("batch", "text/plain"), ("start", "text/plain"), ("heartbeat", "application/json")]
        {
            let body = padded(&if route == "start" { visit.start() } else { visit.says(json!({})) }, bytes);
            let url = format!("{}/api/sessions/{route}", server.base);
            let sent = server.client.post(url).header("content-type", content_type).body(body).send().await.unwrap();
            assert_eq!(sent.status(), expected, "{route} with {bytes} bytes");
        }
    }
}

#[tokio::test]
async fn a_compressed_body_has_the_same_limit_when_inflated() {
    let gzip = |text: &str| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let server = Server::start().await;
    let visit = server.visit().await;
    let body = visit.says(json!({ "events": [click(1)] }));
    for (bytes, expected) in [(BODY_BYTES, 200), (BODY_BYTES + 1, 413), (64 * 1024 * 1024, 413)] {
        let sent = server.raw("batch?encoding=gzip", gzip(&padded(&body, bytes))).send().await.unwrap();
        assert_eq!(sent.status(), expected, "{bytes} bytes inflated");
    }
    // The broken end of this one is never reached: inflating stops at the limit.
    let bomb = gzip(&padded(&body, 64 * 1024 * 1024));
    let broken = bomb[..bomb.len() / 2].to_vec();
    assert_eq!(server.raw("batch?encoding=gzip", broken).send().await.unwrap().status(), 413);
    assert_eq!(server.raw("batch?encoding=gzip", "not gzip").send().await.unwrap().status(), 400);
    assert_eq!(server.raw("batch?encoding=br", gzip("{}")).send().await.unwrap().status(), 415);
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
async fn names_have_1_to_200_characters_counted_as_characters() {
    let server = Server::start().await;
    let visit = server.visit().await;
    for (section, expected) in
        [("ß".repeat(200), 200), ("x".repeat(201), 422), ("x".repeat(20_000), 422), (String::new(), 422)]
    {
        assert_eq!(status(&server, "update", with(&visit, "section", json!(section))).await, expected);
    }
    for (kind, expected) in [("ß".repeat(200), 201), ("x".repeat(201), 422), (String::new(), 422)] {
        let mut event = click(9);
        event["eventType"] = json!(kind);
        assert_eq!(status(&server, "log-event", visit.says(event)).await, expected);
    }
}

#[tokio::test]
async fn a_user_id_has_1_to_128_characters_and_no_control_characters() {
    let server = Server::start().await;
    for (user, expected) in [("x".repeat(128), 201), ("x".repeat(129), 422), (String::new(), 422), ("a\nb".into(), 422)]
    {
        assert_eq!(status(&server, "start", json!({ "userId": user })).await, expected, "{user:?}");
    }
}

#[tokio::test]
async fn objects_have_at_most_8_kib() {
    let server = Server::start().await;
    for name in ["metadata", "deviceInfo", "locationInfo"] {
        let object = |bytes: usize| json!({ "userId": "ada", name: { "k": "x".repeat(bytes - r#"{"k":""}"#.len()) } });
        assert_eq!(status(&server, "start", object(OBJECT_BYTES)).await, 201, "{name}");
        assert_eq!(status(&server, "start", object(OBJECT_BYTES + 1)).await, 422, "{name}");
        assert_eq!(status(&server, "start", json!({ "userId": "ada", name: [1] })).await, 422, "{name}");
    }
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
async fn counters_go_from_1_to_what_javascript_can_count() {
    let server = Server::start().await;
    let visit = server.visit().await;
    for name in ["epoch", "lastSeq"] {
        for (number, expected) in [
            (json!(COUNT), 200),
            (json!(COUNT + 1), 422),
            (json!(0), 422),
            (json!(-1), 422),
            (json!(1.5), 422),
            (json!("1"), 422),
        ] {
            assert_eq!(
                status(&server, "heartbeat", with(&visit, name, number.clone())).await,
                expected,
                "{name} {number}"
            );
        }
    }
    let seq = |seq: u64| with(&visit, "events", json!([{ "eventType": "click", "seq": seq }]));
    assert_eq!(server.ok("batch", seq(COUNT)).await["accepted"], json!([0]));
    assert_eq!(server.ok("batch", seq(COUNT + 1)).await["accepted"], json!([]));
}

#[tokio::test]
async fn drops_have_16_reasons_and_64_ranges_each() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let reasons = |count: u64| (0..count).map(|n| json!({ "reason": format!("r{n}"), "count": 1 })).collect::<Value>();
    let ranges = |count: u64| json!([{ "reason": "r", "count": count, "seq": (1..=count).map(|n| json!([2 * n, 2 * n])).collect::<Value>() }]);
    for (dropped, expected) in
        [(reasons(16), 200), (reasons(17), 422), (ranges(64), 200), (ranges(65), 422), (ranges(5_000), 422)]
    {
        let body = padded(&with(&visit, "dropped", dropped), 400_000);
        assert_eq!(server.raw("batch", body).send().await.unwrap().status(), expected);
    }
}

#[tokio::test]
async fn a_platform_has_1_to_50_characters_and_is_on_the_list_if_there_is_one() {
    let start = |platform: &str| json!({ "userId": "ada", "platform": platform });
    let batch = |platform: &str| json!({ "sessionId": Uuid::now_v7(), "start": start(platform) });
    let server = Server::start().await;
    for (platform, expected) in [("ß".repeat(50), 201), ("x".repeat(51), 422), (String::new(), 422)] {
        assert_eq!(status(&server, "start", start(&platform)).await, expected, "{platform}");
    }

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
