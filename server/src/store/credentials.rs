//! What proves who somebody is, as it is kept: the keys that sign the server's own tokens, and what only the client that started a
//! session knows of it. Nothing here signs or compares anything.

use super::StoreError;
use crate::clock::Timestamp;
use async_trait::async_trait;
use uuid::Uuid;

/// The part of a store that answers for credentials.
#[async_trait]
pub trait Credentials: Send + Sync + 'static {
    /// The keys that sign tokens, newest first.
    async fn signing_keys(&self) -> Result<Vec<SigningKey>, StoreError>;

    /// Stores this key, unless one that was made after `unless_since` is stored already: of several servers that renew their
    /// keys together, one does it.
    async fn add_signing_key(&self, key: &SigningKey, unless_since: Timestamp) -> Result<(), StoreError>;

    /// Forgets keys that were made before this moment. How many.
    async fn drop_signing_keys(&self, made_before: Timestamp) -> Result<u64, StoreError>;

    /// What the start of this subject's session said of its client; `None` if the subject has no such session, by its stored id or
    /// the one its client gave.
    async fn session_origin(&self, user_id: &str, session_id: Uuid) -> Result<Option<SessionOrigin>, StoreError>;
}

/// A key that signs tokens.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// Its name, in the header of each token.
    pub key_id: String,
    /// 32 random bytes.
    pub secret: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Random ids that a session's client made and only it has: showing one of them again tells the client from a stranger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionOrigin {
    /// The device's id, if the start gave one.
    pub device_id: Option<Uuid>,
    /// The tabs that have written to it.
    pub tab_ids: Vec<Uuid>,
    /// When the session was stored.
    pub created_at: Timestamp,
}
