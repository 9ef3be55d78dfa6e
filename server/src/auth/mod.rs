//! Who is asking, and what they may do. Whatever a request shows of its sender is checked here once, by the server's mode; what comes
//! out is a subject that everybody else may trust. The rooms: tokens of our own ([`own_tokens`], [`keys`]), those of identity
//! providers ([`issuers`], [`jwks`]), the operator's ([`service_token`]), and people without any ([`visitors`]).

pub mod bearer;
mod fetch;
pub mod issuers;
pub mod jwks;
pub mod keys;
pub mod own_tokens;
pub mod service_token;
pub mod visitors;

use crate::clock::Timestamp;
use crate::error::Problem;
use crate::rate_limit::RateLimits;
use crate::session::Session;
use crate::store::credentials::Credentials;
use axum::http::HeaderMap;
use issuers::Issuers;
use keys::KeyRing;
use own_tokens::{Issued, VISITOR_TYPE};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use uuid::Uuid;
use visitors::ANONYMOUS;
pub use visitors::Named;

/// How the subject of a request is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum AuthMode {
    /// The request says who it is from.
    None,
    /// A verified token says it; who has none is an anonymous visitor.
    Optional,
    /// A verified token says it; who has none is turned away.
    Required,
}

/// What a write shows of its sender.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// The bearer of its `Authorization` header.
    pub bearer: Option<String>,
    /// `token` in its body: the session's write token.
    pub write_token: Option<String>,
    /// `visitorToken` in its body.
    pub visitor_token: Option<String>,
    /// `userId` in its body.
    pub user_id: Option<String>,
}

/// Whose a new or resumed session is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Starter {
    /// The subject.
    pub user_id: String,
    /// Who an anonymous visitor says they are, which nobody has verified.
    pub claimed_user_id: Option<String>,
}

/// Verifies and issues tokens.
pub struct Auth {
    mode: AuthMode,
    keys: KeyRing,
    issuers: Issuers,
    store: Arc<dyn Credentials>,
    rate_limits: Arc<RateLimits>,
    service_token: String,
}

impl Auth {
    /// With the server's own keys, the identity providers it trusts, the limits that each subject is counted against, and the service token.
    #[must_use]
    pub fn new(
        mode: AuthMode,
        keys: KeyRing,
        issuers: Issuers,
        store: Arc<dyn Credentials>,
        rate_limits: Arc<RateLimits>,
        service_token: String,
    ) -> Self {
        Self { mode, keys, issuers, store, rate_limits, service_token }
    }

    /// The server's own keys.
    #[must_use]
    pub fn keys(&self) -> &KeyRing {
        &self.keys
    }

    /// The identity providers.
    #[must_use]
    pub fn issuers(&self) -> &Issuers {
        &self.issuers
    }

    /// The subject of a start. Without login it is whoever the start says, else the device, else nobody but this session, so that a
    /// repeated start finds the same one. With login the session's own token comes first, for a session keeps its subject; then the
    /// bearer; then the visitor token.
    ///
    /// # Errors
    /// `token-missing` where login is required; `token-invalid` or `token-expired` of a bearer; `forbidden` if another user is named;
    /// `session-not-found` if the session is there and nothing shows that it is the caller's; `rate-limited`.
    pub async fn starting(&self, shown: &Shown, named: Named, now: Timestamp) -> Result<Starter, Problem> {
        let starter = self.starter_of(shown, named, now).await?;
        self.rate_limits.count_subject(&starter.user_id)?;
        Ok(starter)
    }

    async fn starter_of(&self, shown: &Shown, named: Named, now: Timestamp) -> Result<Starter, Problem> {
        if self.mode == AuthMode::None {
            let unnamed = || visitors::anonymous(named.device_id.unwrap_or(named.session_id));
            return Ok(Starter::known(shown.user_id.clone().unwrap_or_else(unnamed)));
        }
        if let Some(token) = &shown.write_token
            && let Ok(subject) = own_tokens::verify_write(&self.keys, token, named.session_id, now).await
        {
            return self.starter(subject, shown);
        }
        if let Some(bearer) = &shown.bearer {
            return self.starter(self.bearer_subject(bearer, now).await?, shown);
        }
        if self.mode == AuthMode::Required {
            return Err(Problem::TokenMissing("Send the identity provider's token, as Authorization: Bearer."));
        }
        if let Some(token) = &shown.visitor_token
            && let Ok(subject) = own_tokens::verify_visitor(&self.keys, token, now).await
        {
            return self.starter(subject, shown);
        }
        self.starter(visitors::recognise(self.store.as_ref(), named, now).await?, shown)
    }

    /// The subject of a write to a session: its token's, else the bearer's, else (without login) whoever the body says.
    ///
    /// # Errors
    /// `token-missing`, `token-invalid`, `token-expired`; `forbidden` if the token is for another session, or another user is named;
    /// `rate-limited`.
    pub async fn writing(&self, shown: &Shown, session_id: Uuid, now: Timestamp) -> Result<String, Problem> {
        let subject = match (&shown.write_token, &shown.bearer, &shown.user_id, self.mode) {
            (Some(token), ..) => own_tokens::verify_write(&self.keys, token, session_id, now).await?,
            (None, _, Some(user_id), AuthMode::None) => user_id.clone(),
            (None, _, None, AuthMode::None) => {
                return Err(Problem::TokenMissing(
                    "Send the session's write token (from the start reply) as token in the body, or a userId.",
                ));
            }
            (None, Some(bearer), ..) => self.bearer_subject(bearer, now).await?,
            (None, None, ..) => {
                return Err(Problem::TokenMissing(
                    "Send the session's write token (from the start reply) as token in the body, or a bearer.",
                ));
            }
        };
        if self.mode != AuthMode::None {
            own_name(&subject, shown)?;
        }
        self.rate_limits.count_subject(&subject)?;
        Ok(subject)
    }

    /// The subject of a read.
    ///
    /// # Errors
    /// Without login `invalid-request` if nobody is named; with it `token-missing`, `token-invalid`, `token-expired`, or `forbidden`
    /// if another user is named. `rate-limited`.
    pub async fn reading(
        &self,
        headers: &HeaderMap,
        user_id: Option<String>,
        now: Timestamp,
    ) -> Result<String, Problem> {
        let subject = self.reader_of(headers, user_id, now).await?;
        self.rate_limits.count_subject(&subject)?;
        Ok(subject)
    }

    async fn reader_of(&self, headers: &HeaderMap, user_id: Option<String>, now: Timestamp) -> Result<String, Problem> {
        if self.mode == AuthMode::None {
            return user_id.ok_or_else(|| Problem::field("?userId", "is missing: without login it names the caller"));
        }
        let bearer = bearer::of(headers)?.ok_or(Problem::TokenMissing(
            "Send the identity provider's token, or a visitor's own (visitorToken in the start reply), as Authorization: Bearer.",
        ))?;
        let subject = self.bearer_subject(bearer, now).await?;
        if user_id.is_some_and(|user_id| user_id != subject) {
            return Err(Problem::Forbidden("?userId names another user than the token. Leave it out."));
        }
        Ok(subject)
    }

    /// Whether the request carries the service token.
    ///
    /// # Errors
    /// `token-missing` or `token-invalid`.
    pub fn serving(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let token = bearer::of(headers)?
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

    /// A token to write to this session.
    ///
    /// # Errors
    /// `internal-error` if it cannot be signed.
    pub fn write_token(&self, session: &Session, now: Timestamp) -> Result<Issued, Problem> {
        own_tokens::write(&self.keys, session, now)
    }

    /// A token for the subject of this session to come back with, if it is an anonymous visitor.
    ///
    /// # Errors
    /// `internal-error` if it cannot be signed.
    pub fn visitor_token(&self, session: &Session, now: Timestamp) -> Result<Option<Issued>, Problem> {
        let is_visitor = self.mode == AuthMode::Optional && session.user_id.starts_with(ANONYMOUS);
        is_visitor.then(|| own_tokens::visitor(&self.keys, &session.user_id, now)).transpose()
    }

    async fn bearer_subject(&self, token: &str, now: Timestamp) -> Result<String, Problem> {
        let header = bearer::header(token)?;
        if header.typ.as_deref() != Some(VISITOR_TYPE) {
            return self.issuers.verify(token, &header, now).await;
        }
        if self.mode == AuthMode::Optional {
            own_tokens::verify_visitor(&self.keys, token, now).await
        } else {
            Err(Problem::TokenInvalid("A visitor token is no login. Send the identity provider's token."))
        }
    }

    fn starter(&self, subject: String, shown: &Shown) -> Result<Starter, Problem> {
        own_name(&subject, shown)?;
        let claimed_user_id = shown.user_id.clone().filter(|_| subject.starts_with(ANONYMOUS));
        Ok(Starter { claimed_user_id: claimed_user_id.filter(|claimed| *claimed != subject), user_id: subject })
    }
}

impl Starter {
    fn known(user_id: String) -> Self {
        Self { user_id, claimed_user_id: None }
    }
}

/// Whoever is logged in may name nobody else. What an anonymous visitor says is a claim, and kept as one.
fn own_name(subject: &str, shown: &Shown) -> Result<(), Problem> {
    let names_another = shown.user_id.as_ref().is_some_and(|named| named != subject);
    if names_another && !subject.starts_with(ANONYMOUS) {
        return Err(Problem::Forbidden("userId names another user than the token. Leave it out."));
    }
    Ok(())
}
