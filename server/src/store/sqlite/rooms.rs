//! Rooms in SQLite: each change loads the room inside the one writing transaction, asks the rules, and stores. Its rooms: the statements on
//! who is in (`seats`), and rows (`rows`).

mod rows;
mod seats;

use super::SqliteStore;
use crate::clock::Timestamp;
use crate::config::Timing;
use crate::room::{AccessMethod, Participant, Room, RoomRefusal};
use crate::store::StoreError;
use crate::store::rooms::{Member, NewRoom, Presence, Rooms};
use async_trait::async_trait;
pub(super) use rows::{ParticipantRow, RoomRow};
use sqlx::sqlite::{SqliteConnection, SqliteExecutor};
use uuid::Uuid;

#[async_trait]
impl Rooms for SqliteStore {
    async fn create_room(
        &self,
        new: &NewRoom,
        now: Timestamp,
    ) -> Result<Result<(Room, bool), RoomRefusal>, StoreError> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        let made = sqlx::query(
            "INSERT INTO collab_sessions (id, owner_id, max_participants, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?4)
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(new.id.to_string())
        .bind(&new.owner_id)
        .bind(new.max_participants)
        .bind(now.to_string())
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        let room = load(&mut *transaction, new.id).await?;
        transaction.commit().await?;
        let owned = room.filter(|room| room.owner_id == new.owner_id);
        Ok(owned.map(|room| (room, made == 1)).ok_or(RoomRefusal::Taken))
    }

    async fn join_room(
        &self,
        member: &Member,
        access: AccessMethod,
        now: Timestamp,
    ) -> Result<Result<Room, RoomRefusal>, StoreError> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        let Some(room) = load(&mut *transaction, member.room_id).await? else { return Ok(Err(RoomRefusal::NotFound)) };
        let standing = seats::standing(&mut transaction, member, now, &self.timing).await?;
        if let Err(refusal) = room.admit(&member.user_id, access, standing, now, &self.timing.rooms) {
            return Ok(Err(refusal));
        }
        seats::take(&mut transaction, member, access, now).await?;
        let room = load(&mut *transaction, member.room_id).await?;
        transaction.commit().await?;
        Ok(room.ok_or(RoomRefusal::NotFound))
    }

    async fn leave_room(
        &self,
        member: &Member,
        close: bool,
        now: Timestamp,
    ) -> Result<Result<Room, RoomRefusal>, StoreError> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        let room = load(&mut *transaction, member.room_id).await?;
        let was_in = seats::is_member(&mut transaction, member).await?;
        let owns = room.as_ref().is_some_and(|room| room.owner_id == member.user_id);
        match &room {
            Some(room) if !(room.is_active || close && owns) => return Ok(Err(RoomRefusal::NotFound)),
            Some(_) if close && owns => close_room(&mut transaction, member.room_id, now).await?,
            Some(_) if close && was_in => return Ok(Err(RoomRefusal::NotOwner)),
            Some(_) if was_in => seats::give_up(&mut transaction, member, now).await?,
            _ => return Ok(Err(RoomRefusal::NotFound)),
        }
        let room = load(&mut *transaction, member.room_id).await?;
        transaction.commit().await?;
        Ok(room.ok_or(RoomRefusal::NotFound))
    }

    async fn update_presence(&self, presences: &[Presence]) -> Result<Vec<Result<Timestamp, RoomRefusal>>, StoreError> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        let mut outcomes = Vec::with_capacity(presences.len());
        for presence in presences {
            outcomes.push(see(&mut transaction, presence, &self.timing).await?);
        }
        transaction.commit().await?;
        Ok(outcomes)
    }

    async fn room(&self, room_id: Uuid) -> Result<Option<Room>, StoreError> {
        Ok(load(&self.readers, room_id).await?.filter(|room| room.is_active))
    }

    async fn participants(&self, room_id: Uuid, user_id: &str) -> Result<Option<Vec<Participant>>, StoreError> {
        let Some(room) = self.room(room_id).await? else { return Ok(None) };
        let rows = sqlx::query_as::<_, ParticipantRow>(
            "SELECT * FROM session_participants WHERE session_id = ? ORDER BY user_id, device_id",
        )
        .bind(room_id.to_string())
        .fetch_all(&self.readers)
        .await?;
        let participants = rows.into_iter().map(ParticipantRow::participant).collect::<Result<Vec<_>, _>>()?;
        let may_read = room.owner_id == user_id || participants.iter().any(|other| other.user_id == user_id);
        Ok(may_read.then_some(participants))
    }

    async fn cleanup_inactive_sessions(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let timing = &self.timing.rooms;
        // Joining and leaving set updated_at, so a room whose updated_at is recent has been seen recently: its index finds the candidates.
        let deleted = sqlx::query(
            "DELETE FROM collab_sessions WHERE id IN (
                 SELECT r.id FROM collab_sessions r
                 WHERE (r.updated_at <= ?1 AND (r.is_active = 0
                            OR (SELECT count(DISTINCT p.user_id) FROM session_participants p
                                WHERE p.session_id = r.id AND p.last_seen_at > ?1) = 0
                            OR (SELECT count(DISTINCT p.user_id) FROM session_participants p
                                WHERE p.session_id = r.id AND p.is_active = 1 AND p.last_seen_at > ?1) < ?2))
                    OR r.created_at <= ?3
                 LIMIT ?4)",
        )
        .bind(now.minus(timing.timeout).to_string())
        .bind(timing.min_participants)
        .bind(timing.max_age.map(|age| now.minus(age).to_string()))
        .bind(limit)
        .execute(&self.writer)
        .await?;
        Ok(deleted.rows_affected())
    }
}

/// Rooms, to be followed by which.
pub(super) const ROOMS: &str =
    "SELECT r.*, (SELECT max(last_seen_at) FROM session_participants p WHERE p.session_id = r.id) AS last_seen_at,
            (SELECT count(DISTINCT user_id) FROM session_participants p WHERE p.session_id = r.id AND p.is_active = 1) AS participant_count
     FROM collab_sessions r";

async fn load(executor: impl SqliteExecutor<'_>, room_id: Uuid) -> Result<Option<Room>, StoreError> {
    let row = sqlx::query_as::<_, RoomRow>(sqlx::AssertSqlSafe(format!("{ROOMS} WHERE r.id = ?")))
        .bind(room_id.to_string())
        .fetch_optional(executor)
        .await?;
    row.map(RoomRow::room).transpose()
}

async fn close_room(connection: &mut SqliteConnection, room_id: Uuid, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE collab_sessions SET is_active = 0, updated_at = max(updated_at, ?2) WHERE id = ?1 AND is_active = 1",
    )
    .bind(room_id.to_string())
    .bind(now.to_string())
    .execute(&mut *connection)
    .await?;
    sqlx::query("UPDATE session_participants SET is_active = 0 WHERE session_id = ? AND is_active = 1")
        .bind(room_id.to_string())
        .execute(connection)
        .await?;
    Ok(())
}

async fn see(
    connection: &mut SqliteConnection,
    presence: &Presence,
    timing: &Timing,
) -> Result<Result<Timestamp, RoomRefusal>, StoreError> {
    let Presence { member, at } = presence;
    let Some(room) = load(&mut *connection, member.room_id).await?.filter(|room| room.is_active) else {
        return Ok(Err(RoomRefusal::NotFound));
    };
    if room.is_expired(*at, &timing.rooms) {
        return Ok(Err(RoomRefusal::Expired));
    }
    if !seats::renew(connection, member, *at).await? {
        return Ok(Err(RoomRefusal::NotFound));
    }
    let room = Room { last_seen_at: room.last_seen_at.max(Some(*at)), ..room };
    Ok(Ok(room.expires_at(&timing.rooms)))
}
