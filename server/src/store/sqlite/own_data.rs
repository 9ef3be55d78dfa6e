//! One subject's rows in SQLite, a page at a time by their key, and their erasure.

use super::SqliteStore;
use super::ai::AiSessionRow;
use super::housekeeping::keep_feed_position;
use super::rooms::{ParticipantRow, ROOMS, RoomRow};
use super::rows::{SessionRow, StoredEvent, TabRow, dropped, id, time, unsigned};
use crate::room::{Participant, Room};
use crate::session::Session;
use crate::store::ai::{AiSession, Interaction};
use crate::store::own_data::{Key, OwnData, OwnTab, Page};
use crate::store::{FedEvent, StoreError};
use async_trait::async_trait;
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{AssertSqlSafe, FromRow, SqlSafeStr};
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

/// A page's rows, by a query of the subject (`?1`), the key's parts (`?2`, `?3`) and the limit (`?4`).
async fn rows<R>(pool: &SqlitePool, query: impl SqlSafeStr, page: Page<'_, impl Key>) -> Result<Vec<R>, StoreError>
where
    R: for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
{
    let (first, second) = page.after.map(Key::parts).unzip();
    // Every id sorts after the empty text.
    let text = |id: Option<Uuid>| id.map_or_else(String::new, |id| id.to_string());
    let query = sqlx::query_as(query).bind(page.user_id).bind(text(first)).bind(text(second.flatten()));
    Ok(query.bind(page.limit).fetch_all(pool).await?)
}

#[async_trait]
impl OwnData for SqliteStore {
    async fn own_sessions(&self, page: Page<'_, Uuid>) -> Result<Vec<Session>, StoreError> {
        let query = "SELECT * FROM user_sessions WHERE user_id = ?1 AND id > ?2 ORDER BY id LIMIT ?4";
        rows(&self.readers, query, page).await?.into_iter().map(SessionRow::session).collect()
    }

    async fn own_events(&self, page: Page<'_, (Uuid, Uuid)>) -> Result<Vec<FedEvent>, StoreError> {
        let query = "SELECT * FROM session_events WHERE user_id = ?1 AND (session_id, event_id) > (?2, ?3)
                     ORDER BY session_id, event_id LIMIT ?4";
        let fed = |row: StoredEvent| {
            let session_id = id("session_id", &row.session_id)?;
            Ok(FedEvent { user_id: page.user_id.into(), session_id, event: row.event()? })
        };
        rows(&self.readers, query, page).await?.into_iter().map(fed).collect()
    }

    async fn own_tabs(&self, page: Page<'_, (Uuid, Uuid)>) -> Result<Vec<OwnTab>, StoreError> {
        let query = "SELECT * FROM session_tabs WHERE user_id = ?1 AND (session_id, tab_id) > (?2, ?3)
                     ORDER BY session_id, tab_id LIMIT ?4";
        let tab = |row: TabRow| {
            Ok(OwnTab {
                session_id: id("session_id", &row.session_id)?,
                tab_id: id("tab_id", &row.tab_id)?,
                last_seq: unsigned(row.last_seq),
                dropped: dropped(&row.dropped)?,
            })
        };
        rows(&self.readers, query, page).await?.into_iter().map(tab).collect()
    }

    async fn own_rooms(&self, page: Page<'_, Uuid>) -> Result<Vec<Room>, StoreError> {
        let query = AssertSqlSafe(format!("{ROOMS} WHERE r.owner_id = ?1 AND r.id > ?2 ORDER BY r.id LIMIT ?4"));
        rows(&self.readers, query, page).await?.into_iter().map(RoomRow::room).collect()
    }

    async fn own_participations(&self, page: Page<'_, (Uuid, Uuid)>) -> Result<Vec<(Uuid, Participant)>, StoreError> {
        let query = "SELECT * FROM session_participants WHERE user_id = ?1 AND (session_id, device_id) > (?2, ?3)
                     ORDER BY session_id, device_id LIMIT ?4";
        let place = |row: ParticipantRow| Ok((id("session_id", &row.session_id)?, row.participant()?));
        rows(&self.readers, query, page).await?.into_iter().map(place).collect()
    }

    async fn own_ai_sessions(&self, page: Page<'_, Uuid>) -> Result<Vec<AiSession>, StoreError> {
        let query = "SELECT * FROM ai_sessions WHERE user_id = ?1 AND id > ?2 ORDER BY id LIMIT ?4";
        rows(&self.readers, query, page).await?.into_iter().map(AiSessionRow::session).collect()
    }

    async fn own_ai_interactions(&self, page: Page<'_, (Uuid, Uuid)>) -> Result<Vec<(Uuid, Interaction)>, StoreError> {
        let query = "SELECT * FROM ai_interactions WHERE user_id = ?1 AND (ai_session_id, id) > (?2, ?3)
                     ORDER BY ai_session_id, id LIMIT ?4";
        rows(&self.readers, query, page).await?.into_iter().map(InteractionRow::interaction).collect()
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
