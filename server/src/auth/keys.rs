//! The server's own signing keys: kept in the store, held in memory, renewed by and by. A key signs until it is renewed and verifies
//! until the last token that it signed has expired. Several servers over one store share their keys.

use crate::App;
use crate::clock::{Timestamp, whole_millis};
use crate::limits::{KEY_CHECK, KEY_RELOAD, VISITOR_TOKEN};
use crate::store::StoreError;
use crate::store::credentials::{Credentials, SigningKey};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

/// The keys, newest first.
pub struct KeyRing {
    store: Arc<dyn Credentials>,
    signs_for: Duration,
    keys: RwLock<Arc<[SigningKey]>>,
    read_at: Mutex<Timestamp>,
}

impl KeyRing {
    /// Takes up the stored keys, and makes one where there is none that is younger than `signs_for`.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn open(store: Arc<dyn Credentials>, signs_for: Duration, now: Timestamp) -> Result<Self, StoreError> {
        let ring = Self { store, signs_for, keys: RwLock::new(Arc::new([])), read_at: Mutex::new(now) };
        ring.renew(now).await?;
        Ok(ring)
    }

    /// Makes a new key if the newest one has signed for long enough, and forgets those whose last token has expired.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn renew(&self, now: Timestamp) -> Result<(), StoreError> {
        let key = SigningKey {
            key_id: Uuid::now_v7().to_string(),
            secret: rand::random::<[u8; 32]>().to_vec(),
            created_at: now,
        };
        self.store.add_signing_key(&key, now.minus(self.signs_for)).await?;
        self.store.drop_signing_keys(now.minus(self.signs_for).minus(VISITOR_TOKEN)).await?;
        self.read(now).await
    }

    /// The key that signs.
    #[must_use]
    pub fn newest(&self) -> Option<SigningKey> {
        self.held().first().cloned()
    }

    /// The key of this name. One that is not held may have been made by another server a moment ago, so the store is asked; but not
    /// for every forged name.
    pub async fn find(&self, key_id: &str, now: Timestamp) -> Option<SigningKey> {
        let held = |keys: Arc<[SigningKey]>| keys.iter().find(|key| key.key_id == key_id).cloned();
        if let Some(key) = held(self.held()) {
            return Some(key);
        }
        let recently = now.since(*self.read_at.lock().unwrap_or_else(PoisonError::into_inner)).abs();
        if recently < whole_millis(KEY_RELOAD) {
            return None;
        }
        if let Err(error) = self.read(now).await {
            tracing::warn!(%error, "the signing keys cannot be read");
        }
        held(self.held())
    }

    fn held(&self) -> Arc<[SigningKey]> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    async fn read(&self, now: Timestamp) -> Result<(), StoreError> {
        *self.read_at.lock().unwrap_or_else(PoisonError::into_inner) = now;
        let keys = self.store.signing_keys().await?;
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys.into();
        Ok(())
    }
}

/// Looks after the keys of a server: fetches those of its issuers, and renews its own, until it is dropped.
pub async fn keep(app: Arc<App>) {
    app.auth.issuers().fetch_keys(app.clock.now()).await;
    let mut ticks = interval(KEY_CHECK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = app.auth.keys().renew(app.clock.now()).await {
            tracing::warn!(%error, "the signing keys cannot be renewed");
        }
    }
}
