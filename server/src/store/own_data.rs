//! Everything that is stored of one subject: to be handed to them, part by part, or erased. Nothing of anybody else's is in it.

use super::ai::{AiSession, Interaction};
use super::{FedEvent, StoreError};
use crate::room::{Participant, Room};
use crate::session::Session;
use crate::session::gaps::Dropped;
use async_trait::async_trait;
use uuid::Uuid;

/// What a tab said of its sequence numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnTab {
    /// Of which session.
    pub session_id: Uuid,
    /// Which tab.
    pub tab_id: Uuid,
    /// The highest sequence number that it has given.
    pub last_seq: u64,
    /// What it declared as dropped.
    pub dropped: Vec<Dropped>,
}

/// The part of a store that answers for one subject. Lists come by their key, so that a page goes on after the last key of the one before.
#[async_trait]
pub trait OwnData: Send + Sync + 'static {
    /// At most `limit` sessions after this id.
    async fn own_sessions(&self, user_id: &str, after: Option<Uuid>, limit: u32) -> Result<Vec<Session>, StoreError>;

    /// At most `limit` events after this session and event.
    async fn own_events(
        &self,
        user_id: &str,
        after: Option<(Uuid, Uuid)>,
        limit: u32,
    ) -> Result<Vec<FedEvent>, StoreError>;

    /// At most `limit` tabs after this session and tab.
    async fn own_tabs(&self, user_id: &str, after: Option<(Uuid, Uuid)>, limit: u32)
    -> Result<Vec<OwnTab>, StoreError>;

    /// At most `limit` rooms that they made, closed ones included, after this id.
    async fn own_rooms(&self, user_id: &str, after: Option<Uuid>, limit: u32) -> Result<Vec<Room>, StoreError>;

    /// At most `limit` of their places in rooms, with the room's id, after this room and device.
    async fn own_participations(
        &self,
        user_id: &str,
        after: Option<(Uuid, Uuid)>,
        limit: u32,
    ) -> Result<Vec<(Uuid, Participant)>, StoreError>;

    /// At most `limit` conversations after this id.
    async fn own_ai_sessions(
        &self,
        user_id: &str,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<AiSession>, StoreError>;

    /// At most `limit` interactions, with their conversation's id, after this conversation and interaction.
    async fn own_ai_interactions(
        &self,
        user_id: &str,
        after: Option<(Uuid, Uuid)>,
        limit: u32,
    ) -> Result<Vec<(Uuid, Interaction)>, StoreError>;

    /// Deletes at most about `limit` rows of theirs: sessions, events, tabs, their places in rooms, the rooms they made (and everybody's
    /// places in those), conversations and interactions. How many rows; 0 when nothing of theirs is left.
    async fn erase(&self, user_id: &str, limit: u32) -> Result<u64, StoreError>;
}
