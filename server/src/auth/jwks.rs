//! An identity provider's published keys: fetched when first needed, kept for as long as the provider says, and fetched again when a
//! token names one that is not among them, though not for every forged name. While the provider is away its last keys serve on.

use super::fetch::Remote;
use crate::clock::{Timestamp, whole_millis};
use crate::limits::{JWKS_AGE, JWKS_FRESH, JWKS_PAUSE};
use axum::http::header;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Mutex;

/// The keys at one address.
pub struct Jwks {
    document: Remote,
    held: RwLock<Arc<Held>>,
    fetching: Mutex<()>,
}

/// What became of the search for a key.
pub enum Lookup {
    /// Here it is.
    Found(DecodingKey),
    /// The provider does not publish it, or not for this algorithm.
    Unknown,
    /// The provider could not be asked, and what it said last is too old.
    Unreachable,
}

#[derive(Default)]
struct Held {
    keys: HashMap<String, Key>,
    asked_at: Option<Timestamp>,
    /// When the keys came, and when the provider wants to be asked again.
    fetched: Option<(Timestamp, Timestamp)>,
}

#[derive(Clone)]
struct Key {
    decoding: DecodingKey,
    /// The only algorithm it is for, where the provider says so.
    algorithm: Option<Algorithm>,
}

impl Jwks {
    /// The keys at this address, of which none is fetched yet.
    ///
    /// # Errors
    /// If it cannot be trusted ([`Remote::new`]).
    pub fn new(url: &str) -> Result<Self, String> {
        let document = Remote::new(url).map_err(|error| format!("an issuer's keys: {error}"))?;
        Ok(Self { document, held: RwLock::default(), fetching: Mutex::default() })
    }

    /// The key of this name, if it may verify this algorithm.
    pub async fn find(&self, key_id: &str, algorithm: Algorithm, now: Timestamp) -> Lookup {
        let held = self.held();
        let is_known = held.keys.contains_key(key_id);
        let is_fresh = held.fetched.is_some_and(|(_, until)| now < until);
        if !(is_known && is_fresh) {
            self.refresh_unless_recent(is_known, now).await;
        }
        let held = self.held();
        match held.fetched {
            Some((at, _)) if now < at.plus(JWKS_AGE) => match held.keys.get(key_id) {
                Some(key) if key.algorithm.is_none_or(|only| only == algorithm) => Lookup::Found(key.decoding.clone()),
                _ => Lookup::Unknown,
            },
            _ => Lookup::Unreachable,
        }
    }

    /// Asks for the keys, whenever they were asked for last.
    pub async fn refresh(&self, now: Timestamp) {
        let _fetching = self.fetching.lock().await;
        self.fetch(now).await;
    }

    /// One request fetches. Who looks for a key that is held goes on with it meanwhile; who looks for another waits for the answer.
    async fn refresh_unless_recent(&self, is_known: bool, now: Timestamp) {
        let recently = |held: &Held| held.asked_at.is_some_and(|at| now.since(at).abs() < whole_millis(JWKS_PAUSE));
        if recently(&self.held()) && is_known {
            return;
        }
        let fetching = if is_known { self.fetching.try_lock().ok() } else { Some(self.fetching.lock().await) };
        if fetching.is_some() && !recently(&self.held()) {
            self.fetch(now).await;
        }
    }

    async fn fetch(&self, now: Timestamp) {
        let held = self.held();
        let next = match self.ask().await {
            Ok((keys, fresh_for)) => Held { keys, asked_at: Some(now), fetched: Some((now, now.plus(fresh_for))) },
            Err(error) => {
                tracing::warn!(address = %self.document.address(), error, "an issuer's keys cannot be fetched");
                Held { keys: held.keys.clone(), asked_at: Some(now), fetched: held.fetched }
            }
        };
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
    }

    async fn ask(&self) -> Result<(HashMap<String, Key>, Duration), String> {
        let (headers, body) = self.document.get().await?;
        let cache_control = headers.get(header::CACHE_CONTROL).and_then(|value| value.to_str().ok());
        let fresh_for = cache_control.and_then(max_age).unwrap_or(*JWKS_FRESH.start());
        let set: JwkSet =
            serde_json::from_slice(&body).map_err(|error| format!("the answer is no key set: {error}"))?;
        let keys: HashMap<_, _> = set.keys.iter().filter_map(Key::of).collect();
        if keys.is_empty() { Err("the key set has no key to verify with".into()) } else { Ok((keys, fresh_for)) }
    }

    fn held(&self) -> Arc<Held> {
        Arc::clone(&self.held.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Key {
    /// A public key with a name that may verify signatures. Symmetric keys are not for publishing, and none is believed.
    fn of(jwk: &Jwk) -> Option<(String, Self)> {
        let is_public = !matches!(jwk.algorithm, AlgorithmParameters::OctetKey(_));
        let verifies = matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature));
        let decoding = DecodingKey::from_jwk(jwk).ok().filter(|_| is_public && verifies)?;
        let algorithm = match jwk.common.key_algorithm {
            Some(named) => Some(named.to_string().parse().ok()?),
            None => None,
        };
        Some((jwk.common.key_id.clone()?, Self { decoding, algorithm }))
    }
}

/// How long the provider wants its answer to be kept, within reason.
fn max_age(cache_control: &str) -> Option<Duration> {
    let directive = cache_control.split(',').find_map(|directive| directive.trim().strip_prefix("max-age="))?;
    let said = Duration::from_secs(directive.parse().ok()?);
    Some(said.clamp(*JWKS_FRESH.start(), *JWKS_FRESH.end()))
}
