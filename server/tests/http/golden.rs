//! The golden examples of `api/examples`, told to a real server as one story, each at its own time. An example's answer must come word
//! for word; where the example's value begins with "(", any text will do.

use crate::logins;
use crate::support::{SERVICE_TOKEN, Server, answer, time};
use serde_json::Value;
use session_server::auth::AuthMode;
use std::collections::BTreeMap;
use std::path::PathBuf;

const VISITOR: &str = "(the visitor token)";

/// The examples by file name, in order.
pub(crate) fn examples() -> BTreeMap<String, Value> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../api/examples");
    let mut examples = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let example = serde_json::from_str(&std::fs::read_to_string(&path).unwrap())
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            examples.insert(name, example);
        }
    }
    examples
}

#[tokio::test]
async fn every_example_is_answered_as_it_says() {
    let server = Server::start().await;
    let optional = logins::server(AuthMode::Optional).await;
    let required = logins::server(AuthMode::Required).await;
    let limited = Server::with(|settings| settings.subject_requests_per_minute = 1).await;
    limited.ok("start", serde_json::json!({ "userId": "ada" })).await;
    let mut tokens = BTreeMap::new();
    let mut told = 0;
    for (name, example) in examples() {
        let server = match example["given"].as_str() {
            Some("a core backend") => continue,
            Some("the server is shutting down") => {
                server.app.writer.drain().await;
                &server
            }
            Some("a server where login is optional") => &optional,
            Some("a server where login is required") => &required,
            Some("a server where each subject has one request a minute, which is spent") => &limited,
            Some(other) => panic!("{name}: no test knows how to arrange \"{other}\""),
            None => &server,
        };
        let (status, body) = tell(server, &example["request"], &tokens, example["at"].as_str().unwrap()).await;
        assert_eq!(status, example["response"]["status"], "{name}: {body}");
        assert_alike(&name, "", &example["response"]["body"], &body);
        if let (Some(session), Some(token)) = (example["request"]["body"]["sessionId"].as_str(), body["token"].as_str())
        {
            tokens.insert(session.to_owned(), token.to_owned());
        }
        if let Some(visitor) = body["visitorToken"].as_str() {
            tokens.insert(VISITOR.into(), visitor.into());
        }
        told += 1;
    }
    assert!(told >= 20, "only {told} examples were told");
}

async fn tell(server: &Server, request: &Value, tokens: &BTreeMap<String, String>, at: &str) -> (u16, Value) {
    server.clock.set(time(at));
    let url = format!("{}{}", server.base, request["path"].as_str().unwrap());
    let mut sent = match request["method"].as_str().unwrap() {
        "GET" => server.client.get(url),
        "DELETE" => server.client.delete(url),
        "POST" => server.client.post(url).body(text(request, tokens)),
        other => panic!("no example has the method {other}"),
    };
    if let Some(content_type) = request["contentType"].as_str() {
        sent = sent.header("content-type", content_type);
    }
    match request["authorization"].as_str() {
        Some("Bearer (the service token)") => sent = sent.bearer_auth(SERVICE_TOKEN),
        Some("Bearer (the visitor token)") => sent = sent.bearer_auth(&tokens[VISITOR]),
        Some(other) => panic!("no test knows {other}"),
        None => {}
    }
    answer(sent.send().await.unwrap()).await
}

/// A body: given as JSON, word for word (`bodyText`), or as so many bytes of it (`bodyBytes`).
fn text(request: &Value, tokens: &BTreeMap<String, String>) -> String {
    if let Some(text) = request["bodyText"].as_str() {
        return text.into();
    }
    if let Some(bytes) = request["bodyBytes"].as_u64() {
        return format!("{{{}}}", " ".repeat(usize::try_from(bytes).unwrap() - 2));
    }
    let mut body = request["body"].clone();
    if body["visitorToken"] == VISITOR {
        body["visitorToken"] = tokens[VISITOR].clone().into();
    }
    if body["token"] == "(the session's write token)" {
        body["token"] = tokens[body["sessionId"].as_str().unwrap()].clone().into();
    } else if body["token"] == "(another session's write token)" {
        let own = body["sessionId"].as_str().unwrap();
        body["token"] = tokens.iter().find(|(session, _)| *session != own).unwrap().1.clone().into();
    }
    body.to_string()
}

fn assert_alike(name: &str, pointer: &str, expected: &Value, found: &Value) {
    match (expected, found) {
        (Value::String(any), Value::String(text)) if any.starts_with('(') => {
            assert!(!text.is_empty(), "{name} {pointer}")
        }
        (Value::Object(expected), Value::Object(members)) => {
            let names = |object: &serde_json::Map<String, Value>| object.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(members), names(expected), "{name} {pointer}");
            for (key, value) in expected {
                assert_alike(name, &format!("{pointer}/{key}"), value, &members[key]);
            }
        }
        (Value::Array(expected), Value::Array(items)) => {
            assert_eq!(items.len(), expected.len(), "{name} {pointer}: {items:?}");
            for (index, (expected, item)) in expected.iter().zip(items).enumerate() {
                assert_alike(name, &format!("{pointer}/{index}"), expected, item);
            }
        }
        _ => assert_eq!(found, expected, "{name} {pointer}"),
    }
}
