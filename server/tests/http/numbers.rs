//! Numbers in JSON that is kept. One that a double cannot hold is read back by nobody, and one that is far longer than it looks fills a database
//! with its digits: both are refused at the door, the same over every store.

use crate::support::{Server, Visit, answer, id_at, kind};
use serde_json::{Value, json};
use session_server::limits::{NUMBER_DIGITS, OBJECT_BYTES};

/// A write whose members no JSON library would spell so.
async fn post(server: &Server, visit: &Visit, route: &str, members: String) -> (u16, Value) {
    let head = visit.says(json!({})).to_string();
    let body = format!("{},{members}}}", &head[..head.len() - 1]);
    answer(server.raw(route, body).send().await.unwrap()).await
}

async fn merge(server: &Server, visit: &Visit, metadata: &str) -> (u16, Value) {
    post(server, visit, "update", format!(r#""metadata":{metadata}"#)).await
}

async fn kept(server: &Server) -> String {
    server.sql("SELECT metadata FROM user_sessions").await.concat().replace(' ', "")
}

#[tokio::test]
async fn metadata_with_a_number_that_no_double_holds_are_refused_by_name_and_what_was_kept_stays() {
    let server = Server::start().await;
    let visit = server.visit().await;
    assert_eq!(merge(&server, &visit, r#"{"plan":"M"}"#).await.0, 200);
    for number in ["1e309", "-1e309", "1e-400", "1e8192", "1e131071"] {
        let (status, problem) = merge(&server, &visit, &format!(r#"{{"n":{number}}}"#)).await;
        assert_eq!((status, kind(&problem)), (422, "invalid-request"), "{number}: {problem}");
        assert_eq!(problem["errors"][0]["pointer"], "/metadata", "{number}: {problem}");
        assert_eq!(kept(&server).await, r#"{"plan":"M"}"#, "{number}");
    }
}

#[tokio::test]
async fn metadata_keep_the_spelling_of_their_numbers_when_others_are_merged() {
    let server = Server::start().await;
    let visit = server.visit().await;
    for metadata in [
        r#"{"id":12345678901234567890123}"#,
        r#"{"price":[1.50]}"#,
        r#"{"third":0.1000000000000000055511151231257827}"#,
    ] {
        assert_eq!(merge(&server, &visit, metadata).await.0, 200);
    }
    assert_eq!(
        kept(&server).await,
        r#"{"id":12345678901234567890123,"price":[1.50],"third":0.1000000000000000055511151231257827}"#
    );
}

#[tokio::test]
async fn metadata_are_as_large_as_all_digits_of_their_numbers() {
    let server = Server::start().await;
    let visit = server.visit().await;
    // 13 times 309 digits, 12 commas and two brackets.
    let list = format!("[{}]", ["1e308"; 13].join(","));
    assert_eq!(merge(&server, &visit, &format!(r#"{{"a":{list}}}"#)).await.0, 200);
    assert_eq!(merge(&server, &visit, &format!(r#"{{"b":{list}}}"#)).await.0, 200);
    // That is 8,073 bytes, and a comma, a name, a colon and 114 digits are 119 more.
    let (status, problem) = merge(&server, &visit, r#"{"c":1e114}"#).await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/metadata")), "{problem}");
    assert_eq!(merge(&server, &visit, r#"{"c":1e113}"#).await.0, 200);

    let most = OBJECT_BYTES - r#"{"t":"","n":}"#.len() - 309;
    for (number, length, status) in [(10, most, 201), (11, most + 1, 422)] {
        let (session, text) = (id_at(server.now(), number), "x".repeat(length));
        let start = format!(r#"{{"sessionId":"{session}","userId":"ada","metadata":{{"t":"{text}","n":1e308}}}}"#);
        let (answered, reply) = answer(server.raw("start", start).send().await.unwrap()).await;
        assert_eq!(answered, status, "{reply}");
    }
}

#[tokio::test]
async fn an_events_numbers_are_taken_until_they_are_far_longer_than_they_look() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let fraction = |digits: usize| format!("0.{}", "1".repeat(digits));
    // 26 times 308, and 184 more, is all that exponents may stand for.
    let all = |last: usize| format!("[{}1e{last}]", "1e308,".repeat(26));
    let shifted = |by: usize| format!("1{}e-{by}", "0".repeat(by));
    let numbers = [
        ("1.7976931348623157e308".into(), 201),
        ("-5e-324".into(), 201),
        ("0e8192".into(), 201),
        (fraction(NUMBER_DIGITS / 2), 201),
        (shifted(NUMBER_DIGITS), 201),
        (all(NUMBER_DIGITS - 26 * 308), 201),
        (all(NUMBER_DIGITS - 26 * 308 + 1), 422),
        (shifted(NUMBER_DIGITS + 1), 422),
        (fraction(NUMBER_DIGITS / 2 + 1), 422),
        ("0e9999999999".into(), 422),
        ("1.8e308".into(), 422),
        ("1e-324".into(), 422),
        ("9".repeat(32_768), 422),
        ("1e999999999".into(), 422),
    ];
    for (number, status) in numbers {
        let event = format!(r#""eventType":"click","eventData":{number}"#);
        let (answered, reply) = post(&server, &visit, "log-event", event).await;
        assert_eq!(answered, status, "{}: {reply}", &number[..number.len().min(20)]);
    }
}
