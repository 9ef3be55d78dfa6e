//! Rooms, by the functions that hold their rules.

use super::{PgStore, interval, rows};
use crate::clock::Timestamp;
use crate::room::{AccessMethod, Participant, Room, RoomRefusal};
use crate::store::StoreError;
use crate::store::rooms::{Member, NewRoom, Presence, Rooms};
use async_trait::async_trait;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

#[derive(Deserialize)]
pub(super) struct RoomJson {
    id: Uuid,
    owner_id: String,
    is_active: bool,
    max_participants: u32,
    #[serde(deserialize_with = "rows::time")]
    created_at: Timestamp,
    #[serde(deserialize_with = "rows::time")]
    updated_at: Timestamp,
    #[serde(deserialize_with = "rows::maybe_time")]
    last_seen_at: Option<Timestamp>,
    participant_count: u32,
}

impl From<RoomJson> for Room {
    fn from(row: RoomJson) -> Self {
        Self {
            id: row.id,
            owner_id: row.owner_id,
            is_active: row.is_active,
            max_participants: row.max_participants,
            created_at: row.created_at,
            updated_at: row.updated_at,
            last_seen_at: row.last_seen_at,
            participant_count: row.participant_count,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct ParticipantJson {
    user_id: String,
    device_id: Uuid,
    is_active: bool,
    access_method: String,
    #[serde(deserialize_with = "rows::time")]
    joined_at: Timestamp,
    #[serde(deserialize_with = "rows::time")]
    last_seen_at: Timestamp,
}

impl From<ParticipantJson> for Participant {
    fn from(row: ParticipantJson) -> Self {
        Self {
            user_id: row.user_id,
            device_id: row.device_id,
            is_active: row.is_active,
            access_method: AccessMethod::parse(&row.access_method).unwrap_or_default(),
            joined_at: row.joined_at,
            last_seen_at: row.last_seen_at,
        }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Refused {
    NotFound,
    Expired,
    Full,
    NotOwner,
    Taken,
}

impl From<Refused> for RoomRefusal {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NotFound => Self::NotFound,
            Refused::Expired => Self::Expired,
            Refused::Full => Self::Full,
            Refused::NotOwner => Self::NotOwner,
            Refused::Taken => Self::Taken,
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RoomAnswer {
    Refused {
        refused: Refused,
    },
    Done {
        room: RoomJson,
        #[serde(default)]
        made: bool,
    },
}

impl RoomAnswer {
    fn result(self) -> Result<(Room, bool), RoomRefusal> {
        match self {
            Self::Done { room, made } => Ok((room.into(), made)),
            Self::Refused { refused } => Err(refused.into()),
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum PresenceAnswer {
    Refused {
        refused: Refused,
    },
    Seen {
        #[serde(deserialize_with = "rows::time")]
        expires_at: Timestamp,
    },
}

impl PgStore {
    fn room_timeout(&self) -> String {
        interval(self.timing.rooms.timeout)
    }

    fn room_max_age(&self) -> Option<String> {
        self.timing.rooms.max_age.map(interval)
    }
}

#[async_trait]
impl Rooms for PgStore {
    async fn create_room(
        &self,
        new: &NewRoom,
        now: Timestamp,
    ) -> Result<Result<(Room, bool), RoomRefusal>, StoreError> {
        let answer: String =
            sqlx::query_scalar("SELECT session_internal.create_room($1::uuid, $2, $3, $4::timestamptz)::text")
                .bind(new.id.to_string())
                .bind(&new.owner_id)
                .bind(i32::try_from(new.max_participants).unwrap_or(i32::MAX))
                .bind(now.to_string())
                .fetch_one(&self.pool)
                .await?;
        Ok(rows::read::<RoomAnswer>(&answer)?.result())
    }

    async fn join_room(
        &self,
        member: &Member,
        access: AccessMethod,
        now: Timestamp,
    ) -> Result<Result<Room, RoomRefusal>, StoreError> {
        let answer: String = sqlx::query_scalar(
            "SELECT session_internal.join_room($1::uuid, $2, $3::uuid, $4, $5::timestamptz, $6::interval, $7::interval)::text",
        )
        .bind(member.room_id.to_string())
        .bind(&member.user_id)
        .bind(member.device_id.to_string())
        .bind(access.name())
        .bind(now.to_string())
        .bind(self.room_timeout())
        .bind(self.room_max_age())
        .fetch_one(&self.pool)
        .await?;
        Ok(rows::read::<RoomAnswer>(&answer)?.result().map(|(room, _)| room))
    }

    async fn leave_room(
        &self,
        member: &Member,
        close: bool,
        now: Timestamp,
    ) -> Result<Result<Room, RoomRefusal>, StoreError> {
        let answer: String =
            sqlx::query_scalar("SELECT session_internal.leave_room($1::uuid, $2, $3::uuid, $4, $5::timestamptz)::text")
                .bind(member.room_id.to_string())
                .bind(&member.user_id)
                .bind(member.device_id.to_string())
                .bind(close)
                .bind(now.to_string())
                .fetch_one(&self.pool)
                .await?;
        Ok(rows::read::<RoomAnswer>(&answer)?.result().map(|(room, _)| room))
    }

    async fn update_presence(&self, presences: &[Presence]) -> Result<Vec<Result<Timestamp, RoomRefusal>>, StoreError> {
        let said: Vec<_> = presences
            .iter()
            .map(|Presence { member: Member { room_id, user_id, device_id }, at }| {
                json!({ "room_id": room_id, "user_id": user_id, "device_id": device_id, "at": at })
            })
            .collect();
        let answers: String = sqlx::query_scalar(
            "SELECT session_internal.update_presence_group($1::jsonb, $2::interval, $3::interval)::text",
        )
        .bind(json!(said).to_string())
        .bind(self.room_timeout())
        .bind(self.room_max_age())
        .fetch_one(&self.pool)
        .await?;
        let answers: Vec<PresenceAnswer> = rows::read(&answers)?;
        if answers.len() != presences.len() {
            return Err(rows::broken(&"not every presence got an answer"));
        }
        let outcome = |answer| match answer {
            PresenceAnswer::Seen { expires_at } => Ok(expires_at),
            PresenceAnswer::Refused { refused } => Err(refused.into()),
        };
        Ok(answers.into_iter().map(outcome).collect())
    }

    async fn room(&self, room_id: Uuid) -> Result<Option<Room>, StoreError> {
        let room: Option<String> = sqlx::query_scalar("SELECT session_internal.room($1::uuid)::text")
            .bind(room_id.to_string())
            .fetch_one(&self.pool)
            .await?;
        let room: Option<Room> = room.map(|text| rows::read::<RoomJson>(&text).map(Room::from)).transpose()?;
        Ok(room.filter(|room| room.is_active))
    }

    async fn participants(&self, room_id: Uuid, user_id: &str) -> Result<Option<Vec<Participant>>, StoreError> {
        let participants: Option<String> =
            sqlx::query_scalar("SELECT session_internal.room_participants($1::uuid, $2)::text")
                .bind(room_id.to_string())
                .bind(user_id)
                .fetch_one(&self.pool)
                .await?;
        let read = |text: String| rows::read::<Vec<ParticipantJson>>(&text);
        Ok(participants.map(read).transpose()?.map(|rows| rows.into_iter().map(Participant::from).collect()))
    }

    async fn cleanup_inactive_sessions(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let timing = &self.timing.rooms;
        let deleted: i64 = sqlx::query_scalar(
            "SELECT session_internal.cleanup_rooms($1::timestamptz, $2::interval, $3::interval, $4, $5)",
        )
        .bind(now.to_string())
        .bind(self.room_timeout())
        .bind(self.room_max_age())
        .bind(timing.min_participants.map(|users| i32::try_from(users).unwrap_or(i32::MAX)))
        .bind(i64::from(limit))
        .fetch_one(&self.pool)
        .await?;
        Ok(rows::unsigned(deleted))
    }
}
