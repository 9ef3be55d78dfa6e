//! Brings the schema up to date. The files are what a Supabase user applies by hand, so they note themselves which of them were applied,
//! and applying one again does no harm.

use super::StoreError;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool};
use sqlx::{Connection, Executor};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations/postgres");

fn wanted() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// Applies what is pending, in one transaction, unless the login is the back end's own role, which may not.
pub(super) async fn up(options: &PgConnectOptions) -> Result<(), StoreError> {
    let mut connection = PgConnection::connect_with(options).await?;
    if applied(&mut connection).await? >= wanted() {
        return Ok(connection.close().await?);
    }
    let login: String = sqlx::query_scalar("SELECT current_user::text").fetch_one(&mut connection).await?;
    if login == "session_backend" {
        return Err(pending());
    }
    let mut transaction = connection.begin().await?;
    transaction.execute("SELECT pg_advisory_xact_lock(hashtext('session_internal.migrations'))").await?;
    // That a policy which is made anew was not there before is no news.
    transaction.execute("SET LOCAL client_min_messages = warning").await?;
    let done = applied(&mut transaction).await?;
    for migration in MIGRATIONS.iter().filter(|migration| migration.version > done) {
        sqlx::raw_sql(migration.sql.clone()).execute(&mut *transaction).await?;
        tracing::info!(version = migration.version, name = %migration.description, "applied a migration");
    }
    transaction.commit().await?;
    Ok(connection.close().await?)
}

/// The newest file that was applied; 0 in a database that has none.
async fn applied(connection: &mut PgConnection) -> Result<i64, StoreError> {
    let known: bool = sqlx::query_scalar("SELECT to_regprocedure('session_internal.schema_version()') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await?;
    if !known {
        return Ok(0);
    }
    let version: Option<i32> =
        sqlx::query_scalar("SELECT session_internal.schema_version()").fetch_one(connection).await?;
    Ok(version.unwrap_or(0).into())
}

/// Whether the schema is at least as new as this server: a newer one only ever adds.
pub(super) async fn check(pool: &PgPool) -> Result<(), StoreError> {
    let version: Option<i32> = sqlx::query_scalar("SELECT session_internal.schema_version()").fetch_one(pool).await?;
    if i64::from(version.unwrap_or(0)) >= wanted() { Ok(()) } else { Err(pending()) }
}

fn pending() -> StoreError {
    StoreError::Unavailable(
        "migrations pending: start the server once with the login of an administrator, \
         or apply the files of server/migrations/postgres in order"
            .into(),
    )
}
