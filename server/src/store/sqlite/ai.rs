//! Conversations in SQLite. The key decides what is new, so a repeated request finds its row and changes nothing.

use super::SqliteStore;
use super::rows::{id, signed, time};
use crate::clock::Timestamp;
use crate::store::StoreError;
use crate::store::ai::{AiRefusal, AiSession, AiSessions, Interaction, NewAiSession};
use async_trait::async_trait;
use sqlx::FromRow;
use sqlx::sqlite::SqliteConnection;

#[derive(FromRow)]
pub(super) struct AiSessionRow {
    user_id: String,
    id: String,
    session_id: Option<String>,
    created_at: String,
    updated_at: String,
}

impl AiSessionRow {
    pub(super) fn session(self) -> Result<AiSession, StoreError> {
        Ok(AiSession {
            user_id: self.user_id,
            id: id("id", &self.id)?,
            session_id: self.session_id.as_deref().map(|text| id("session_id", text)).transpose()?,
            created_at: time("created_at", &self.created_at)?,
            updated_at: time("updated_at", &self.updated_at)?,
        })
    }
}

#[async_trait]
impl AiSessions for SqliteStore {
    async fn create_session(
        &self,
        new: &NewAiSession,
        now: Timestamp,
    ) -> Result<Result<(AiSession, bool), AiRefusal>, StoreError> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        let made = match ensure(&mut transaction, new, now).await? {
            Ok(made) => made,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let session = load(&mut transaction, new).await?;
        transaction.commit().await?;
        Ok(Ok((session, made)))
    }

    async fn log_interaction(
        &self,
        session: &NewAiSession,
        interaction: &Interaction,
    ) -> Result<Result<(AiSession, bool), AiRefusal>, StoreError> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        if let Err(refusal) = ensure(&mut transaction, session, interaction.created_at).await? {
            return Ok(Err(refusal));
        }
        let logged = insert(&mut transaction, session, interaction).await?;
        let stored = load(&mut transaction, session).await?;
        transaction.commit().await?;
        Ok(Ok((stored, logged)))
    }

    async fn cleanup_old_interactions(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        for old in [
            "DELETE FROM ai_interactions WHERE rowid IN (SELECT rowid FROM ai_interactions WHERE created_at < ? LIMIT ?)",
            "DELETE FROM ai_sessions WHERE (user_id, id) IN (SELECT user_id, id FROM ai_sessions WHERE updated_at < ? LIMIT ?)",
        ] {
            let deleted = sqlx::query(old).bind(before.to_string()).bind(limit).execute(&self.writer).await?;
            if deleted.rows_affected() > 0 {
                return Ok(deleted.rows_affected());
            }
        }
        Ok(0)
    }
}

/// True if it was not there. The link is resolved to the stored id, for the client may know its session by the one it gave.
async fn ensure(
    connection: &mut SqliteConnection,
    new: &NewAiSession,
    now: Timestamp,
) -> Result<Result<bool, AiRefusal>, StoreError> {
    let there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM ai_sessions WHERE user_id = ? AND id = ?)")
        .bind(&new.user_id)
        .bind(new.id.to_string())
        .fetch_one(&mut *connection)
        .await?;
    if there {
        return Ok(Ok(false));
    }
    let mut linked: Option<String> = None;
    if let Some(session_id) = new.session_id {
        linked = sqlx::query_scalar("SELECT id FROM user_sessions WHERE user_id = ?1 AND (id = ?2 OR given_id = ?2)")
            .bind(&new.user_id)
            .bind(session_id.to_string())
            .fetch_optional(&mut *connection)
            .await?;
        if linked.is_none() {
            return Ok(Err(AiRefusal::NoSuchSession));
        }
    }
    sqlx::query(
        "INSERT INTO ai_sessions (user_id, id, session_id, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?4)",
    )
    .bind(&new.user_id)
    .bind(new.id.to_string())
    .bind(linked)
    .bind(now.to_string())
    .execute(connection)
    .await?;
    Ok(Ok(true))
}

async fn insert(
    connection: &mut SqliteConnection,
    session: &NewAiSession,
    interaction: &Interaction,
) -> Result<bool, StoreError> {
    let stored = sqlx::query(
        "INSERT INTO ai_interactions (user_id, ai_session_id, id, prompt, response, model_used, tokens_used, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (user_id, ai_session_id, id) DO NOTHING",
    )
    .bind(&session.user_id)
    .bind(session.id.to_string())
    .bind(interaction.id.to_string())
    .bind(&interaction.prompt)
    .bind(&interaction.response)
    .bind(&interaction.model_used)
    .bind(interaction.tokens_used.map(signed))
    .bind(interaction.created_at.to_string())
    .execute(&mut *connection)
    .await?
    .rows_affected()
        == 1;
    if stored {
        sqlx::query("UPDATE ai_sessions SET updated_at = max(updated_at, ?3) WHERE user_id = ?1 AND id = ?2")
            .bind(&session.user_id)
            .bind(session.id.to_string())
            .bind(interaction.created_at.to_string())
            .execute(connection)
            .await?;
    }
    Ok(stored)
}

async fn load(connection: &mut SqliteConnection, wanted: &NewAiSession) -> Result<AiSession, StoreError> {
    sqlx::query_as::<_, AiSessionRow>("SELECT * FROM ai_sessions WHERE user_id = ? AND id = ?")
        .bind(&wanted.user_id)
        .bind(wanted.id.to_string())
        .fetch_one(connection)
        .await?
        .session()
}
