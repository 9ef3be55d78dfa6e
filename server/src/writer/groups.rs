//! What is written in groups: sessions, and presence in rooms. Each says how large a write is, what it must not overtake, and where it goes; how
//! long anybody waits is not its affair.

use crate::clock::Timestamp;
use crate::room::RoomRefusal;
use crate::session::write::{Outcome, Write};
use crate::store::rooms::Presence;
use crate::store::{Store, StoreError};
use async_trait::async_trait;
use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// Where groups of one kind of write go.
#[async_trait]
pub trait Groups: Send + Sync + 'static {
    /// One write.
    type Write: Clone + Send + Sync + 'static;
    /// What became of it.
    type Outcome: Send + 'static;

    /// How many rows it has.
    fn rows(write: &Self::Write) -> usize;

    /// By key, so that two groups never wait for each other's rows.
    fn order(a: &Self::Write, b: &Self::Write) -> Ordering;

    /// How many groups may be under way at once.
    fn lanes(&self) -> usize {
        1
    }

    /// What a write must not overtake another of: those with the same number go one after the other.
    fn lane(_: &Self::Write) -> u64 {
        0
    }

    /// Does a group in one transaction, and answers each write by its index.
    async fn apply(&self, writes: &[Self::Write]) -> Result<Vec<Self::Outcome>, StoreError>;
}

/// Writes to sessions.
pub struct Sessions(pub Arc<dyn Store>);

#[async_trait]
impl Groups for Sessions {
    type Write = Write;
    type Outcome = Outcome;

    fn rows(write: &Write) -> usize {
        1 + write.events.len()
    }

    fn order(a: &Write, b: &Write) -> Ordering {
        (&a.user_id, a.session_id).cmp(&(&b.user_id, b.session_id))
    }

    fn lanes(&self) -> usize {
        self.0.groups_at_once()
    }

    /// A start may end the user's other sessions, so it is the user and not the session.
    fn lane(write: &Write) -> u64 {
        let mut hasher = DefaultHasher::new();
        write.user_id.hash(&mut hasher);
        hasher.finish()
    }

    async fn apply(&self, writes: &[Write]) -> Result<Vec<Outcome>, StoreError> {
        self.0.apply(writes).await
    }
}

/// Presence in rooms: one beat's for all of its rooms, answered with when each room expires.
pub struct Presences(pub Arc<dyn Store>);

#[async_trait]
impl Groups for Presences {
    type Write = Vec<Presence>;
    type Outcome = Vec<Result<Timestamp, RoomRefusal>>;

    fn rows(beat: &Vec<Presence>) -> usize {
        beat.len()
    }

    /// The rooms of several beats interleave, so it is not the beats that are sorted but, below, their presences.
    fn order(_: &Vec<Presence>, _: &Vec<Presence>) -> Ordering {
        Ordering::Equal
    }

    async fn apply(&self, beats: &[Vec<Presence>]) -> Result<Vec<Self::Outcome>, StoreError> {
        let mut presences: Vec<_> = beats.iter().flatten().enumerate().collect();
        presences.sort_by(|(_, a), (_, b)| a.member.cmp(&b.member));
        let (places, sorted): (Vec<_>, Vec<_>) =
            presences.into_iter().map(|(place, presence)| (place, presence.clone())).unzip();
        let mut outcomes: Vec<_> = places.into_iter().zip(self.0.update_presence(&sorted).await?).collect();
        outcomes.sort_by_key(|(place, _)| *place);
        let mut outcomes = outcomes.into_iter().map(|(_, outcome)| outcome);
        Ok(beats.iter().map(|beat| outcomes.by_ref().take(beat.len()).collect()).collect())
    }
}
