//! Conversations with a model as the rest of the server sees their store. Every method is an insert-or-get keyed by the subject: an id that
//! somebody else also uses makes the caller's own row and reveals nothing.

use super::StoreError;
use crate::clock::Timestamp;
use async_trait::async_trait;
use uuid::Uuid;

/// A conversation (`ai_sessions`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AiSession {
    /// Whose.
    pub user_id: String,
    /// Which.
    pub id: Uuid,
    /// The session in which it began, if it was named then.
    pub session_id: Option<Uuid>,
    /// When it began, by the server's clock.
    pub created_at: Timestamp,
    /// When its last interaction came, by the server's clock.
    pub updated_at: Timestamp,
}

/// A conversation to be made sure of.
#[derive(Clone, Debug)]
pub struct NewAiSession {
    /// Whose.
    pub user_id: String,
    /// Which.
    pub id: Uuid,
    /// The session to link it to, by its stored id or the one its client gave. A link that is stored stays.
    pub session_id: Option<Uuid>,
}

/// One prompt and what came of it (`ai_interactions`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interaction {
    /// Its key in its conversation, by the client.
    pub id: Uuid,
    /// What was asked.
    pub prompt: String,
    /// What was answered.
    pub response: Option<String>,
    /// Which model answered.
    pub model_used: Option<String>,
    /// What it cost.
    pub tokens_used: Option<u64>,
    /// When it came, by the server's clock.
    pub created_at: Timestamp,
}

/// Why nothing was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AiRefusal {
    /// The subject has no session of the id to link to.
    NoSuchSession,
}

/// A store of conversations.
#[async_trait]
pub trait AiSessions: Send + Sync + 'static {
    /// Makes sure that a conversation is there; true if it is new. One that is there stays as it is, and its link is not looked at.
    /// SQL: insert on conflict do nothing, then read the caller's own row; any number of callers at once get one row and no error.
    async fn create_session(
        &self,
        new: &NewAiSession,
        now: Timestamp,
    ) -> Result<Result<(AiSession, bool), AiRefusal>, StoreError>;

    /// Makes sure that the conversation is there and stores an interaction in it, in one transaction; true if it is new. A repeated one
    /// changes nothing. A new one sets the conversation's `updated_at` to its `created_at`, never backwards.
    async fn log_interaction(
        &self,
        session: &NewAiSession,
        interaction: &Interaction,
    ) -> Result<Result<(AiSession, bool), AiRefusal>, StoreError>;

    /// Deletes at most `limit` interactions older than that, and when none is left at most `limit` conversations whose `updated_at` is
    /// older. How many rows: 0 when there is nothing left to delete.
    async fn cleanup_old_interactions(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
