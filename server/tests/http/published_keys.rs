//! Identity providers that publish their keys: which are believed, how often they are fetched, and what happens while they are away.

use crate::identity_provider::{EC, IdentityProvider, Key, NEXT_EC, RSA};
use crate::logins::{AUDIENCE, ISSUER, claims};
use crate::support::{Server, answer, kind};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use session_server::auth::AuthMode;
use session_server::auth::issuers::Issuers;
use session_server::clock::{Clock, SystemClock};
use session_server::config::issuer::Provider;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

async fn read(server: &Server, bearer: &str) -> (u16, Value) {
    answer(server.get("/api/sessions/stats").bearer_auth(bearer).send().await.unwrap()).await
}

/// A token that is good at the moment of the server's clock.
fn token(server: &Server, key: &Key) -> String {
    let mut claims = claims("ada");
    claims["exp"] = json!(server.app.clock.now().seconds() + 3_600);
    key.token(&claims)
}

async fn status(server: &Server, key: &Key) -> u16 {
    read(server, &token(server, key)).await.0
}

#[tokio::test]
async fn a_token_by_a_published_key_is_believed_and_the_keys_are_fetched_once() {
    let provider = IdentityProvider::of(&[RSA, EC]).await;
    let server = provider.server().await;
    assert_eq!(provider.asked(), 0);
    for key in [RSA, EC, RSA] {
        let (status, stats) = read(&server, &token(&server, &key)).await;
        assert_eq!((status, &stats["userId"]), (200, &json!("ada")), "{}", key.id);
    }
    assert_eq!(provider.asked(), 1);
}

#[tokio::test]
async fn a_new_key_is_fetched_when_a_token_names_it_but_not_for_every_forged_name() {
    let provider = IdentityProvider::of(&[EC]).await;
    let server = provider.server().await;
    assert_eq!(status(&server, &EC).await, 200);
    provider.publish(&[EC, NEXT_EC]);
    for _ in 0..5 {
        let (status, problem) = read(&server, &token(&server, &NEXT_EC)).await;
        assert_eq!((status, kind(&problem)), (401, "token-invalid"), "the keys were fetched a moment ago");
    }
    assert_eq!(provider.asked(), 1);
    server.pass(29);
    assert_eq!(status(&server, &NEXT_EC).await, 401);
    server.pass(1);
    assert_eq!(status(&server, &NEXT_EC).await, 200);
    assert_eq!(provider.asked(), 2);
}

#[tokio::test]
async fn keys_are_kept_for_as_long_as_the_provider_says_and_a_withdrawn_one_is_gone_then() {
    let provider = IdentityProvider::of(&[EC, NEXT_EC]).await;
    provider.cache_control("public, max-age=3600");
    let server = provider.server().await;
    assert_eq!(status(&server, &EC).await, 200);
    provider.publish(&[NEXT_EC]);
    server.pass(3_599);
    assert_eq!((status(&server, &EC).await, provider.asked()), (200, 1));
    server.pass(1);
    assert_eq!((status(&server, &EC).await, provider.asked()), (401, 2));
    assert_eq!(status(&server, &NEXT_EC).await, 200);
}

#[tokio::test]
async fn while_the_provider_is_away_its_last_keys_serve_on_but_not_for_ever() {
    let provider = IdentityProvider::of(&[EC]).await;
    let server = provider.server().await;
    assert_eq!(status(&server, &EC).await, 200);
    let answers = [
        (500, "down".into()),
        (200, "<html>".into()),
        (200, "{\"keys\":[]}".into()),
        (302, String::new()),
        (200, " ".repeat(300_000)),
    ];
    for answer in answers {
        provider.answer_instead(Some(answer));
        server.pass(3_600);
        assert_eq!(status(&server, &EC).await, 200);
    }
    assert_eq!(provider.asked(), 6, "a redirect is not followed");
    server.pass(2 * 86_400);
    let (status, problem) = read(&server, &token(&server, &EC)).await;
    assert_eq!((status, kind(&problem)), (503, "unavailable"), "the token may be good; it is told to come back");
    provider.answer_instead(None);
    server.pass(30);
    assert_eq!(read(&server, &token(&server, &EC)).await.0, 200);
}

#[tokio::test]
async fn who_asks_before_the_first_keys_came_is_told_to_come_back() {
    let provider = IdentityProvider::of(&[EC]).await;
    provider.answer_instead(Some((503, String::new())));
    let server = provider.server().await;
    let response = server.get("/api/sessions/stats").bearer_auth(token(&server, &EC)).send().await.unwrap();
    assert!(response.headers().contains_key("retry-after"));
    assert_eq!(answer(response).await.0, 503);
    assert_eq!(server.get("/readyz").send().await.unwrap().status(), 200, "write tokens are as good as ever");
}

#[tokio::test]
async fn many_visitors_with_a_new_key_make_one_request_of_it() {
    let provider = IdentityProvider::of(&[EC]).await;
    let server = std::sync::Arc::new(provider.server().await);
    let bearer = token(&server, &EC);
    let mut visitors = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (server, bearer) = (std::sync::Arc::clone(&server), bearer.clone());
        visitors.spawn(async move { read(&server, &bearer).await.0 });
    }
    while let Some(status) = visitors.join_next().await {
        assert_eq!(status.unwrap(), 200);
    }
    assert_eq!(provider.asked(), 1);
}

#[tokio::test]
async fn a_key_is_good_for_its_own_use_and_algorithm_alone() {
    let mut encrypts = EC.public();
    encrypts["use"] = json!("enc");
    let mut other_algorithm = RSA.public();
    other_algorithm["alg"] = json!("PS256");
    let secret = json!({ "kty": "oct", "kid": "shared", "k": "YSBzZWNyZXQgb2YgdGhpcnR5LXR3byBieXRlcywgb3IgbW9yZQ" });
    let provider = IdentityProvider::of(&[]).await;
    provider.publish_raw(vec![encrypts, other_algorithm, secret, NEXT_EC.public()]);
    let server = provider.server().await;
    assert_eq!(status(&server, &NEXT_EC).await, 200);
    assert_eq!(status(&server, &EC).await, 401);
    assert_eq!(status(&server, &RSA).await, 401);
    let by_another = Key { id: "ec-2", ..EC };
    assert_eq!(status(&server, &by_another).await, 401, "the name is right, the key is not");
}

#[tokio::test]
async fn a_token_without_a_key_id_is_refused() {
    let provider = IdentityProvider::of(&[EC]).await;
    let server = provider.server().await;
    let header = jsonwebtoken::Header::new(Algorithm::ES256);
    assert_eq!(read(&server, &EC.sign(&header, &claims("ada"))).await.0, 401);
}

#[tokio::test]
async fn a_firebase_token_must_be_of_the_project_and_say_when_its_person_logged_in() {
    let provider = IdentityProvider::of(&[RSA]).await;
    let jwks_url = provider.url.clone();
    let server = Server::with(|settings| {
        settings.auth = AuthMode::Required;
        settings.issuers = vec![Provider::Firebase { project: "my-app".into(), jwks_url }];
    })
    .await;
    let mut claims = claims("uid-of-ada");
    claims["iss"] = json!("https://securetoken.google.com/my-app");
    claims["aud"] = json!("my-app");
    claims["auth_time"] = claims["iat"].clone();
    assert_eq!(read(&server, &RSA.token(&claims)).await.1["userId"], "uid-of-ada");
    let wrong = [
        ("iss", json!("https://securetoken.google.com/other-app")),
        ("aud", json!("other-app")),
        ("auth_time", Value::Null),
        ("auth_time", json!(claims["iat"].as_i64().unwrap() + 61)),
        ("sub", json!("")),
    ];
    for (name, value) in wrong {
        let mut claims = claims.clone();
        claims[name] = value.clone();
        assert_eq!(read(&server, &RSA.token(&claims)).await.0, 401, "{name} {value}");
    }
}

#[tokio::test]
async fn supabase_signs_with_published_keys_and_for_a_while_with_its_legacy_secret() {
    let provider = IdentityProvider::of(&[EC]).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret"), crate::logins::SECRET).unwrap();
    let secret = format!("file:{}", folder.path().join("secret").display());
    let url = provider.url.trim_end_matches("/keys").to_owned();
    let flag = format!("kind=supabase,url={url},legacy_secret={secret}");
    let server = Server::in_folder(folder, |settings| {
        settings.auth = AuthMode::Required;
        settings.issuers = vec![session_server::config::issuer::parse(&flag).unwrap()];
    })
    .await;
    let mut claims = claims("ada");
    claims["iss"] = json!(format!("{url}/auth/v1"));
    claims["aud"] = json!("authenticated");
    assert_eq!(read(&server, &EC.token(&claims)).await.1["userId"], "ada");
    assert_eq!(read(&server, &crate::logins::token_of(&claims)).await.1["userId"], "ada");
    let confused = jsonwebtoken::encode(
        &jsonwebtoken::Header { kid: Some(EC.id.into()), ..Default::default() },
        &claims,
        &jsonwebtoken::EncodingKey::from_secret(EC.public()["x"].as_str().unwrap().as_bytes()),
    );
    assert_eq!(read(&server, &confused.unwrap()).await.0, 401, "a published key is no secret");
    claims["aud"] = json!("anon");
    assert_eq!(read(&server, &crate::logins::token_of(&claims)).await.0, 401);
    assert_eq!(read(&server, &EC.token(&claims)).await.0, 401);
}

#[test]
fn keys_come_over_https_or_from_this_machine() {
    let issuers = |jwks_url: &str| {
        let provider = Provider::Jwks {
            issuer: "x".into(),
            audience: AUDIENCE.into(),
            jwks_url: jwks_url.into(),
            algorithms: vec![Algorithm::ES256],
        };
        Issuers::open(&[provider]).map(|_| ())
    };
    for url in ["https://id.example/keys", "http://127.0.0.1:9099/keys", "http://localhost/keys", "http://[::1]:1/keys"]
    {
        assert_eq!(issuers(url), Ok(()), "{url}");
    }
    for url in ["http://id.example/keys", "http://127.0.0.1.evil.example/keys", "file:///etc/passwd", "keys", ""] {
        assert!(issuers(url).is_err(), "{url}");
    }
}

/// The real program that requires this provider's tokens, with these authorities as the machine's own, and its answer to a good token.
async fn answer_to_a_good_token(provider: &IdentityProvider, authorities: &str) -> u16 {
    let folder = tempfile::tempdir().unwrap();
    let issuer = format!("kind=jwks,issuer={ISSUER},audience={AUDIENCE},jwks_url={}", provider.url);
    let mut program = Command::new(env!("CARGO_BIN_EXE_session-server"))
        .current_dir(folder.path())
        .args(["--listen", "127.0.0.1:0", "--auth", "required", "--issuer", &issuer])
        .env("SSL_CERT_FILE", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/http/keys/").to_owned() + authorities)
        .env_remove("SSL_CERT_DIR")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let base = line.trim().rsplit(' ').next().unwrap().to_owned();
    let mut claims = claims("ada");
    let now = SystemClock::default().now().seconds();
    (claims["iat"], claims["exp"]) = (json!(now), json!(now + 600));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let response = client.get(format!("{base}/api/sessions/stats")).bearer_auth(EC.token(&claims)).send().await;
    program.kill().unwrap();
    program.wait().unwrap();
    response.unwrap().status().as_u16()
}

#[tokio::test]
async fn keys_are_fetched_over_tls_from_whom_the_machine_trusts_and_from_nobody_else() {
    let provider = IdentityProvider::behind_tls(&[EC]).await;
    assert_eq!(answer_to_a_good_token(&provider, "ca.pem").await, 200);
    let asked = provider.asked();
    assert!(asked >= 1);
    assert_eq!(answer_to_a_good_token(&provider, "another-ca.pem").await, 503);
    assert_eq!(provider.asked(), asked);
}
