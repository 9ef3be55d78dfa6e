//! Bodies that are too large, not what they are marked as, or no JSON object.

use super::{Writing, assert_problem, send, stored, writing_routes};
use crate::support::{SERVICE_TOKEN, Server};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use session_server::limits::{BEACON_BYTES, BODY_BYTES};
use std::io::Write;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What is wrong, where it is sent, what is sent, and what the answer is.
type Fault<'a> = (&'a str, &'a str, Vec<u8>, (u16, &'a str));

/// A body of exactly so many bytes: JSON may be followed by any amount of space.
fn padded(body: &Value, bytes: usize) -> String {
    let text = body.to_string();
    let padding = bytes - text.len();
    text + &" ".repeat(padding)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_body_may_be_as_large_as_its_lane_allows_and_not_a_byte_larger() {
    let server = Server::start().await;
    for route in writing_routes(&server).await {
        for (content_type, most) in [("text/plain", route.beacon_bytes), ("application/json", BODY_BYTES)] {
            let response = send(&server, &route.path, Some(content_type), padded(&route.good, most)).await;
            assert!(response.status().is_success(), "{} {content_type}: {}", route.path, response.status());
            let gzipped = format!("{}?encoding=gzip", route.path);
            let whole = gzip(padded(&route.good, most).as_bytes());
            assert!(send(&server, &gzipped, Some(content_type), whole).await.status().is_success(), "{gzipped}");
            let before = stored(&server).await;
            for bytes in [most + 1, most * 4] {
                let about = format!("{} {content_type} {bytes}", route.path);
                let body = padded(&route.good, bytes);
                let packed = gzip(body.as_bytes());
                let plain = send(&server, &route.path, Some(content_type), body).await;
                assert_problem(plain, (413, "payload-too-large"), &about).await;
                let inflated = send(&server, &gzipped, Some(content_type), packed).await;
                assert_problem(inflated, (413, "payload-too-large"), &about).await;
            }
            assert_eq!(stored(&server).await, before, "{}", route.path);
        }
    }
}

#[tokio::test]
async fn what_is_marked_as_gzip_must_be_gzip_and_may_not_swell() {
    let server = Server::start().await;
    let bomb = gzip(&vec![b' '; 60 * 1024 * 1024]);
    assert!(bomb.len() < BEACON_BYTES, "it must get past the limit of what is sent: {}", bomb.len());
    let mut torn = bomb.clone();
    torn.truncate(bomb.len() / 2);
    for route in writing_routes(&server).await {
        let before = stored(&server).await;
        let good = gzip(route.good.to_string().as_bytes());
        let mut flipped = good.clone();
        *flipped.last_mut().unwrap() ^= 0xff;
        let marked = format!("{}?encoding=gzip", route.path);
        let faults: [Fault<'_>; 10] = [
            ("a bomb", &marked, bomb.clone(), (413, "payload-too-large")),
            ("a torn bomb", &marked, torn.clone(), (413, "payload-too-large")),
            ("nothing", &marked, Vec::new(), (400, "invalid-json")),
            ("plain JSON", &marked, route.good.to_string().into(), (400, "invalid-json")),
            ("half of it", &marked, good[..good.len() / 2].into(), (400, "invalid-json")),
            ("a wrong checksum", &marked, flipped, (400, "invalid-json")),
            ("gzip in gzip", &marked, gzip(&good), (400, "invalid-json")),
            ("gzip without the mark", &route.path, good.clone(), (400, "invalid-json")),
            ("another encoding", &format!("{}?encoding=br", route.path), good.clone(), (415, "unsupported-media-type")),
            ("no encoding", &format!("{}?encoding=", route.path), good.clone(), (415, "unsupported-media-type")),
        ];
        for (about, path, body, expected) in faults {
            let response = send(&server, path, Some("text/plain"), body).await;
            assert_problem(response, expected, &format!("{about} to {path}")).await;
        }
        assert_eq!(stored(&server).await, before, "{}", route.path);
    }
}

#[tokio::test]
async fn a_body_must_say_that_it_is_json_or_text() {
    let server = Server::start().await;
    let wrong = [
        None,
        Some(""),
        Some("text/html"),
        Some("text/plainer"),
        Some("application/json-patch+json"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=x"),
        Some("application/octet-stream"),
        Some(";"),
    ];
    for route in writing_routes(&server).await {
        let before = stored(&server).await;
        for content_type in wrong {
            let response = send(&server, &route.path, content_type, route.good.to_string()).await;
            let about = format!("{content_type:?} to {}", route.path);
            assert_problem(response, (415, "unsupported-media-type"), &about).await;
        }
        assert_eq!(stored(&server).await, before, "{}", route.path);
        for right in ["application/json", "Application/JSON; charset=utf-8", "TEXT/PLAIN", "text/plain ;charset=UTF-8"]
        {
            let response = send(&server, &route.path, Some(right), route.good.to_string()).await;
            assert!(response.status().is_success(), "{right} to {}: {}", route.path, response.status());
        }
    }
}

#[tokio::test]
async fn what_is_no_json_object_is_refused_everywhere() {
    let server = Server::start().await;
    let bodies: Vec<(&str, Vec<u8>, (u16, &str))> = vec![
        ("nothing", "".into(), (400, "invalid-json")),
        ("spaces", " \n\t".into(), (400, "invalid-json")),
        ("an open object", "{".into(), (400, "invalid-json")),
        ("a comma too many", r#"{"a":1,}"#.into(), (400, "invalid-json")),
        ("single quotes", "{'a':1}".into(), (400, "invalid-json")),
        ("two objects", "{}{}".into(), (400, "invalid-json")),
        ("a number that is none", r#"{"a":01}"#.into(), (400, "invalid-json")),
        ("NaN", r#"{"a":NaN}"#.into(), (400, "invalid-json")),
        ("a byte order mark", "\u{feff}{}".into(), (400, "invalid-json")),
        ("bytes that are no UTF-8", b"{\"a\":\"\xff\"}".to_vec(), (400, "invalid-json")),
        ("a surrogate in UTF-8's clothes", b"{\"a\":\"\xed\xa0\x80\"}".to_vec(), (400, "invalid-json")),
        ("UTF-16", b"\xff\xfe{\0}\0".to_vec(), (400, "invalid-json")),
        ("a bare zero byte", b"{\"a\":\"\0\"}".to_vec(), (400, "invalid-json")),
        ("lists within lists", ("[".repeat(30_000) + &"]".repeat(30_000)).into(), (422, "invalid-request")),
        ("lists that never close", "[".repeat(60_000).into(), (400, "invalid-json")),
        ("null", "null".into(), (422, "invalid-request")),
        ("a list", "[{}]".into(), (422, "invalid-request")),
        ("a text", "\"{}\"".into(), (422, "invalid-request")),
        ("a number", "7".into(), (422, "invalid-request")),
        ("a huge number", "1e999999".into(), (422, "invalid-request")),
    ];
    for route in writing_routes(&server).await {
        let before = stored(&server).await;
        for (about, body, expected) in &bodies {
            let response = send(&server, &route.path, Some("text/plain"), body.clone()).await;
            assert_problem(response, *expected, &format!("{about} to {}", route.path)).await;
        }
        assert_eq!(stored(&server).await, before, "{}", route.path);
    }
}

#[tokio::test]
async fn a_body_that_never_ends_is_told_so_on_every_route_and_nothing_is_stored() {
    let time = Duration::from_millis(300);
    let server = Server::with(|settings| settings.body_timeout = time).await;
    let routes = writing_routes(&server).await;
    let before = stored(&server).await;
    let mut open = Vec::new();
    for Writing { path, good, .. } in &routes {
        let mut connection = TcpStream::connect(server.base.strip_prefix("http://").unwrap()).await.unwrap();
        let body = good.to_string();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\ncontent-length: {}\r\nauthorization: Bearer {SERVICE_TOKEN}\r\n\r\n",
            body.len() + 1
        );
        connection.write_all((head + &body).as_bytes()).await.unwrap();
        open.push((path, connection));
    }
    for (path, mut connection) in open {
        let mut said = String::new();
        connection.read_to_string(&mut said).await.unwrap();
        let (head, problem) = said.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 408 ") && head.contains("application/problem+json"), "{path}: {said}");
        assert!(problem.contains(":request-timeout\""), "{path}: {said}");
    }
    assert_eq!(stored(&server).await, before);
}
