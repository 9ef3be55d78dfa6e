//! Servers with login, and the tokens of an identity provider that the tests are themselves.

use crate::support::{NOON, Server, time};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use session_server::auth::AuthMode;
use session_server::config::issuer::{Provider, SharedSecret};

pub(crate) const SECRET: &str = "a secret of thirty-two bytes, or more";
pub(crate) const ISSUER: &str = "https://login.example";
pub(crate) const AUDIENCE: &str = "sessions";

/// A server that believes the tokens of one issuer, which signs with a shared secret.
pub(crate) async fn server(mode: AuthMode) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, SECRET).unwrap();
    Server::in_folder(folder, |settings| {
        settings.auth = mode;
        settings.issuers = vec![Provider::Hs256 {
            issuer: ISSUER.into(),
            audience: AUDIENCE.into(),
            secret: SharedSecret::File(file),
        }];
    })
    .await
}

/// What the issuer says of somebody who logged in at noon.
pub(crate) fn claims(subject: &str) -> Value {
    let now = time(NOON).seconds();
    json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + 3_600 })
}

pub(crate) fn signed(header: &Header, claims: &Value, secret: &[u8]) -> String {
    jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(secret)).unwrap()
}

/// A token of the issuer's with these claims.
pub(crate) fn token_of(claims: &Value) -> String {
    signed(&Header::new(Algorithm::HS256), claims, SECRET.as_bytes())
}

/// A good token.
pub(crate) fn token(subject: &str) -> String {
    token_of(&claims(subject))
}
