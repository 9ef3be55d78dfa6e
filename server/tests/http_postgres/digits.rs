//! What the server says of a number's digits, and whether a double holds it, is what PostgreSQL says: by it both stores draw the same line.

use crate::support::{Server, database};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use session_server::number;
use sqlx::{Connection, Executor, PgConnection};
use std::cell::RefCell;

const FITS: &str = "CREATE FUNCTION pg_temp.fits(number text) RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM number::double precision;
        RETURN true;
    EXCEPTION WHEN numeric_value_out_of_range THEN
        RETURN false;
    END $$";

#[test]
fn a_number_is_as_long_and_as_great_as_postgresql_finds_it() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let connection = RefCell::new(runtime.block_on(async {
        let server = Server::start().await;
        let mut connection = PgConnection::connect(&database(&server.folder).await).await.unwrap();
        connection.execute(FITS).await.unwrap();
        connection
    }));
    let spelt = "-?(0|[1-9][0-9]{0,30})([.]0{0,9}[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?";
    let numbers = prop::collection::vec(spelt, 500);
    let mut runner = TestRunner::new(Config { cases: 10, failure_persistence: None, ..Config::default() });
    let result = runner.run(&numbers, |numbers| {
        let query = "SELECT octet_length(written), pg_temp.fits(written)
                     FROM unnest($1::text[]) WITH ORDINALITY spelt (number, place), LATERAL (SELECT number::jsonb #>> '{}' AS written) w
                     ORDER BY place";
        let mut connection = connection.borrow_mut();
        let found = sqlx::query_as::<_, (i32, bool)>(query).bind(&numbers).fetch_all(&mut *connection);
        for (number, (length, is_double)) in numbers.iter().zip(runtime.block_on(found).unwrap()) {
            prop_assert_eq!(number::written_out(number), usize::try_from(length).unwrap(), "{}", number);
            prop_assert_eq!(number::fits_a_double(number), is_double, "{}", number);
        }
        Ok(())
    });
    result.unwrap();
}
