//! Who is in a room: the statements that count, take, give up and renew a seat. Whether somebody may is asked elsewhere.

use crate::clock::Timestamp;
use crate::config::Timing;
use crate::room::{AccessMethod, Standing};
use crate::store::StoreError;
use crate::store::rooms::Member;
use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteConnection;

pub(super) async fn standing(
    connection: &mut SqliteConnection,
    member: &Member,
    now: Timestamp,
    timing: &Timing,
) -> Result<Standing, StoreError> {
    let (was_in, seated, seats_taken): (bool, bool, u32) = sqlx::query_as(
        "SELECT count(*) FILTER (WHERE user_id = ?2) > 0,
                count(*) FILTER (WHERE user_id = ?2 AND is_active = 1 AND last_seen_at > ?3) > 0,
                count(DISTINCT user_id) FILTER (WHERE is_active = 1 AND last_seen_at > ?3)
         FROM session_participants WHERE session_id = ?1",
    )
    .bind(member.room_id.to_string())
    .bind(&member.user_id)
    .bind(now.minus(timing.rooms.timeout).to_string())
    .fetch_one(connection)
    .await?;
    Ok(Standing { was_in, seated, seats_taken })
}

pub(super) async fn is_member(connection: &mut SqliteConnection, member: &Member) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM session_participants WHERE session_id = ? AND user_id = ? AND device_id = ?)",
    )
    .bind(member.room_id.to_string())
    .bind(&member.user_id)
    .bind(member.device_id.to_string())
    .fetch_one(connection)
    .await?)
}

pub(super) async fn take(
    connection: &mut SqliteConnection,
    member: &Member,
    access: AccessMethod,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE collab_sessions SET updated_at = max(updated_at, ?4) WHERE id = ?1 AND NOT EXISTS (
             SELECT 1 FROM session_participants WHERE session_id = ?1 AND user_id = ?2 AND device_id = ?3 AND is_active = 1)",
    )
    .bind(member.room_id.to_string())
    .bind(&member.user_id)
    .bind(member.device_id.to_string())
    .bind(now.to_string())
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO session_participants (session_id, user_id, device_id, access_method, joined_at, last_seen_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5)
         ON CONFLICT (session_id, user_id, device_id) DO UPDATE SET is_active = 1, last_seen_at = max(last_seen_at, excluded.last_seen_at)",
    )
    .bind(member.room_id.to_string())
    .bind(&member.user_id)
    .bind(member.device_id.to_string())
    .bind(access.name())
    .bind(now.to_string())
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn give_up(
    connection: &mut SqliteConnection,
    member: &Member,
    now: Timestamp,
) -> Result<(), StoreError> {
    if change(connection, "is_active = 0, ", member, now).await? {
        sqlx::query("UPDATE collab_sessions SET updated_at = max(updated_at, ?2) WHERE id = ?1")
            .bind(member.room_id.to_string())
            .bind(now.to_string())
            .execute(connection)
            .await?;
    }
    Ok(())
}

/// False if nobody sits there.
pub(super) async fn renew(
    connection: &mut SqliteConnection,
    member: &Member,
    at: Timestamp,
) -> Result<bool, StoreError> {
    change(connection, "", member, at).await
}

/// Changes a seat that is taken, and when somebody was last seen in it.
async fn change(
    connection: &mut SqliteConnection,
    columns: &'static str,
    member: &Member,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let changed = sqlx::query(AssertSqlSafe(format!(
        "UPDATE session_participants SET {columns}last_seen_at = max(last_seen_at, ?4)
         WHERE session_id = ?1 AND user_id = ?2 AND device_id = ?3 AND is_active = 1"
    )))
    .bind(member.room_id.to_string())
    .bind(&member.user_id)
    .bind(member.device_id.to_string())
    .bind(at.to_string())
    .execute(connection)
    .await?;
    Ok(changed.rows_affected() > 0)
}
