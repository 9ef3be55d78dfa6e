//! Signing keys, and what a session's start said of its client.

use super::SqliteStore;
use super::rows::{id, time};
use crate::clock::Timestamp;
use crate::store::StoreError;
use crate::store::credentials::{Credentials, SessionOrigin, SigningKey};
use async_trait::async_trait;
use uuid::Uuid;

#[async_trait]
impl Credentials for SqliteStore {
    async fn signing_keys(&self) -> Result<Vec<SigningKey>, StoreError> {
        let rows: Vec<(String, Vec<u8>, String)> =
            sqlx::query_as("SELECT key_id, secret, created_at FROM signing_keys ORDER BY created_at DESC, key_id DESC")
                .fetch_all(&self.readers)
                .await?;
        rows.into_iter()
            .map(|(key_id, secret, at)| Ok(SigningKey { key_id, secret, created_at: time("created_at", &at)? }))
            .collect()
    }

    async fn add_signing_key(&self, key: &SigningKey, unless_since: Timestamp) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO signing_keys (key_id, secret, created_at)
             SELECT ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM signing_keys WHERE created_at > ?)",
        )
        .bind(&key.key_id)
        .bind(&key.secret)
        .bind(key.created_at.to_string())
        .bind(unless_since.to_string())
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    async fn drop_signing_keys(&self, made_before: Timestamp) -> Result<u64, StoreError> {
        let dropped = sqlx::query("DELETE FROM signing_keys WHERE created_at < ?")
            .bind(made_before.to_string())
            .execute(&self.writer)
            .await?;
        Ok(dropped.rows_affected())
    }

    async fn session_origin(&self, user_id: &str, session_id: Uuid) -> Result<Option<SessionOrigin>, StoreError> {
        let row: Option<(String, Option<String>, String)> = sqlx::query_as(
            "SELECT id, device_id, created_at FROM user_sessions WHERE user_id = ?1 AND (id = ?2 OR given_id = ?2)",
        )
        .bind(user_id)
        .bind(session_id.to_string())
        .fetch_optional(&self.readers)
        .await?;
        let Some((stored, device_id, created_at)) = row else { return Ok(None) };
        let tabs: Vec<String> =
            sqlx::query_scalar("SELECT tab_id FROM session_tabs WHERE user_id = ? AND session_id = ?")
                .bind(user_id)
                .bind(&stored)
                .fetch_all(&self.readers)
                .await?;
        Ok(Some(SessionOrigin {
            device_id: device_id.map(|text| id("device_id", &text)).transpose()?,
            tab_ids: tabs.iter().map(|text| id("tab_id", text)).collect::<Result<_, _>>()?,
            created_at: time("created_at", &created_at)?,
        }))
    }
}
