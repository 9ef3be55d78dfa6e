//! Brings the file's schema up to date, and says in one sentence what to do with a file that another build of the server has made.

use super::StoreError;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::SqlitePool;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations/sqlite");

/// Applies what is pending.
pub(super) async fn up(pool: &SqlitePool) -> Result<(), StoreError> {
    MIGRATIONS.run(pool).await.map_err(|error| {
        StoreError::Unavailable(match error {
            MigrateError::VersionMissing(number) => format!(
                "the database was made by a newer server: this one does not know its migration {number}; \
                 start the newer one, or name another file"
            ),
            MigrateError::VersionMismatch(number) => format!(
                "the database was made by another build of the server, whose migration {number} was a different one; \
                 start that build, or name another file"
            ),
            other => other.to_string(),
        })
    })
}

/// Whether every migration is applied, and none that this server does not know.
pub(super) async fn check(pool: &SqlitePool) -> Result<(), StoreError> {
    let latest: Option<i64> =
        sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations WHERE success").fetch_one(pool).await?;
    let wanted = MIGRATIONS.iter().map(|migration| migration.version).max();
    if latest == wanted { Ok(()) } else { Err(StoreError::Unavailable("migrations pending".into())) }
}
