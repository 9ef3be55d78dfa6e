//! Signing keys and the origins of sessions, by the functions that alone may see them.

use super::{PgStore, rows};
use crate::clock::Timestamp;
use crate::store::StoreError;
use crate::store::credentials::{Credentials, SessionOrigin, SigningKey};
use async_trait::async_trait;
use uuid::Uuid;

#[async_trait]
impl Credentials for PgStore {
    async fn signing_keys(&self) -> Result<Vec<SigningKey>, StoreError> {
        let keys: Vec<(String, Vec<u8>, String)> =
            sqlx::query_as("SELECT key_id, secret, created_at FROM session_internal.signing_keys()")
                .fetch_all(&self.pool)
                .await?;
        keys.into_iter()
            .map(|(key_id, secret, created_at)| {
                let created_at = Timestamp::parse(&created_at).ok_or_else(|| rows::broken(&created_at))?;
                Ok(SigningKey { key_id, secret, created_at })
            })
            .collect()
    }

    async fn add_signing_key(&self, key: &SigningKey, unless_since: Timestamp) -> Result<(), StoreError> {
        sqlx::query("SELECT session_internal.add_signing_key($1, $2, $3::timestamptz, $4::timestamptz)")
            .bind(&key.key_id)
            .bind(&key.secret)
            .bind(key.created_at.to_string())
            .bind(unless_since.to_string())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn drop_signing_keys(&self, made_before: Timestamp) -> Result<u64, StoreError> {
        let dropped: i64 = sqlx::query_scalar("SELECT session_internal.drop_signing_keys($1::timestamptz)")
            .bind(made_before.to_string())
            .fetch_one(&self.pool)
            .await?;
        Ok(rows::unsigned(dropped))
    }

    async fn session_origin(&self, user_id: &str, session_id: Uuid) -> Result<Option<SessionOrigin>, StoreError> {
        let origin: Option<String> = sqlx::query_scalar("SELECT session_internal.session_origin($1, $2::uuid)::text")
            .bind(user_id)
            .bind(session_id.to_string())
            .fetch_one(&self.pool)
            .await?;
        origin.map(|text| Ok(rows::read::<rows::OriginJson>(&text)?.into())).transpose()
    }
}
