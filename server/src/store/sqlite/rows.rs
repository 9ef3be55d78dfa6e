//! Rows as SQLite holds them, and back: of sessions (`session`), of their events (`event`) and of their tabs (`tab`). A column that does not
//! parse is reported with its name, never guessed at.

mod event;
mod session;
mod tab;

use crate::clock::Timestamp;
use crate::session::gaps::Dropped;
use crate::store::StoreError;
pub(super) use event::StoredEvent;
pub(super) use session::SessionRow;
pub(super) use tab::TabRow;
use uuid::Uuid;

pub(super) fn dropped(text: &str) -> Result<Vec<Dropped>, StoreError> {
    serde_json::from_str(text).map_err(|_| unreadable("dropped", text))
}

pub(super) fn id(column: &str, text: &str) -> Result<Uuid, StoreError> {
    Uuid::try_parse(text).map_err(|_| unreadable(column, text))
}

pub(super) fn time(column: &str, text: &str) -> Result<Timestamp, StoreError> {
    Timestamp::parse(text).ok_or_else(|| unreadable(column, text))
}

fn unreadable(column: &str, text: &str) -> StoreError {
    StoreError::Broken(format!("column {column} holds {text:?}"))
}

/// Counts are at most 2^53 − 1 at the door, so neither direction ever cuts.
pub(super) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

/// How often each value stands there.
pub(super) fn counted(rows: Vec<(String, i64)>) -> Vec<(String, u64)> {
    rows.into_iter().map(|(value, count)| (value, unsigned(count))).collect()
}
