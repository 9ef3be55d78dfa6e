//! Which faults of a database pass by themselves. Only that is told to callers; what the database said is for the log.

use super::StoreError;
use crate::error::Problem;
use sqlx::error::DatabaseError;
use sqlx::postgres::PgDatabaseError;

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let text = error.to_string();
        match &error {
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                Self::Unavailable(text)
            }
            sqlx::Error::Database(database) => {
                let passes = match database.try_downcast_ref::<PgDatabaseError>() {
                    Some(postgres) => postgres_passes(postgres.code()),
                    None => sqlite_passes(database.as_ref()),
                };
                if passes { Self::Unavailable(text) } else { Self::Broken(text) }
            }
            _ => Self::Broken(text),
        }
    }
}

/// `SQLITE_BUSY`, `LOCKED`, `IOERR`, `FULL` and `CANTOPEN` are states of the machine; the extended code's low byte names them.
fn sqlite_passes(error: &dyn DatabaseError) -> bool {
    let code = error.code().and_then(|code| code.parse::<i32>().ok());
    code.is_some_and(|code| [5, 6, 10, 13, 14].contains(&(code & 0xff)))
}

/// Classes of SQLSTATE: connection lost, transaction rolled back, out of resources, not in this state, told to stop, input or output;
/// and the four that a schema has in which migrations are pending.
fn postgres_passes(code: &str) -> bool {
    let class = code.get(..2).unwrap_or_default();
    let pending = ["3F000", "42P01", "42883", "42704"].contains(&code);
    pending || ["08", "25", "40", "53", "55", "57", "58"].contains(&class)
}

/// What a caller learns of a fault of the store's; the rest is logged.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the store did not answer");
        match error {
            StoreError::Unavailable(_) => {
                Self::Unavailable("The store does not answer at the moment. Send it again later.")
            }
            StoreError::Broken(_) => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_stops_or_lacks_its_schema_is_one_to_come_back_to() {
        for code in ["08006", "40P01", "53300", "57P01", "57014", "42883"] {
            assert!(postgres_passes(code), "{code}");
        }
        for code in ["23505", "22P02", "42501", ""] {
            assert!(!postgres_passes(code), "{code}");
        }
    }
}
