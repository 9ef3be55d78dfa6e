//! One subject's rows in SQLite, a page at a time by their key, and their erasure.

use super::SqliteStore;
use super::ai::AiSessionRow;
use super::housekeeping::keep_feed_position;
use super::rooms::{ParticipantRow, ROOMS, RoomRow};
use super::rows::{SessionRow, StoredEvent, TabRow, dropped, id, time, unsigned};
use crate::room::{Participant, Room};
use crate::session::Session;
use crate::store::ai::{AiSession, Interaction};
use crate::store::own_data::{OwnData, OwnTab};
use crate::store::{FedEvent, StoreError};
use async_trait::async_trait;
use sqlx::FromRow;
use sqlx::sqlite::SqlitePool;
use uuid::Uuid;

#[derive(FromRow)]
struct InteractionRow {
    ai_session_id: String,
    id: String,
    prompt: String,
    response: Option<String>,
    model_used: Option<String>,
    tokens_used: Option<i64>,
    created_at: String,
}

impl InteractionRow {
    fn interaction(self) -> Result<(Uuid, Interaction), StoreError> {
        let interaction = Interaction {
            id: id("id", &self.id)?,
            prompt: self.prompt,
            response: self.response,
            model_used: self.model_used,
            tokens_used: self.tokens_used.map(unsigned),
            created_at: time("created_at", &self.created_at)?,
        };
        Ok((id("ai_session_id", &self.ai_session_id)?, interaction))
    }
}

/// Every id sorts after the empty text.
fn key(after: Option<Uuid>) -> String {
    after.map_or_else(String::new, |id| id.to_string())
}

fn keys(after: Option<(Uuid, Uuid)>) -> (String, String) {
    (key(after.map(|(first, _)| first)), key(after.map(|(_, second)| second)))
}

/// At most `limit` rows of the subject's after a key of two parts.
async fn page<R>(
    pool: &SqlitePool,
    query: &'static str,
    user_id: &str,
    after: Option<(Uuid, Uuid)>,
    limit: u32,
) -> Result<Vec<R>, StoreError>
where
    R: for<'r> FromRow<'r, sqlx::sqlite::SqliteRow> + Send + Unpin,
{
    let (first, second) = keys(after);
    Ok(sqlx::query_as(query).bind(user_id).bind(first).bind(second).bind(limit).fetch_all(pool).await?)
}

#[async_trait]
impl OwnData for SqliteStore {
    async fn own_sessions(&self, user_id: &str, after: Option<Uuid>, limit: u32) -> Result<Vec<Session>, StoreError> {
        let rows: Vec<SessionRow> =
            sqlx::query_as("SELECT * FROM user_sessions WHERE user_id = ? AND id > ? ORDER BY id LIMIT ?")
                .bind(user_id)
                .bind(key(after))
                .bind(limit)
                .fetch_all(&self.readers)
                .await?;
        rows.into_iter().map(SessionRow::session).collect()
    }

    async fn own_events(
        &self,
        user_id: &str,
        after: Option<(Uuid, Uuid)>,
        limit: u32,
    ) -> Result<Vec<FedEvent>, StoreError> {
        let query = "SELECT * FROM session_events WHERE user_id = ? AND (session_id, event_id) > (?, ?)
                     ORDER BY session_id, event_id LIMIT ?";
        let rows: Vec<StoredEvent> = page(&self.readers, query, user_id, after, limit).await?;
        rows.into_iter()
            .map(|row| {
                let session_id = id("session_id", &row.session_id)?;
                Ok(FedEvent { user_id: user_id.into(), session_id, event: row.event()? })
            })
            .collect()
    }

    async fn own_tabs(
        &self,
        user_id: &str,
        after: Option<(Uuid, Uuid)>,
        limit: u32,
    ) -> Result<Vec<OwnTab>, StoreError> {
        let query = "SELECT * FROM session_tabs WHERE user_id = ? AND (session_id, tab_id) > (?, ?)
                     ORDER BY session_id, tab_id LIMIT ?";
        let rows: Vec<TabRow> = page(&self.readers, query, user_id, after, limit).await?;
        rows.into_iter()
            .map(|row| {
                Ok(OwnTab {
                    session_id: id("session_id", &row.session_id)?,
                    tab_id: id("tab_id", &row.tab_id)?,
                    last_seq: unsigned(row.last_seq),
                    dropped: dropped(&row.dropped)?,
                })
            })
            .collect()
    }

    async fn own_rooms(&self, user_id: &str, after: Option<Uuid>, limit: u32) -> Result<Vec<Room>, StoreError> {
        let query = format!("{ROOMS} WHERE r.owner_id = ? AND r.id > ? ORDER BY r.id LIMIT ?");
        let rows: Vec<RoomRow> = sqlx::query_as(sqlx::AssertSqlSafe(query))
            .bind(user_id)
            .bind(key(after))
            .bind(limit)
            .fetch_all(&self.readers)
            .await?;
        rows.into_iter().map(RoomRow::room).collect()
    }

    async fn own_participations(
        &self,
        user_id: &str,
        after: Option<(Uuid, Uuid)>,
        limit: u32,
    ) -> Result<Vec<(Uuid, Participant)>, StoreError> {
        let query = "SELECT * FROM session_participants WHERE user_id = ? AND (session_id, device_id) > (?, ?)
                     ORDER BY session_id, device_id LIMIT ?";
        let rows: Vec<ParticipantRow> = page(&self.readers, query, user_id, after, limit).await?;
        rows.into_iter().map(|row| Ok((id("session_id", &row.session_id)?, row.participant()?))).collect()
    }

    async fn own_ai_sessions(
        &self,
        user_id: &str,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<AiSession>, StoreError> {
        let rows: Vec<AiSessionRow> =
            sqlx::query_as("SELECT * FROM ai_sessions WHERE user_id = ? AND id > ? ORDER BY id LIMIT ?")
                .bind(user_id)
                .bind(key(after))
                .bind(limit)
                .fetch_all(&self.readers)
                .await?;
        rows.into_iter().map(AiSessionRow::session).collect()
    }

    async fn own_ai_interactions(
        &self,
        user_id: &str,
        after: Option<(Uuid, Uuid)>,
        limit: u32,
    ) -> Result<Vec<(Uuid, Interaction)>, StoreError> {
        let query = "SELECT * FROM ai_interactions WHERE user_id = ? AND (ai_session_id, id) > (?, ?)
                     ORDER BY ai_session_id, id LIMIT ?";
        let rows: Vec<InteractionRow> = page(&self.readers, query, user_id, after, limit).await?;
        rows.into_iter().map(InteractionRow::interaction).collect()
    }

    async fn erase(&self, user_id: &str, limit: u32) -> Result<u64, StoreError> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        keep_feed_position(&mut transaction).await?;
        let mut erased = 0;
        // Events before the sessions they belong to, so that no cascade is longer than a step.
        for rows in [
            "DELETE FROM session_events WHERE row_order IN (SELECT row_order FROM session_events WHERE user_id = ? LIMIT ?)",
            "DELETE FROM session_tabs WHERE (user_id, session_id, tab_id) IN (
                 SELECT user_id, session_id, tab_id FROM session_tabs WHERE user_id = ? LIMIT ?)",
            "DELETE FROM user_sessions WHERE (user_id, id) IN (SELECT user_id, id FROM user_sessions WHERE user_id = ? LIMIT ?)",
            "DELETE FROM session_participants WHERE (session_id, user_id, device_id) IN (
                 SELECT session_id, user_id, device_id FROM session_participants WHERE user_id = ? LIMIT ?)",
            "DELETE FROM collab_sessions WHERE id IN (SELECT id FROM collab_sessions WHERE owner_id = ? LIMIT ?)",
            "DELETE FROM ai_interactions WHERE rowid IN (SELECT rowid FROM ai_interactions WHERE user_id = ? LIMIT ?)",
            "DELETE FROM ai_sessions WHERE (user_id, id) IN (SELECT user_id, id FROM ai_sessions WHERE user_id = ? LIMIT ?)",
        ] {
            erased = sqlx::query(rows).bind(user_id).bind(limit).execute(&mut *transaction).await?.rows_affected();
            if erased > 0 {
                break;
            }
        }
        transaction.commit().await?;
        Ok(erased)
    }
}
