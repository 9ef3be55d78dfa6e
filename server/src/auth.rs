//! Who is asking, and what they may do: the three modes, the write tokens that name one user and one session, and the service token.
//! Tokens are checked here once; what comes out is a subject that everybody else may trust.

use crate::clock::Timestamp;
use crate::error::Problem;
use crate::limits::{LATE_EVENTS, MAX_SESSION, TOKEN_CHARS};
use crate::session::Session;
use crate::store::SigningKey;
use axum::http::{HeaderMap, header};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use uuid::Uuid;

/// How the subject of a request is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum AuthMode {
    /// The request says who it is from.
    None,
}

/// Verifies and issues tokens.
pub struct Auth {
    mode: AuthMode,
    keys: Vec<SigningKey>,
    service_token: String,
}

/// What a write token says: its subject may write to this one session, and nothing else.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    sub: String,
    sid: Uuid,
    /// The client's id for the session, where it is stored under another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gid: Option<Uuid>,
    iat: i64,
    exp: i64,
    #[serde(rename = "use")]
    usage: String,
}

const WRITE: &str = "write";

impl Auth {
    /// With the keys that are stored, newest first, and the service token.
    #[must_use]
    pub fn new(mode: AuthMode, keys: Vec<SigningKey>, service_token: String) -> Self {
        Self { mode, keys, service_token }
    }

    /// The subject of a start: whoever it says, else the device, else nobody but this session; so a repeated start finds the same one.
    #[must_use]
    pub fn starting(&self, user_id: Option<String>, device_id: Option<Uuid>, session_id: Uuid) -> String {
        match self.mode {
            AuthMode::None => user_id.unwrap_or_else(|| format!("anon:{}", device_id.unwrap_or(session_id))),
        }
    }

    /// The subject of a write to a session: its token's.
    ///
    /// # Errors
    /// `token-missing`, `token-invalid`, `token-expired`, or `forbidden` if the token is for another session.
    pub fn writing(
        &self,
        token: Option<&str>,
        user_id: Option<String>,
        session_id: Uuid,
        now: Timestamp,
    ) -> Result<String, Problem> {
        match (token, user_id, self.mode) {
            (Some(token), _, _) => self.verify(token, session_id, now),
            (None, Some(user_id), AuthMode::None) => Ok(user_id),
            (None, None, AuthMode::None) => Err(Problem::TokenMissing(
                "Send the session's write token (from the start reply) as token in the body, or a userId.",
            )),
        }
    }

    /// The subject of a read.
    ///
    /// # Errors
    /// `invalid-request` if nobody is named.
    pub fn reading(&self, user_id: Option<String>) -> Result<String, Problem> {
        match self.mode {
            AuthMode::None => {
                user_id.ok_or_else(|| Problem::field("?userId", "is missing: without login it names the caller"))
            }
        }
    }

    /// A token to write to this session, and when it expires: seven days after the session's longest possible end.
    ///
    /// # Errors
    /// `internal-error` if there is no key.
    pub fn issue(&self, session: &Session, now: Timestamp) -> Result<(String, Timestamp), Problem> {
        let key = self.keys.first().ok_or(Problem::Internal)?;
        let expires_at =
            Timestamp::from_millis(session.started_at.plus(MAX_SESSION).plus(LATE_EVENTS).seconds() * 1_000);
        let claims = Claims {
            sub: session.user_id.clone(),
            sid: session.id,
            gid: session.given_id,
            iat: now.seconds(),
            exp: expires_at.seconds(),
            usage: WRITE.into(),
        };
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(key.key_id.clone());
        let token =
            jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(&key.secret)).map_err(|error| {
                tracing::error!(%error, "a token could not be signed");
                Problem::Internal
            })?;
        Ok((token, expires_at))
    }

    fn verify(&self, token: &str, session_id: Uuid, now: Timestamp) -> Result<String, Problem> {
        let invalid = Problem::TokenInvalid(
            "The token is not one that this server signed. Start the session again to get a new one.",
        );
        if token.len() > TOKEN_CHARS {
            return Err(invalid);
        }
        let Ok(header) = jsonwebtoken::decode_header(token) else { return Err(invalid) };
        let Some(key) = self.keys.iter().find(|key| header.kid.as_ref() == Some(&key.key_id)) else {
            return Err(invalid);
        };
        // The algorithm is ours to say, never the token's; expiry is compared below with the clock that everything else uses.
        let mut validation = Validation::new(Algorithm::HS256);
        validation.validate_exp = false;
        validation.set_required_spec_claims(&["exp", "sub"]);
        let Ok(decoded) = jsonwebtoken::decode::<Claims>(token, &DecodingKey::from_secret(&key.secret), &validation)
        else {
            return Err(invalid);
        };
        let claims = decoded.claims;
        if claims.usage != WRITE {
            return Err(invalid);
        }
        if now.seconds() >= claims.exp {
            return Err(Problem::TokenExpired(Timestamp::from_millis(claims.exp.saturating_mul(1_000))));
        }
        if claims.sid != session_id && claims.gid != Some(session_id) {
            return Err(Problem::Forbidden("The token is for another session than the one that sessionId names."));
        }
        Ok(claims.sub)
    }

    /// Whether the request carries the service token.
    ///
    /// # Errors
    /// `token-missing` or `token-invalid`.
    pub fn serving(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = bearer
            .and_then(|bearer| bearer.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or(Problem::TokenMissing("This route is for the service token, as Authorization: Bearer."))?;
        // Digests are compared, so that the time it takes tells nothing about the token.
        if Sha256::digest(token) == Sha256::digest(&self.service_token) {
            Ok(())
        } else {
            Err(Problem::TokenInvalid("This is not the service token of this server."))
        }
    }

    /// The service token, for the page that may have it.
    #[must_use]
    pub fn service_token(&self) -> &str {
        &self.service_token
    }
}

/// A key that has never been used.
#[must_use]
pub fn new_signing_key() -> SigningKey {
    SigningKey { key_id: Uuid::now_v7().to_string(), secret: rand::random::<[u8; 32]>().to_vec() }
}

/// Reads the service token, or makes the file with a new one, which only its owner can read.
///
/// # Errors
/// A sentence that names the file.
pub fn service_token(file: &Path) -> Result<String, String> {
    let failed = |what: &str, error: &dyn std::fmt::Display| {
        format!("cannot {what} the service token in {}: {error}", file.display())
    };
    match std::fs::read_to_string(file) {
        Ok(text) if text.trim().len() >= 16 => Ok(text.trim().into()),
        Ok(_) => Err(failed("use", &"it has fewer than 16 characters; delete the file to get a new one")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if let Some(folder) = file.parent() {
                std::fs::create_dir_all(folder).map_err(|error| failed("store", &error))?;
            }
            let token = rand::random::<[u8; 32]>().iter().fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            });
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut new = options.open(file).map_err(|error| failed("store", &error))?;
            writeln!(new, "{token}").map_err(|error| failed("store", &error))?;
            Ok(token)
        }
        Err(error) => Err(failed("read", &error)),
    }
}
