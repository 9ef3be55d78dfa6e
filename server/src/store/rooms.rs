//! Rooms as the rest of the server sees their store. The rules are [`crate::room`]'s: a store either loads the room and asks them inside
//! one transaction, or says the same in SQL. Every `now` is the server's clock at the request's arrival.

use super::StoreError;
use crate::clock::Timestamp;
use crate::room::{AccessMethod, Participant, Room, RoomRefusal};
use async_trait::async_trait;
use uuid::Uuid;

/// A room to be made.
#[derive(Clone, Debug)]
pub struct NewRoom {
    /// Its id.
    pub id: Uuid,
    /// Who makes it.
    pub owner_id: String,
    /// How many users may be in it at once.
    pub max_participants: u32,
}

/// Somebody on a device, as to a room: the key of `session_participants`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// The room.
    pub room_id: Uuid,
    /// Who.
    pub user_id: String,
    /// On which device; nil where the client names none.
    pub device_id: Uuid,
}

/// Somebody says that they are still in a room.
#[derive(Clone, Debug)]
pub struct Presence {
    /// Who, where.
    pub member: Member,
    /// When that came.
    pub at: Timestamp,
}

/// A store of rooms (`collab_sessions`) and of who is in them (`session_participants`).
#[async_trait]
pub trait Rooms: Send + Sync + 'static {
    /// Makes a room; true if it is new. One that the same owner made before is given as it stands, [`RoomRefusal::Taken`] one of
    /// somebody else's. Nobody is in a new room, not even its owner. SQL: insert or get, in one statement that cannot race.
    async fn create_room(&self, new: &NewRoom, now: Timestamp)
    -> Result<Result<(Room, bool), RoomRefusal>, StoreError>;

    /// Lets somebody in, if [`Room::admit`] does; the room as it stands then. Joining again, on the same device, changes `last_seen_at`
    /// (never backwards) and `is_active` alone; `joined_at` and `access_method` stay. `updated_at` moves only if the member was not in it.
    /// A seat is a user who is in the room and was seen within the timeout, however many devices they are on. Two joins for the last
    /// seat must not both get it: lock the room's row.
    async fn join_room(
        &self,
        member: &Member,
        access: AccessMethod,
        now: Timestamp,
    ) -> Result<Result<Room, RoomRefusal>, StoreError>;

    /// Somebody leaves: `is_active` off, `last_seen_at` now, both only if they were in. Leaving twice is as good as once;
    /// [`RoomRefusal::NotFound`] for those who never were in. With `close`, which only the owner may ask ([`RoomRefusal::NotOwner`]), the
    /// room is closed and everybody is out of it; an owner who is not in the room may close it too.
    async fn leave_room(
        &self,
        member: &Member,
        close: bool,
        now: Timestamp,
    ) -> Result<Result<Room, RoomRefusal>, StoreError>;

    /// Notes presences of many people in many rooms in one transaction, answered by index with the moment at which each room expires.
    /// `last_seen_at` becomes the greater of the stored and the new. [`RoomRefusal::NotFound`]: no such room, closed, or the member is not
    /// in it. [`RoomRefusal::Expired`]: the room was over before this came. They come sorted by member; the room's row is not written.
    async fn update_presence(&self, presences: &[Presence]) -> Result<Vec<Result<Timestamp, RoomRefusal>>, StoreError>;

    /// A room; `None` if there is none, or it is closed.
    async fn room(&self, room_id: Uuid) -> Result<Option<Room>, StoreError>;

    /// Everybody who is or was in a room, by user and device, if the caller owns it or is or was in it; else `None`, as for a closed room.
    async fn participants(&self, room_id: Uuid, user_id: &str) -> Result<Option<Vec<Participant>>, StoreError>;

    /// Deletes at most `limit` rooms, and who was in them: those that have expired, those closed for as long as the timeout, and, if the
    /// operator asks for a minimum of participants, those that nobody joined or left for as long as the timeout and in which fewer
    /// different users are in and were seen within it. How many.
    async fn cleanup_inactive_sessions(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
