//! The document of the API against what it documents: every example fits its schema, and the document has the routes of the router.

use crate::golden::examples;
use crate::support::Server;
use jsonschema::{Draft, Validator};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn document() -> Value {
    serde_yaml_ng::from_str(include_str!("../../../api/openapi.yaml")).unwrap()
}

/// A validator of the schema at this place of the document. Members that the document does not name are faults here, though servers ignore them.
fn schema(document: &Value, pointer: &str) -> Validator {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": format!("#{}", pointer.replace('{', "%7B").replace('}', "%7D")),
        "unevaluatedProperties": false,
        "components": document["components"],
        "paths": document["paths"],
    });
    jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true).build(&schema).unwrap()
}

fn assert_fits(document: &Value, pointer: &str, value: &Value, name: &str) {
    let faults: Vec<_> = schema(document, pointer)
        .iter_errors(value)
        .map(|error| format!("{} {error}", error.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{name} against {pointer}: {faults:#?}");
}

/// The path of the document that an address belongs to.
fn path_of(document: &Value, address: &str) -> String {
    let parts = |text: &str| text.split('?').next().unwrap().split('/').map(str::to_owned).collect::<Vec<_>>();
    let wanted = parts(address);
    let fits = |path: &&String| {
        let path = parts(path);
        path.len() == wanted.len()
            && path.iter().zip(&wanted).all(|(part, wanted)| part.starts_with('{') || part == wanted)
    };
    document["paths"].as_object().unwrap().keys().find(fits).unwrap_or_else(|| panic!("no path for {address}")).clone()
}

fn escaped(part: &str) -> String {
    part.replace('~', "~0").replace('/', "~1")
}

#[test]
fn every_example_fits_its_schema() {
    let document = document();
    for (name, example) in examples() {
        let (request, response) = (&example["request"], &example["response"]);
        let status = response["status"].as_u64().unwrap();
        if status >= 400 {
            assert_fits(&document, "/components/schemas/Problem", &response["body"], &name);
            assert_eq!(response["body"]["status"], response["status"], "{name}");
            continue;
        }
        let method = request["method"].as_str().unwrap().to_lowercase();
        let operation = format!("/paths/{}/{method}", escaped(&path_of(&document, request["path"].as_str().unwrap())));
        if let Some(content_type) = request["contentType"].as_str() {
            let media_type = escaped(content_type.split(';').next().unwrap());
            assert_fits(
                &document,
                &format!("{operation}/requestBody/content/{media_type}/schema"),
                &request["body"],
                &name,
            );
        }
        let reply = format!("{operation}/responses/{status}/content/application~1json/schema");
        assert!(document.pointer(&reply).is_some(), "{name}: the document has no {reply}");
        assert_fits(&document, &reply, &response["body"], &name);
    }
}

#[test]
fn the_schemas_refuse_what_the_server_refuses() {
    let document = document();
    let refused = [
        ("HeartbeatRequest", json!({ "sessionId": "abc-123" })),
        ("HeartbeatRequest", json!({})),
        ("BatchRequest", json!({ "sessionId": "019ca945-0a00-7000-8000-000000000001", "end": { "reason": "bored" } })),
        ("Event", json!({ "eventType": "" })),
        ("Event", json!({ "eventType": "click", "seq": 0 })),
        ("StartRequest", json!({ "userId": "a\u{1}b" })),
        ("StartRequest", json!({ "replace": "all" })),
        (
            "UpdateRequest",
            json!({ "sessionId": "019ca945-0a00-7000-8000-000000000001", "eventId": "019ca945-0a00-7000-8000-0000000000e1" }),
        ),
    ];
    for (name, value) in refused {
        assert!(!schema(&document, &format!("/components/schemas/{name}")).is_valid(&value), "{name} takes {value}");
    }
}

#[tokio::test]
async fn the_document_and_the_router_have_the_same_routes() {
    let document = document();
    let documented: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| item.as_object().unwrap().keys().map(|method| (path.clone(), method.clone())))
        .collect();

    // The router cannot be asked for its routes; they are read where they stand, on one page.
    let page = include_str!("../../src/lib.rs");
    let written: BTreeSet<(String, String)> = page
        .split(".route(")
        .skip(1)
        .map(|route| {
            let (path, rest) = route.trim_start().trim_start_matches('"').split_once('"').unwrap();
            let method = rest.trim_start_matches([',', ' ', '\n']).split('(').next().unwrap();
            (path.to_owned(), method.to_owned())
        })
        .filter(|(_, method)| method != "any")
        .collect();
    assert_eq!(documented, written);

    let server = Server::start().await;
    for (path, method) in documented {
        let url = format!("{}{}", server.base, path.replace("{id}", "019ca945-0a00-7000-8000-000000000001"));
        let response = server.client.request(Method::PATCH, url).send().await.unwrap();
        assert_eq!(response.status(), 405, "{path} is not in the router");
        let allowed = response.headers()["allow"].to_str().unwrap().to_lowercase();
        assert!(allowed.contains(&method), "{path}: {allowed}");
    }
}

#[tokio::test]
async fn the_server_hands_out_the_document() {
    let server = Server::start().await;
    let text = server.get("/openapi.yaml").send().await.unwrap().text().await.unwrap();
    assert_eq!(serde_yaml_ng::from_str::<Value>(&text).unwrap(), document());
    assert_eq!(server.read("/openapi.json").await, document());
}
