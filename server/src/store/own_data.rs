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

/// What rows are sorted by: one id, or two.
pub trait Key: Copy + Send {
    /// The first id, and the second if there are two.
    fn parts(self) -> (Uuid, Option<Uuid>);
}

impl Key for Uuid {
    fn parts(self) -> (Uuid, Option<Uuid>) {
        (self, None)
    }
}

impl Key for (Uuid, Uuid) {
    fn parts(self) -> (Uuid, Option<Uuid>) {
        (self.0, Some(self.1))
    }
}

/// Some of a subject's rows, in the order of their keys.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a, K> {
    /// Whose.
    pub user_id: &'a str,
    /// The last key of the page before; none before the first.
    pub after: Option<K>,
    /// How many at most.
    pub limit: u32,
}

/// The part of a store that answers for one subject.
#[async_trait]
pub trait OwnData: Send + Sync + 'static {
    /// Sessions by their id.
    async fn own_sessions(&self, page: Page<'_, Uuid>) -> Result<Vec<Session>, StoreError>;

    /// Events by session and event.
    async fn own_events(&self, page: Page<'_, (Uuid, Uuid)>) -> Result<Vec<FedEvent>, StoreError>;

    /// Tabs by session and tab.
    async fn own_tabs(&self, page: Page<'_, (Uuid, Uuid)>) -> Result<Vec<OwnTab>, StoreError>;

    /// Rooms that they made, closed ones included, by their id.
    async fn own_rooms(&self, page: Page<'_, Uuid>) -> Result<Vec<Room>, StoreError>;

    /// Their places in rooms, each with the room's id, by room and device.
    async fn own_participations(&self, page: Page<'_, (Uuid, Uuid)>) -> Result<Vec<(Uuid, Participant)>, StoreError>;

    /// Conversations by their id.
    async fn own_ai_sessions(&self, page: Page<'_, Uuid>) -> Result<Vec<AiSession>, StoreError>;

    /// Interactions, each with its conversation's id, by conversation and interaction.
    async fn own_ai_interactions(&self, page: Page<'_, (Uuid, Uuid)>) -> Result<Vec<(Uuid, Interaction)>, StoreError>;

    /// Deletes at most about `limit` rows of theirs: sessions, events, tabs, their places in rooms, the rooms they made (and everybody's
    /// places in those), conversations and interactions. How many rows; 0 when nothing of theirs is left.
    async fn erase(&self, user_id: &str, limit: u32) -> Result<u64, StoreError>;
}
