//! The server's own keys: kept in the database, renewed by and by, shared by servers over one store, and forgotten at last.

use crate::logins;
use crate::support::{Server, answer, kind};
use serde_json::json;
use session_server::App;
use session_server::auth::AuthMode;
use session_server::store;

const DAY: u64 = 86_400;

async fn renew(server: &Server) {
    server.app.auth.keys().renew(server.app.clock.now()).await.unwrap();
}

async fn key_of(server: &Server) -> String {
    let token = server.ok("start", json!({})).await["token"].as_str().unwrap().to_owned();
    jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
}

#[tokio::test]
async fn a_key_signs_for_ninety_days_and_verifies_on() {
    let server = logins::server(AuthMode::Optional).await;
    let first = server.ok("start", json!({})).await;
    let old = key_of(&server).await;
    server.pass(90 * DAY - 1);
    renew(&server).await;
    assert_eq!(key_of(&server).await, old);
    server.pass(1);
    renew(&server).await;
    assert_ne!(key_of(&server).await, old);
    assert_eq!(server.count("SELECT count(*) FROM signing_keys").await, 2);
    let back = server.ok("start", json!({ "visitorToken": first["visitorToken"] })).await;
    assert_eq!(back["userId"], first["userId"], "what the old key signed is good until it expires");
}

#[tokio::test]
async fn a_key_is_forgotten_when_the_last_token_it_signed_has_expired() {
    let server = logins::server(AuthMode::Optional).await;
    server.pass(490 * DAY);
    renew(&server).await;
    assert_eq!(server.count("SELECT count(*) FROM signing_keys").await, 2);
    server.pass(1);
    renew(&server).await;
    assert_eq!(server.count("SELECT count(*) FROM signing_keys").await, 1);
}

#[tokio::test]
async fn keys_outlive_the_server() {
    let server = logins::server(AuthMode::Optional).await;
    let first = server.ok("start", json!({})).await;
    let Server { folder, .. } = server;
    let reopened = Server::in_folder(folder, |settings| settings.auth = AuthMode::Optional).await;
    let beat = json!({ "sessionId": first["sessionId"], "token": first["token"] });
    assert_eq!(reopened.post("heartbeat", beat).await.0, 200);
    assert_eq!(reopened.count("SELECT count(*) FROM signing_keys").await, 1);
}

#[tokio::test]
async fn a_key_that_another_server_has_made_is_found_but_not_looked_for_at_every_forgery() {
    let server = logins::server(AuthMode::Optional).await;
    let settings = server.app.settings.clone();
    let store = store::open(&settings).await.unwrap();
    let other = App::new(settings, "token".into(), server.clock.clone(), store).await.unwrap();
    server.pass(90 * DAY);
    other.auth.keys().renew(server.app.clock.now()).await.unwrap();
    let visitor =
        session_server::auth::own_tokens::visitor(other.auth.keys(), "anon:x", server.app.clock.now()).unwrap();
    let read =
        || async { answer(server.get("/api/sessions/stats").bearer_auth(&visitor.token).send().await.unwrap()).await };
    assert_eq!(read().await.1["userId"], "anon:x");

    server.pass(90 * DAY);
    renew(&server).await;
    other.auth.keys().renew(server.app.clock.now()).await.unwrap();
    assert_eq!(other.auth.keys().newest().unwrap().key_id, key_of(&server).await, "of two that renew, one does");
    let unknown = format!("{}.e30.x", {
        use base64::Engine;
        base64::engine::general_purpose::URL_SAFE_NO_PAD
            .encode(json!({ "alg": "HS256", "typ": "session-visitor+jwt", "kid": "forged" }).to_string())
    });
    let response = server.get("/api/sessions/stats").bearer_auth(unknown).send().await.unwrap();
    assert_eq!(kind(&answer(response).await.1), "token-invalid");
}
