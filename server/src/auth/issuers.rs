//! The identity providers whose tokens are believed. Which algorithms a provider signs with is fixed by its entry here and never taken
//! from a token, and so is where its keys come from: a shared secret verifies HMAC alone, a published key never does.

use super::jwks::{Jwks, Lookup};
use super::visitors::ANONYMOUS;
use crate::clock::Timestamp;
use crate::config::issuer::{Provider, SharedSecret};
use crate::error::Problem;
use crate::limits::{LEEWAY, USER_ID_CHARS};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::Deserialize;

/// The providers.
#[derive(Default)]
pub struct Issuers(Vec<Issuer>);

struct Issuer {
    name: String,
    audience: String,
    algorithms: Vec<Algorithm>,
    keys: Keys,
    /// Firebase says when the person logged in, and asks that it be checked.
    says_login_time: bool,
}

enum Keys {
    Shared(DecodingKey),
    Published(Box<Jwks>),
}

/// The claims that are looked at. RFC 7519 lets times have a fraction.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: f64,
    #[serde(default)]
    nbf: Option<f64>,
    #[serde(default)]
    iat: Option<f64>,
    #[serde(default)]
    auth_time: Option<f64>,
}

#[derive(Deserialize)]
struct Unverified {
    iss: String,
}

impl Issuers {
    /// The providers of the settings. Nothing is fetched yet.
    ///
    /// # Errors
    /// A sentence for the operator, where a secret or an address is at fault.
    pub fn open(providers: &[Provider]) -> Result<Self, String> {
        let mut issuers = Vec::new();
        for provider in providers {
            issuers.extend(Issuer::open(provider)?);
        }
        Ok(Self(issuers))
    }

    /// Fetches the published keys, so that the first visitor does not wait for them.
    pub async fn fetch_keys(&self, now: Timestamp) {
        for issuer in &self.0 {
            if let Keys::Published(jwks) = &issuer.keys {
                jwks.refresh(now).await;
            }
        }
    }

    /// The subject of a provider's token.
    ///
    /// # Errors
    /// `token-invalid`, `token-expired`, or `unavailable` while the provider's keys cannot be had.
    pub async fn verify(&self, token: &str, header: &Header, now: Timestamp) -> Result<String, Problem> {
        let claimed = jsonwebtoken::dangerous::insecure_decode_claims::<Unverified>(token)
            .map_err(|_| Problem::TokenInvalid("The bearer names no issuer (iss)."))?
            .iss;
        // A provider that changes from a shared secret to published keys has two entries of one name.
        let issuer =
            self.0.iter().find(|issuer| issuer.name == claimed && issuer.algorithms.contains(&header.alg)).ok_or(
                Problem::TokenInvalid(
                    "The bearer is not of an issuer and an algorithm that this server was told to trust.",
                ),
            )?;
        let key = issuer.key(header, now).await?;
        let mut validation = Validation::new(header.alg);
        validation.set_issuer(&[&issuer.name]);
        validation.set_audience(&[&issuer.audience]);
        validation.set_required_spec_claims(&["exp", "sub", "iss", "aud"]);
        // Times are compared below, with the clock that everything else uses.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation).map_err(|error| {
            tracing::debug!(%error, issuer = issuer.name, "a bearer was refused");
            Problem::TokenInvalid(
                "The bearer's signature, issuer or audience is not what this server was told to expect.",
            )
        })?;
        issuer.check_times(&claims.claims, now)?;
        subject(claims.claims.sub)
    }
}

impl Issuer {
    fn open(provider: &Provider) -> Result<Vec<Self>, String> {
        let published = |name: String, audience: &str, url: &str, algorithms: &[Algorithm]| {
            Ok::<_, String>(Self {
                name,
                audience: audience.into(),
                algorithms: algorithms.to_vec(),
                keys: Keys::Published(Box::new(Jwks::new(url)?)),
                says_login_time: false,
            })
        };
        let shared = |name: &str, audience: &str, secret: &SharedSecret| {
            Ok::<_, String>(Self {
                name: name.into(),
                audience: audience.into(),
                algorithms: vec![Algorithm::HS256],
                keys: Keys::Shared(DecodingKey::from_secret(secret.read()?.as_bytes())),
                says_login_time: false,
            })
        };
        match provider {
            Provider::Firebase { project, jwks_url } => {
                let name = format!("https://securetoken.google.com/{project}");
                let issuer = published(name, project, jwks_url, &[Algorithm::RS256])?;
                Ok(vec![Self { says_login_time: true, ..issuer }])
            }
            Provider::Supabase { url, audience, legacy_secret } => {
                let name = format!("{}/auth/v1", url.trim_end_matches('/'));
                let jwks_url = format!("{name}/.well-known/jwks.json");
                let legacy = legacy_secret.as_ref().map(|secret| shared(&name, audience, secret)).transpose()?;
                let issuer = published(name, audience, &jwks_url, &[Algorithm::ES256, Algorithm::RS256])?;
                Ok([Some(issuer), legacy].into_iter().flatten().collect())
            }
            Provider::Jwks { issuer, audience, jwks_url, algorithms } => {
                Ok(vec![published(issuer.clone(), audience, jwks_url, algorithms)?])
            }
            Provider::Hs256 { issuer, audience, secret } => Ok(vec![shared(issuer, audience, secret)?]),
        }
    }

    async fn key(&self, header: &Header, now: Timestamp) -> Result<DecodingKey, Problem> {
        let jwks = match &self.keys {
            Keys::Shared(key) => return Ok(key.clone()),
            Keys::Published(jwks) => jwks,
        };
        let unknown = Problem::TokenInvalid("The bearer names no key (kid) that its issuer publishes.");
        let Some(key_id) = &header.kid else { return Err(unknown) };
        match jwks.find(key_id, header.alg, now).await {
            Lookup::Found(key) => Ok(key),
            Lookup::Unknown => Err(unknown),
            Lookup::Unreachable => Err(Problem::Unavailable(
                "The keys of the bearer's issuer cannot be fetched at the moment. Send it again later.",
            )),
        }
    }

    fn check_times(&self, claims: &Claims, now: Timestamp) -> Result<(), Problem> {
        #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit")]
        let (now, leeway) = (now.millis() as f64 / 1_000.0, LEEWAY.as_secs_f64());
        // JSON has no NaN, so an expiry can be compared.
        if claims.exp + leeway <= now {
            #[expect(clippy::cast_possible_truncation, reason = "held to the years that a time can have")]
            let at = Timestamp::from_millis((claims.exp * 1_000.0) as i64);
            let what_to_do = "Get a new one from its issuer.";
            return Err(Problem::TokenExpired { at, what_to_do });
        }
        let passed = |time: Option<f64>| time.is_none_or(|time| time <= now + leeway);
        if !passed(claims.nbf) || !passed(claims.iat) {
            return Err(Problem::TokenInvalid("The bearer is not valid yet (nbf, iat)."));
        }
        if self.says_login_time && (claims.auth_time.is_none() || !passed(claims.auth_time)) {
            return Err(Problem::TokenInvalid("The bearer does not say that its subject has logged in (auth_time)."));
        }
        Ok(())
    }
}

/// A provider's subject must fit where subjects are stored, and must not be able to be a visitor of ours.
fn subject(sub: String) -> Result<String, Problem> {
    let fits = (1..=USER_ID_CHARS).contains(&sub.chars().count()) && !sub.chars().any(char::is_control);
    if !fits {
        return Err(Problem::TokenInvalid(
            "The bearer's subject (sub) must have 1 to 128 characters and no control characters.",
        ));
    }
    if sub.starts_with(ANONYMOUS) {
        return Err(Problem::TokenInvalid("The bearer's subject (sub) begins with anon:, which is for visitors."));
    }
    Ok(sub)
}
