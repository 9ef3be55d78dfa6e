//! Many rows by few statements. Their columns are parameters, so each statement is compiled once and kept; as one JSON array they would cost
//! three times as much, for SQLite reads the whole text of a row anew for each of its columns.

use super::StoreError;
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, FromRow};

/// How many rows a statement has: few different statements, so that each is kept, and few of them for any number of rows, for each is a way
/// to SQLite's thread and back. The greatest number stays below SQLite's 32,766 parameters.
const SIZES: [usize; 10] = [512, 256, 128, 64, 32, 16, 8, 4, 2, 1];

/// A statement whose parameters are being given.
pub(super) type Statement<'q> = Query<'q, Sqlite, SqliteArguments>;

/// A row of parameters.
pub(super) trait Parameters {
    /// How many it has.
    const COLUMNS: usize;

    /// Gives them, in the order of the statement.
    fn bind(self, statement: Statement<'_>) -> Statement<'_>;
}

impl Parameters for (String, String) {
    const COLUMNS: usize = 2;

    fn bind(self, statement: Statement<'_>) -> Statement<'_> {
        statement.bind(self.0).bind(self.1)
    }
}

impl Parameters for (String, String, String) {
    const COLUMNS: usize = 3;

    fn bind(self, statement: Statement<'_>) -> Statement<'_> {
        statement.bind(self.0).bind(self.1).bind(self.2)
    }
}

/// Runs `before VALUES (…), (…) after` for all rows, some at a time; what the statements answer, in their order.
pub(super) async fn fetch<P: Parameters, T>(
    connection: &mut SqliteConnection,
    before: &str,
    rows: Vec<P>,
    after: &str,
) -> Result<Vec<T>, StoreError>
where
    T: for<'r> FromRow<'r, SqliteRow>,
{
    let mut answers = Vec::new();
    let mut rows = rows.into_iter();
    while let Some(size) = SIZES.into_iter().find(|size| *size <= rows.len()) {
        let row = format!("({})", vec!["?"; P::COLUMNS].join(","));
        let text = format!("{before} VALUES {} {after}", vec![row; size].join(","));
        let statement = rows.by_ref().take(size).fold(sqlx::query(AssertSqlSafe(text)), |all, row| row.bind(all));
        for answer in statement.fetch_all(&mut *connection).await? {
            answers.push(T::from_row(&answer)?);
        }
    }
    Ok(answers)
}

/// The same for statements that answer nothing.
pub(super) async fn execute<P: Parameters>(
    connection: &mut SqliteConnection,
    before: &str,
    rows: Vec<P>,
    after: &str,
) -> Result<(), StoreError> {
    fetch::<P, ()>(connection, before, rows, after).await.map(drop)
}
