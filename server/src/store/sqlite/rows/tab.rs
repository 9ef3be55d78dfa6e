//! A tab as a row of `session_tabs`: what it said of its sequence numbers, and its latest epoch.

use crate::store::sqlite::many::{Parameters, Statement};
use sqlx::FromRow;

/// A row of `session_tabs`.
#[derive(Debug, FromRow)]
pub(in crate::store::sqlite) struct TabRow {
    pub(in crate::store::sqlite) user_id: String,
    pub(in crate::store::sqlite) session_id: String,
    pub(in crate::store::sqlite) tab_id: String,
    pub(in crate::store::sqlite) last_seq: i64,
    pub(in crate::store::sqlite) dropped: String,
    pub(in crate::store::sqlite) epoch: i64,
}

impl TabRow {
    /// One that has said nothing yet.
    pub(in crate::store::sqlite) fn new((user_id, session_id, tab_id): (String, String, String)) -> Self {
        Self { user_id, session_id, tab_id, last_seq: 0, dropped: "[]".into(), epoch: 1 }
    }

    pub(in crate::store::sqlite) fn key(&self) -> (String, String, String) {
        (self.user_id.clone(), self.session_id.clone(), self.tab_id.clone())
    }

    /// The columns that [`Parameters`] gives, in their order.
    pub(in crate::store::sqlite) const COLUMNS: &str = "user_id, session_id, tab_id, last_seq, dropped, epoch";
}

impl Parameters for TabRow {
    const COLUMNS: usize = 6;

    fn bind(self, statement: Statement<'_>) -> Statement<'_> {
        statement
            .bind(self.user_id)
            .bind(self.session_id)
            .bind(self.tab_id)
            .bind(self.last_seq)
            .bind(self.dropped)
            .bind(self.epoch)
    }
}
