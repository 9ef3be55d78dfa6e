//! Conversations, by the one function that writes them.

use super::{PgStore, rows};
use crate::clock::Timestamp;
use crate::store::StoreError;
use crate::store::ai::{AiRefusal, AiSession, AiSessions, Interaction, NewAiSession};
use async_trait::async_trait;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Refused {
        #[expect(dead_code, reason = "there is one reason: no such session to link to")]
        refused: String,
    },
    Done {
        session: SessionJson,
        made: bool,
        logged: bool,
    },
}

#[derive(Deserialize)]
pub(super) struct SessionJson {
    user_id: String,
    id: Uuid,
    session_id: Option<Uuid>,
    #[serde(deserialize_with = "rows::time")]
    created_at: Timestamp,
    #[serde(deserialize_with = "rows::time")]
    updated_at: Timestamp,
}

impl From<SessionJson> for AiSession {
    fn from(row: SessionJson) -> Self {
        let SessionJson { user_id, id, session_id, created_at, updated_at } = row;
        Self { user_id, id, session_id, created_at, updated_at }
    }
}

impl PgStore {
    async fn converse(
        &self,
        session: &NewAiSession,
        interaction: Option<&Interaction>,
        now: Timestamp,
    ) -> Result<Answer, StoreError> {
        let row = json!([{
            "user_id": session.user_id, "id": session.id, "session_id": session.session_id, "now": now,
            "interaction": interaction.map(|said| json!({
                "id": said.id, "prompt": said.prompt, "response": said.response, "model_used": said.model_used, "tokens_used": said.tokens_used,
            })),
        }]);
        let answers: String = sqlx::query_scalar("SELECT session_internal.write_conversations_group($1::jsonb)::text")
            .bind(row.to_string())
            .fetch_one(&self.pool)
            .await?;
        rows::read::<Vec<Answer>>(&answers)?.pop().ok_or_else(|| rows::broken(&"a conversation got no answer"))
    }
}

#[async_trait]
impl AiSessions for PgStore {
    async fn create_session(
        &self,
        new: &NewAiSession,
        now: Timestamp,
    ) -> Result<Result<(AiSession, bool), AiRefusal>, StoreError> {
        Ok(match self.converse(new, None, now).await? {
            Answer::Done { session, made, .. } => Ok((session.into(), made)),
            Answer::Refused { .. } => Err(AiRefusal::NoSuchSession),
        })
    }

    async fn log_interaction(
        &self,
        session: &NewAiSession,
        interaction: &Interaction,
    ) -> Result<Result<(AiSession, bool), AiRefusal>, StoreError> {
        Ok(match self.converse(session, Some(interaction), interaction.created_at).await? {
            Answer::Done { session, logged, .. } => Ok((session.into(), logged)),
            Answer::Refused { .. } => Err(AiRefusal::NoSuchSession),
        })
    }

    async fn cleanup_old_interactions(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let deleted: i64 = sqlx::query_scalar("SELECT session_internal.cleanup_old_interactions($1::timestamptz, $2)")
            .bind(before.to_string())
            .bind(i64::from(limit))
            .fetch_one(&self.pool)
            .await?;
        Ok(rows::unsigned(deleted))
    }
}
