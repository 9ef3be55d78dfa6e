//! The tokens that this server signs itself: one to write to one session, and one by which an anonymous visitor comes back. Each has a
//! type of its own in its signed header, so that neither passes for the other (RFC 8725, section 3.11), nor for a login.

use super::bearer;
use super::keys::KeyRing;
use super::visitors::ANONYMOUS;
use crate::clock::Timestamp;
use crate::error::Problem;
use crate::limits::{LATE_EVENTS, MAX_SESSION, TOKEN_CHARS, VISITOR_TOKEN};
use crate::session::Session;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The type of a write token.
pub const WRITE_TYPE: &str = "session-write+jwt";
/// The type of a visitor token.
pub const VISITOR_TYPE: &str = "session-visitor+jwt";

/// A token that was signed a moment ago.
#[derive(Debug)]
pub struct Issued {
    /// The token.
    pub token: String,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

/// What a write token says: its subject may write to this one session, and nothing else.
#[derive(Debug, Serialize, Deserialize)]
struct WriteClaims {
    sub: String,
    sid: Uuid,
    /// The client's id for the session, where it is stored under another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gid: Option<Uuid>,
    iat: i64,
    exp: i64,
}

/// What a visitor token says: whoever has it is this visitor.
#[derive(Debug, Serialize, Deserialize)]
struct VisitorClaims {
    sub: String,
    iat: i64,
    exp: i64,
}

/// A token to write to this session, good until seven days after the session's longest possible end.
///
/// # Errors
/// `internal-error` if it cannot be signed.
pub fn write(keys: &KeyRing, session: &Session, now: Timestamp) -> Result<Issued, Problem> {
    let expires_at = to_the_second(session.started_at.plus(MAX_SESSION).plus(LATE_EVENTS));
    let claims = WriteClaims {
        sub: session.user_id.clone(),
        sid: session.id,
        gid: session.given_id,
        iat: now.seconds(),
        exp: expires_at.seconds(),
    };
    Ok(Issued { token: sign(keys, WRITE_TYPE, &claims)?, expires_at })
}

/// A token by which this visitor is known.
///
/// # Errors
/// `internal-error` if it cannot be signed.
pub fn visitor(keys: &KeyRing, subject: &str, now: Timestamp) -> Result<Issued, Problem> {
    let expires_at = to_the_second(now.plus(VISITOR_TOKEN));
    let claims = VisitorClaims { sub: subject.into(), iat: now.seconds(), exp: expires_at.seconds() };
    Ok(Issued { token: sign(keys, VISITOR_TYPE, &claims)?, expires_at })
}

/// The subject of a write token for this session.
///
/// # Errors
/// `token-invalid`, `token-expired`, or `forbidden` if it is for another session.
pub async fn verify_write(keys: &KeyRing, token: &str, session_id: Uuid, now: Timestamp) -> Result<String, Problem> {
    let claims: WriteClaims = verify(keys, token, WRITE_TYPE, now).await?;
    not_expired(claims.exp, now)?;
    if claims.sid != session_id && claims.gid != Some(session_id) {
        return Err(Problem::Forbidden("The token is for another session than the one that sessionId names."));
    }
    Ok(claims.sub)
}

/// The subject of a visitor token.
///
/// # Errors
/// `token-invalid` or `token-expired`.
pub async fn verify_visitor(keys: &KeyRing, token: &str, now: Timestamp) -> Result<String, Problem> {
    let claims: VisitorClaims = verify(keys, token, VISITOR_TYPE, now).await?;
    not_expired(claims.exp, now)?;
    if claims.sub.starts_with(ANONYMOUS) { Ok(claims.sub) } else { Err(INVALID) }
}

const INVALID: Problem =
    Problem::TokenInvalid("The token is not one that this server signed. Start the session again to get a new one.");

fn sign(keys: &KeyRing, kind: &str, claims: &impl Serialize) -> Result<String, Problem> {
    let key = keys.newest().ok_or(Problem::Internal)?;
    let mut header = Header::new(Algorithm::HS256);
    header.typ = Some(kind.into());
    header.kid = Some(key.key_id);
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(&key.secret)).map_err(|error| {
        tracing::error!(%error, "a token could not be signed");
        Problem::Internal
    })
}

async fn verify<C: DeserializeOwned>(keys: &KeyRing, token: &str, kind: &str, now: Timestamp) -> Result<C, Problem> {
    if token.len() > TOKEN_CHARS {
        return Err(INVALID);
    }
    let header = bearer::header(token).map_err(|_| INVALID)?;
    let Some(key_id) = header.kid.filter(|_| header.typ.as_deref() == Some(kind)) else { return Err(INVALID) };
    let Some(key) = keys.find(&key_id, now).await else { return Err(INVALID) };
    // The algorithm is ours to say, never the token's; expiry is compared with the clock that everything else uses.
    let mut validation = Validation::new(Algorithm::HS256);
    validation.validate_exp = false;
    validation.set_required_spec_claims(&["exp", "sub"]);
    jsonwebtoken::decode::<C>(token, &DecodingKey::from_secret(&key.secret), &validation)
        .map(|decoded| decoded.claims)
        .map_err(|_| INVALID)
}

fn not_expired(exp: i64, now: Timestamp) -> Result<(), Problem> {
    if now.seconds() < exp {
        return Ok(());
    }
    Err(Problem::TokenExpired {
        at: Timestamp::from_millis(exp.saturating_mul(1_000)),
        what_to_do: "Start the session again to get a new one.",
    })
}

/// A token's times have no fraction.
fn to_the_second(time: Timestamp) -> Timestamp {
    Timestamp::from_millis(time.seconds() * 1_000)
}
