//! The attacks of RFC 8725, and their like: forged, foreign, borrowed and stale tokens, each tried against a server with login.

use crate::identity_provider::{EC, IdentityProvider, RSA};
use crate::logins::{SECRET, claims, server, signed, token, token_of};
use crate::support::{NOON, SERVICE_TOKEN, Server, answer, id_at, kind, time};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, Header};
use serde_json::{Value, json};
use session_server::auth::AuthMode;

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// Starts with this bearer.
async fn start(server: &Server, bearer: &str) -> (u16, Value) {
    let url = format!("{}/api/sessions/start", server.base);
    answer(server.client.post(url).bearer_auth(bearer).json(&json!({})).send().await.unwrap()).await
}

async fn refused(server: &Server, attacks: Vec<(&str, String)>) {
    for (attack, bearer) in attacks {
        let (status, problem) = start(server, &bearer).await;
        assert_eq!((status, kind(&problem)), (401, "token-invalid"), "{attack}: {problem}");
    }
    assert_eq!(server.count("SELECT count(*) FROM user_sessions").await, 0);
}

fn with(name: &str, value: Value) -> String {
    let mut claims = claims("ada");
    claims[name] = value;
    token_of(&claims)
}

fn without(name: &str) -> String {
    let mut claims = claims("ada");
    claims.as_object_mut().unwrap().remove(name);
    token_of(&claims)
}

#[tokio::test]
async fn the_algorithm_is_the_servers_to_say() {
    let server = server(AuthMode::Required).await;
    let body = encoded(&claims("ada"));
    let good = token("ada");
    let signature = good.rsplit('.').next().unwrap();
    let none = |name: &str| format!("{}.{body}.", encoded(&json!({ "alg": name, "typ": "JWT" })));
    let by = |algorithm| signed(&Header::new(algorithm), &claims("ada"), SECRET.as_bytes());
    refused(
        &server,
        vec![
            ("no algorithm", none("none")),
            ("no algorithm, shouted", none("NONE")),
            ("no algorithm, disguised", none("nOnE")),
            ("no algorithm, with a signature", format!("{}{signature}", none("none"))),
            ("an unknown algorithm", format!("{}{signature}", none("HS255"))),
            ("no algorithm named", format!("{}.{body}.{signature}", encoded(&json!({ "typ": "JWT" })))),
            ("another algorithm with the right secret", by(Algorithm::HS384)),
            ("a third one", by(Algorithm::HS512)),
            ("a published key's algorithm", EC.token(&claims("ada"))),
        ],
    )
    .await;
    assert_eq!(start(&server, &good).await.0, 201);
}

#[tokio::test]
async fn a_published_key_is_never_a_secret() {
    let provider = IdentityProvider::of(&[RSA, EC]).await;
    let server = provider.server().await;
    let mut attacks = Vec::new();
    for key in [RSA, EC] {
        let header = Header { kid: Some(key.id.into()), ..Header::new(Algorithm::HS256) };
        let public = key.public();
        for secret in [public.to_string(), public["n"].to_string(), public["x"].as_str().unwrap_or_default().into()] {
            attacks.push(("an HMAC by the public key", signed(&header, &claims("ada"), secret.as_bytes())));
        }
    }
    refused(&server, attacks).await;
    assert_eq!(start(&server, &RSA.token(&claims("ada"))).await.0, 201);
}

#[tokio::test]
async fn keys_that_a_token_brings_along_are_not_used() {
    let provider = IdentityProvider::of(&[RSA]).await;
    let attacker = IdentityProvider::of(&[EC]).await;
    let server = provider.server().await;
    let own = serde_json::from_value(EC.public()).unwrap();
    let url = Some(attacker.url.clone());
    let headers = [
        ("jwk", Header { jwk: Some(own), ..EC.header() }),
        ("jku", Header { jku: url.clone(), ..EC.header() }),
        ("x5u", Header { x5u: url, ..EC.header() }),
        ("x5c", Header { x5c: Some(vec!["MIIB".into()]), ..EC.header() }),
        ("the name of another key", Header { kid: Some(RSA.id.into()), ..EC.header() }),
        ("a key of no name", Header { kid: Some("../../dev/null".into()), ..EC.header() }),
    ];
    refused(&server, headers.map(|(attack, header)| (attack, EC.sign(&header, &claims("ada")))).into()).await;
    assert_eq!(attacker.asked(), 0, "nobody goes where a token points");
}

#[tokio::test]
async fn every_claim_is_checked() {
    let server = server(AuthMode::Required).await;
    let now = time(NOON).seconds();
    refused(
        &server,
        vec![
            ("another issuer", with("iss", json!("https://evil.example"))),
            ("an issuer with something after it", with("iss", json!("https://login.example/"))),
            ("no issuer", without("iss")),
            ("several issuers", with("iss", json!(["https://login.example"]))),
            ("another audience", with("aud", json!("another-app"))),
            ("other audiences", with("aud", json!(["another-app", "a-third"]))),
            ("no audience", without("aud")),
            ("no subject", without("sub")),
            ("an empty subject", with("sub", json!(""))),
            ("a subject that is a number", with("sub", json!(7))),
            ("a subject of 129 characters", with("sub", json!("x".repeat(129)))),
            ("a subject with a line break", with("sub", json!("ada\neve"))),
            ("a visitor's subject", with("sub", json!("anon:019ca945-1d88-7000-8000-0000000000dd"))),
            ("no expiry", without("exp")),
            ("an expiry that is a text", with("exp", json!("tomorrow"))),
            ("not valid before a minute and a second", with("nbf", json!(now + 61))),
            ("issued in the future", with("iat", json!(now + 61))),
        ],
    )
    .await;
    let fine = [
        with("aud", json!(["another-app", "sessions"])),
        with("sub", json!("ß".repeat(128))),
        with("nbf", json!(now + 60)),
        with("iat", json!(now + 60)),
        with("exp", json!(now as f64 + 0.5)),
    ];
    for token in fine {
        let (status, reply) = start(&server, &token).await;
        assert_eq!(status, 201, "{reply}");
    }
}

#[tokio::test]
async fn an_expired_token_says_so_a_minute_after_its_time() {
    let server = server(AuthMode::Required).await;
    let token = token("ada");
    server.pass(3_600 + 59);
    assert_eq!(start(&server, &token).await.0, 201);
    server.pass(1);
    let read = server.get("/api/sessions/stats").bearer_auth(&token).send().await.unwrap();
    assert_eq!(read.headers()["www-authenticate"], "Bearer error=\"invalid_token\"");
    let (status, problem) = start(&server, &token).await;
    assert_eq!((status, kind(&problem)), (401, "token-expired"));
    assert!(problem["detail"].as_str().unwrap().contains("2026-03-01T13:00:00.000Z"), "{problem}");
}

#[tokio::test]
async fn what_is_no_token_is_none() {
    let server = server(AuthMode::Required).await;
    let good = token("ada");
    let parts: Vec<&str> = good.split('.').collect();
    let other_end = if good.ends_with('A') { "E" } else { "A" };
    let eve = encoded(&claims("eve"));
    let crit = Header { crit: Some(vec!["exp".into()]), ..Header::new(Algorithm::HS256) };
    refused(
        &server,
        vec![
            ("a word", "x".into()),
            ("dots", "..".into()),
            ("two parts", format!("{}.{}", parts[0], parts[1])),
            ("four parts", format!("{good}.{}", parts[2])),
            ("an encrypted one's five parts", "a.b.c.d.e".into()),
            ("no signature", format!("{}.{}.", parts[0], parts[1])),
            ("another signature", format!("{}{other_end}", &good[..good.len() - 1])),
            ("somebody else's claims", format!("{}.{eve}.{}", parts[0], parts[2])),
            ("a head that is no JSON", format!("{}.{}.{}", URL_SAFE_NO_PAD.encode("{"), parts[1], parts[2])),
            ("a body that is no JSON", format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode("{"), parts[2])),
            ("another secret", signed(&Header::default(), &claims("ada"), b"another secret of thirty-two bytes")),
            ("an empty secret", signed(&Header::default(), &claims("ada"), b"")),
            ("a weak secret", signed(&Header::default(), &claims("ada"), b"secret")),
            ("a critical extension", signed(&crit, &claims("ada"), SECRET.as_bytes())),
            ("the service token", SERVICE_TOKEN.replace(' ', "-")),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_bearer_has_at_most_8_192_characters() {
    let server = server(AuthMode::Required).await;
    let bare = with("pad", json!("")).len();
    // Base64 has four characters for three bytes, so not every length can be had.
    let token = |length: usize| with("pad", json!("x".repeat((length - bare) * 3 / 4)));
    let (below, above) = (token(8_190), token(8_200));
    assert!((8_180..=8_192).contains(&below.len()) && (8_193..8_210).contains(&above.len()));
    assert_eq!(start(&server, &below).await.0, 201);
    for bearer in [above, token(60_000)] {
        let (status, problem) = start(&server, &bearer).await;
        assert_eq!((status, kind(&problem)), (401, "token-invalid"), "{}", bearer.len());
    }
}

#[tokio::test]
async fn two_bearers_are_none() {
    let server = server(AuthMode::Required).await;
    let response = server.get("/api/sessions/stats").bearer_auth(token("ada")).bearer_auth(token("eve")).send().await;
    assert_eq!(response.unwrap().status(), 401);
}

#[tokio::test]
async fn no_token_passes_for_one_of_another_kind() {
    let server = server(AuthMode::Optional).await;
    let first = server.ok("start", json!({ "sessionId": id_at(time(NOON), 1) })).await;
    let (write, visitor, login) = (first["token"].clone(), first["visitorToken"].clone(), json!(token("ada")));

    for wrong in [&visitor, &login] {
        let body = json!({ "sessionId": first["sessionId"], "token": wrong });
        let (status, problem) = server.post("heartbeat", body).await;
        assert_eq!((status, kind(&problem)), (401, "token-invalid"), "{wrong} writes nothing");
    }
    let (status, problem) = start(&server, write.as_str().unwrap()).await;
    assert_eq!((status, kind(&problem)), (401, "token-invalid"), "a write token is no login");
    for wrong in [&write, &login] {
        let reply = server.ok("start", json!({ "visitorToken": wrong })).await;
        assert_ne!(reply["userId"], first["userId"]);
        assert!(reply["userId"].as_str().unwrap().starts_with("anon:"), "{wrong} is nobody's visitor token");
    }
    for (kind_of_ours, claims) in [
        ("session-visitor+jwt", json!({ "sub": first["userId"], "iat": 0, "exp": 9_999_999_999_i64 })),
        ("session-visitor+jwt", claims("ada")),
        ("session-write+jwt", claims("ada")),
    ] {
        let own_key = jsonwebtoken::decode_header(visitor.as_str().unwrap()).unwrap().kid;
        let header = Header { typ: Some(kind_of_ours.into()), kid: own_key, ..Header::new(Algorithm::HS256) };
        let forged = signed(&header, &claims, SECRET.as_bytes());
        let expected = if kind_of_ours == "session-write+jwt" { 201 } else { 401 };
        assert_eq!(
            start(&server, &forged).await.0,
            expected,
            "the issuer's secret signs logins, whatever type it says"
        );
    }
    for bearer in [&write, &visitor, &login] {
        let path = "/api/admin/sessions";
        let response = server.get(path).bearer_auth(bearer.as_str().unwrap()).send().await.unwrap();
        assert_eq!(response.status(), 401);
    }
}

#[tokio::test]
async fn a_write_token_is_for_its_own_session_of_its_own_server() {
    let server = server(AuthMode::Optional).await;
    let (one, two) = (id_at(time(NOON), 1), id_at(time(NOON), 2));
    let first = server.ok("start", json!({ "sessionId": one })).await;
    let second = server.ok("start", json!({ "sessionId": two, "visitorToken": first["visitorToken"] })).await;
    for route in ["heartbeat", "update", "end", "batch", "log-event"] {
        let body = json!({ "sessionId": two, "token": first["token"], "eventType": "click" });
        let (status, problem) = server.post(route, body).await;
        assert_eq!((status, kind(&problem)), (403, "forbidden"), "{route}");
    }
    let elsewhere = crate::logins::server(AuthMode::Optional).await;
    elsewhere.ok("start", json!({ "sessionId": two })).await;
    let body = json!({ "sessionId": two, "token": second["token"] });
    assert_eq!(elsewhere.post("heartbeat", body).await.0, 401);
}

#[tokio::test]
async fn a_token_in_the_address_is_not_looked_at() {
    let server = server(AuthMode::Required).await;
    for name in ["token", "access_token", "bearer", "visitorToken"] {
        let path = format!("/api/sessions/stats?{name}={}", token("ada"));
        let (status, problem) = answer(server.get(&path).send().await.unwrap()).await;
        assert_eq!((status, kind(&problem)), (401, "token-missing"), "{name}");
    }
}
