//! Connections that say little and slowly: each has its time, over real sockets, and holds up nobody else.

use crate::support::{Server, kind};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Long enough for a whole request on a busy machine, short enough to wait for.
const SHORT: Duration = Duration::from_millis(300);
/// So long that no test gets there.
const LONG: Duration = Duration::from_secs(3_600);

async fn server(head: Duration, body: Duration) -> Server {
    Server::with(|settings| (settings.head_timeout, settings.body_timeout) = (head, body)).await
}

async fn connection(server: &Server) -> TcpStream {
    TcpStream::connect(server.base.strip_prefix("http://").unwrap()).await.unwrap()
}

/// What the server says until it closes the connection.
async fn until_closed(mut connection: TcpStream) -> String {
    let mut said = Vec::new();
    // A close with unread bytes under way arrives as a reset, which is as good.
    let _ = connection.read_to_end(&mut said).await;
    String::from_utf8(said).unwrap()
}

fn head(length: usize) -> String {
    format!(
        "POST /api/sessions/start HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\ncontent-length: {length}\r\n\r\n"
    )
}

#[tokio::test]
async fn a_head_that_never_ends_is_hung_up_on() {
    let server = server(SHORT, LONG).await;
    for unfinished in ["", "P", "POST /api/sessions/start HTTP/1.1\r\nhost: localhost\r\nx-a: b\r\n"] {
        let mut connection = connection(&server).await;
        connection.write_all(unfinished.as_bytes()).await.unwrap();
        assert_eq!(until_closed(connection).await, "", "{unfinished:?}");
    }
}

#[tokio::test]
async fn a_head_that_drips_on_is_hung_up_on_though_it_never_pauses() {
    let server = server(SHORT, LONG).await;
    let (mut listening, mut dripping) = connection(&server).await.into_split();
    let drip = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(SHORT / 20);
        dripping.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        while dripping.write_all(b"x-a: b\r\n").await.is_ok() {
            ticks.tick().await;
        }
    });
    let mut said = Vec::new();
    let _ = listening.read_to_end(&mut said).await;
    assert!(said.is_empty());
    drop(listening);
    drip.await.unwrap();
}

#[tokio::test]
async fn a_connection_that_breaks_in_the_middle_of_a_body_stores_nothing_and_harms_nobody() {
    let server = server(LONG, LONG).await;
    let mut connection = connection(&server).await;
    connection.write_all(head(100).as_bytes()).await.unwrap();
    connection.write_all(br#"{"userId":"ada""#).await.unwrap();
    drop(connection);
    server.ok("start", json!({ "userId": "bob" })).await;
    assert_eq!(server.sql("SELECT user_id FROM user_sessions").await, ["bob"]);
}

#[tokio::test]
async fn a_hundred_stalled_connections_hold_up_nobody() {
    let server = server(LONG, LONG).await;
    let mut stalled = Vec::new();
    for _ in 0..100 {
        let mut connection = connection(&server).await;
        connection.write_all(head(10).as_bytes()).await.unwrap();
        stalled.push(connection);
    }
    server.ok("start", json!({ "userId": "ada" })).await;
}

#[tokio::test]
async fn a_head_larger_than_any_is_refused() {
    let server = server(LONG, LONG).await;
    let mut connection = connection(&server).await;
    let (mut listening, mut talking) = connection.split();
    let flood = async {
        let _ = talking.write_all(b"GET /livez HTTP/1.1\r\nhost: localhost\r\n").await;
        let line = format!("x-a: {}\r\n", "b".repeat(1_000));
        while talking.write_all(line.as_bytes()).await.is_ok() {}
    };
    let mut said = [0; 12];
    tokio::select! {
        read = listening.read_exact(&mut said) => { read.unwrap(); }
        () = flood => { let _ = listening.read_exact(&mut said).await; }
    }
    assert_eq!(String::from_utf8_lossy(&said), "HTTP/1.1 431");
}

#[tokio::test]
async fn what_the_http_library_refuses_by_itself_is_a_problem_like_any_other() {
    let server = server(LONG, LONG).await;
    let headers = |count: usize| "a: b\r\n".repeat(count);
    let path = |length: usize| "/".repeat(length);
    for (head, expected) in [
        (format!("GET /livez HTTP/1.1\r\nconnection: close\r\n{}\r\n", headers(99)), None),
        (format!("GET /livez HTTP/1.1\r\nconnection: close\r\n{}\r\n", headers(100)), Some((431, "head-too-large"))),
        (format!("GET /livez HTTP/1.1\r\n{}\r\n", headers(1_000)), Some((431, "head-too-large"))),
        (format!("GET {} HTTP/1.1\r\nconnection: close\r\n\r\n", path(65_534)), Some((404, "not-found"))),
        (format!("GET {} HTTP/1.1\r\n\r\n", path(65_535)), Some((414, "address-too-long"))),
        ("GET / HTTP/9.9\r\n\r\n".into(), Some((400, "malformed-request"))),
        ("\0\0\0\r\n\r\n".into(), Some((400, "malformed-request"))),
        ("GET / HTTP/1.1\r\ncontent-length: x\r\n\r\n".into(), Some((400, "malformed-request"))),
    ] {
        let mut connection = connection(&server).await;
        connection.write_all(head.as_bytes()).await.unwrap();
        let said = until_closed(connection).await;
        let Some((status, expected)) = expected else {
            assert!(said.starts_with("HTTP/1.1 200 "), "{head:.60}: {said}");
            continue;
        };
        let (head_of_answer, body) = said.split_once("\r\n\r\n").unwrap();
        let problem: Value = serde_json::from_str(body).unwrap();
        assert!(head_of_answer.starts_with(&format!("HTTP/1.1 {status} ")), "{head:.60}: {said}");
        assert!(head_of_answer.contains("application/problem+json"), "{said}");
        assert_eq!((kind(&problem), &problem["status"]), (expected, &json!(status)), "{problem}");
        assert!(head_of_answer.contains(problem["instance"].as_str().unwrap()), "the id is in the header too: {said}");
    }
}
