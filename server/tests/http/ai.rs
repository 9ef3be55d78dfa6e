//! Conversations with a model. The first test tells the nine checks that such a service is commonly failed by, in their order.

use crate::support::{Server, execute, kind};
use serde_json::{Value, json};
use session_server::limits::AI_TEXT_BYTES;

const CHAT: &str = "019ca945-0a00-7000-8000-00000000a100";
const SAID: &str = "019ca945-0a00-7000-8000-00000000a101";

impl Server {
    async fn ai(&self, route: &str, body: Value) -> (u16, Value) {
        self.send(&format!("/api/ai/{route}"), body).await
    }
}

fn says(event: &str) -> Value {
    json!({ "userId": "ada", "aiSessionId": CHAT, "eventId": event, "prompt": "What is a session?", "response": "A visit.",
            "modelUsed": "example-1", "tokensUsed": 42 })
}

#[tokio::test]
async fn the_nine_checks() {
    let server = Server::start().await;
    // 1: without an id, one is made.
    let (status, made) = server.send("/session/create", json!({ "user_id": "ada" })).await;
    assert_eq!(status, 201);
    assert!(made["session_id"].as_str().unwrap().parse::<uuid::Uuid>().is_ok());
    // 2: a given id is the one that is used.
    let (status, made) = server.send("/session/create", json!({ "session_id": CHAT, "user_id": "ada" })).await;
    assert_eq!((status, made), (201, json!({ "session_id": CHAT })));
    // 3: making it again gives it again, and inserts nothing.
    let (status, made) = server.send("/session/create", json!({ "session_id": CHAT, "user_id": "ada" })).await;
    assert_eq!((status, made), (200, json!({ "session_id": CHAT })));
    assert_eq!(server.count("SELECT count(*) FROM ai_sessions").await, 2);
    // 4: an interaction makes the conversation that it is in.
    let fresh = json!({ "userId": "ada", "aiSessionId": "019ca945-0a00-7000-8000-00000000a200", "prompt": "Hello" });
    let (status, logged) = server.ai("interactions", fresh).await;
    assert_eq!((status, &logged["aiSessionId"]), (201, &json!("019ca945-0a00-7000-8000-00000000a200")));
    // 5: or is added to one that is there.
    server.pass(5);
    let (status, logged) = server.ai("interactions", says(SAID)).await;
    assert_eq!(
        (status, &logged["eventId"], &logged["updatedAt"]),
        (201, &json!(SAID), &json!("2026-03-01T12:00:05.000Z"))
    );
    // 6: the database itself takes no interaction without its conversation.
    let orphan = "INSERT INTO ai_interactions (user_id, ai_session_id, id, prompt, created_at) VALUES
        ('ada', '019ca945-0a00-7000-8000-00000000a999', '019ca945-0a00-7000-8000-00000000a998', 'x', '2026-03-01T12:00:00Z')";
    let refused = execute(&server.app.settings.database, orphan).await.unwrap_err();
    assert!(refused.to_lowercase().contains("foreign key"), "{refused}");
    // 7: of many who make one conversation at once, none fails on a duplicate key.
    let make = json!({ "aiSessionId": "019ca945-0a00-7000-8000-00000000a300", "userId": "ada" }).to_string();
    let making: Vec<_> = (0..8)
        .map(|_| {
            let request = server.client.post(format!("{}/api/ai/sessions", server.base));
            tokio::spawn(request.header("content-type", "application/json").body(make.clone()).send())
        })
        .collect();
    let mut statuses = Vec::new();
    for make in making {
        statuses.push(make.await.unwrap().unwrap().status().as_u16());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 200, 200, 201]);
    // 8: the conversations are there to be seen.
    assert_eq!(
        server.sql("SELECT id || ' ' || created_at || ' ' || updated_at FROM ai_sessions WHERE id LIKE '%a100'").await,
        [format!("{CHAT} 2026-03-01T12:00:00.000Z 2026-03-01T12:00:05.000Z")]
    );
    // 9: and so are the interactions.
    let said = "SELECT prompt || '|' || response || '|' || model_used || '|' || tokens_used FROM ai_interactions WHERE id LIKE '%a101'";
    assert_eq!(server.sql(said).await, ["What is a session?|A visit.|example-1|42"]);
}

#[tokio::test]
async fn a_repeated_interaction_is_stored_once_and_changes_nothing() {
    let server = Server::start().await;
    assert_eq!(server.ai("interactions", says(SAID)).await.0, 201);
    server.pass(5);
    let mut again = says(SAID);
    again["response"] = json!("Something else.");
    let (status, reply) = server.ai("interactions", again).await;
    assert_eq!((status, &reply["updatedAt"]), (200, &json!("2026-03-01T12:00:00.000Z")));
    assert_eq!(server.sql("SELECT response FROM ai_interactions").await, ["A visit."]);
}

#[tokio::test]
async fn an_id_that_somebody_else_has_makes_the_callers_own_and_reveals_nothing() {
    let server = Server::start().await;
    server.ai("interactions", says(SAID)).await;
    let mut body = says(SAID);
    body["userId"] = json!("eve");
    let (status, reply) = server.ai("interactions", body).await;
    assert_eq!(
        (status, &reply["userId"], &reply["createdAt"]),
        (201, &json!("eve"), &json!("2026-03-01T12:00:00.000Z"))
    );
    assert_eq!(server.sql("SELECT user_id FROM ai_interactions ORDER BY user_id").await, ["ada", "eve"]);
}

#[tokio::test]
async fn a_conversation_is_linked_to_the_callers_session_or_refused_with_409() {
    let server = Server::start().await;
    let visit = server.visit().await;
    let (status, reply) = server.ai("sessions", visit.says(json!({ "aiSessionId": CHAT }))).await;
    assert_eq!((status, &reply["userId"], &reply["sessionId"]), (201, &json!("ada"), &json!(visit.session)));
    let (status, problem) = server.ai("sessions", json!({ "userId": "eve", "sessionId": visit.session })).await;
    assert_eq!((status, kind(&problem)), (409, "conflict"));
    let unknown = json!({ "userId": "ada", "prompt": "Hello", "sessionId": "019ca945-0a00-7000-8000-00000000ffff" });
    assert_eq!(server.ai("interactions", unknown).await.0, 409);
    assert_eq!(server.count("SELECT count(*) FROM ai_sessions").await, 1);
    assert_eq!(server.count("SELECT count(*) FROM ai_interactions").await, 0);
}

#[tokio::test]
async fn who_does_not_say_who_they_are_is_known_by_the_conversation() {
    let server = Server::start().await;
    let (status, reply) = server.ai("sessions", json!({ "aiSessionId": CHAT })).await;
    assert_eq!((status, reply["userId"].as_str().unwrap()), (201, format!("anon:{CHAT}").as_str()));
    assert_eq!(server.ai("interactions", json!({ "aiSessionId": CHAT, "prompt": "Hello" })).await.0, 201);
    assert_eq!(server.count("SELECT count(*) FROM ai_sessions").await, 1);
}

#[tokio::test]
async fn texts_may_have_128_kib_each_and_every_fault_is_named() {
    let server = Server::start().await;
    let with = |name: &str, value: Value| {
        let mut body = says(SAID);
        body[name] = value;
        body
    };
    for name in ["prompt", "response"] {
        let text = |bytes: usize| json!("é".repeat(bytes / 2) + &"x".repeat(bytes % 2));
        let mut fits = with(name, text(AI_TEXT_BYTES));
        fits["eventId"] = json!(null);
        assert_eq!(server.ai("interactions", fits).await.0, 201, "{name}");
        let (status, problem) = server.ai("interactions", with(name, text(AI_TEXT_BYTES + 1))).await;
        assert_eq!((status, problem["errors"][0]["pointer"].as_str().unwrap()), (422, format!("/{name}").as_str()));
        assert_eq!(server.ai("interactions", with(name, json!("x".repeat(600_000)))).await.0, 413, "{name}");
    }
    let wrong = [
        ("prompt", json!(null)),
        ("prompt", json!("")),
        ("prompt", json!("\u{0}")),
        ("response", json!("")),
        ("modelUsed", json!("x".repeat(201))),
        ("tokensUsed", json!(-1)),
        ("aiSessionId", json!("abc-123")),
        ("eventId", json!("abc-123")),
    ];
    for (name, value) in wrong {
        let (status, problem) = server.ai("interactions", with(name, value)).await;
        assert_eq!((status, problem["errors"][0]["pointer"].as_str().unwrap()), (422, format!("/{name}").as_str()));
    }
    let (status, problem) = server.send("/session/create", json!({ "session_id": "abc-123" })).await;
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/session_id")));
    assert_eq!(server.count("SELECT count(*) FROM ai_interactions").await, 2);
}
