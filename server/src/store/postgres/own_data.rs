//! One subject's rows, a page at a time by their key, and their erasure.

use super::PgStore;
use super::ai::SessionJson as ConversationJson;
use super::rooms::{ParticipantJson, RoomJson};
use super::rows::{self, EventJson, SessionJson, read, time, unsigned};
use crate::clock::Timestamp;
use crate::room::{Participant, Room};
use crate::session::Session;
use crate::session::gaps::Dropped;
use crate::store::ai::{AiSession, Interaction};
use crate::store::own_data::{Key, OwnData, OwnTab, Page};
use crate::store::{FedEvent, StoreError};
use async_trait::async_trait;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

#[derive(Deserialize)]
struct TabJson {
    session_id: Uuid,
    tab_id: Uuid,
    last_seq: u64,
    dropped: Vec<Dropped>,
}

#[derive(Deserialize)]
struct PlaceJson {
    session_id: Uuid,
    #[serde(flatten)]
    participant: ParticipantJson,
}

#[derive(Deserialize)]
struct InteractionJson {
    ai_session_id: Uuid,
    id: Uuid,
    prompt: String,
    response: Option<String>,
    model_used: Option<String>,
    tokens_used: Option<u64>,
    #[serde(deserialize_with = "time")]
    created_at: Timestamp,
}

impl PgStore {
    /// A page's rows in one table.
    async fn own<R: DeserializeOwned>(&self, table: &str, page: Page<'_, impl Key>) -> Result<Vec<R>, StoreError> {
        let (first, second) = page.after.map(Key::parts).unzip();
        let found: Vec<String> =
            sqlx::query_scalar("SELECT session_internal.own_rows($1, $2, $3::uuid, $4::uuid, $5)::text")
                .bind(table)
                .bind(page.user_id)
                .bind(first.map(|id| id.to_string()))
                .bind(second.flatten().map(|id| id.to_string()))
                .bind(i64::from(page.limit))
                .fetch_all(&self.pool)
                .await?;
        found.iter().map(|text| read(text)).collect()
    }
}

#[async_trait]
impl OwnData for PgStore {
    async fn own_sessions(&self, page: Page<'_, Uuid>) -> Result<Vec<Session>, StoreError> {
        rows::sessions(self.own::<SessionJson>("user_sessions", page).await?)
    }

    async fn own_events(&self, page: Page<'_, (Uuid, Uuid)>) -> Result<Vec<FedEvent>, StoreError> {
        let found: Vec<EventJson> = self.own("session_events", page).await?;
        Ok(found.into_iter().map(|event| event.fed().1).collect())
    }

    async fn own_tabs(&self, page: Page<'_, (Uuid, Uuid)>) -> Result<Vec<OwnTab>, StoreError> {
        let found: Vec<TabJson> = self.own("session_tabs", page).await?;
        let tab = |TabJson { session_id, tab_id, last_seq, dropped }| OwnTab { session_id, tab_id, last_seq, dropped };
        Ok(found.into_iter().map(tab).collect())
    }

    async fn own_rooms(&self, page: Page<'_, Uuid>) -> Result<Vec<Room>, StoreError> {
        let found: Vec<RoomJson> = self.own("collab_sessions", page).await?;
        Ok(found.into_iter().map(Room::from).collect())
    }

    async fn own_participations(&self, page: Page<'_, (Uuid, Uuid)>) -> Result<Vec<(Uuid, Participant)>, StoreError> {
        let found: Vec<PlaceJson> = self.own("session_participants", page).await?;
        Ok(found.into_iter().map(|place| (place.session_id, place.participant.into())).collect())
    }

    async fn own_ai_sessions(&self, page: Page<'_, Uuid>) -> Result<Vec<AiSession>, StoreError> {
        let found: Vec<ConversationJson> = self.own("ai_sessions", page).await?;
        Ok(found.into_iter().map(AiSession::from).collect())
    }

    async fn own_ai_interactions(&self, page: Page<'_, (Uuid, Uuid)>) -> Result<Vec<(Uuid, Interaction)>, StoreError> {
        let found: Vec<InteractionJson> = self.own("ai_interactions", page).await?;
        let interaction = |row: InteractionJson| {
            let InteractionJson { ai_session_id, id, prompt, response, model_used, tokens_used, created_at } = row;
            (ai_session_id, Interaction { id, prompt, response, model_used, tokens_used, created_at })
        };
        Ok(found.into_iter().map(interaction).collect())
    }

    async fn erase(&self, user_id: &str, limit: u32) -> Result<u64, StoreError> {
        let erased: i64 = sqlx::query_scalar("SELECT session_internal.erase($1, $2)")
            .bind(user_id)
            .bind(i64::from(limit))
            .fetch_one(&self.pool)
            .await?;
        Ok(unsigned(erased))
    }
}
