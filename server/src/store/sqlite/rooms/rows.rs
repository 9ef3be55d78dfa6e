//! Rooms and the places in them as rows, and back.

use crate::room::{AccessMethod, Participant, Room};
use crate::store::StoreError;
use crate::store::sqlite::rows::{id, time};
use sqlx::FromRow;

#[derive(FromRow)]
pub(in crate::store::sqlite) struct RoomRow {
    id: String,
    owner_id: String,
    is_active: bool,
    max_participants: u32,
    created_at: String,
    updated_at: String,
    last_seen_at: Option<String>,
    participant_count: u32,
}

impl RoomRow {
    pub(in crate::store::sqlite) fn room(self) -> Result<Room, StoreError> {
        Ok(Room {
            id: id("id", &self.id)?,
            owner_id: self.owner_id,
            is_active: self.is_active,
            max_participants: self.max_participants,
            created_at: time("created_at", &self.created_at)?,
            updated_at: time("updated_at", &self.updated_at)?,
            last_seen_at: self.last_seen_at.as_deref().map(|text| time("last_seen_at", text)).transpose()?,
            participant_count: self.participant_count,
        })
    }
}

#[derive(FromRow)]
pub(in crate::store::sqlite) struct ParticipantRow {
    pub(in crate::store::sqlite) session_id: String,
    user_id: String,
    device_id: String,
    is_active: bool,
    access_method: String,
    joined_at: String,
    last_seen_at: String,
}

impl ParticipantRow {
    pub(in crate::store::sqlite) fn participant(self) -> Result<Participant, StoreError> {
        Ok(Participant {
            user_id: self.user_id,
            device_id: id("device_id", &self.device_id)?,
            is_active: self.is_active,
            access_method: AccessMethod::parse(&self.access_method).unwrap_or_default(),
            joined_at: time("joined_at", &self.joined_at)?,
            last_seen_at: time("last_seen_at", &self.last_seen_at)?,
        })
    }
}
