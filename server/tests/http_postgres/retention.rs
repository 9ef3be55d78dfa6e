//! The end of history: whole months of sessions and events go as tables, and nothing that is kept goes with them.

use crate::support::{Server, count, database, time};
use session_server::clock::Timestamp;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// What is divided into months.
const TABLES: [&str; 3] = ["user_sessions", "session_events", "session_tabs"];

/// A session of this user's from one moment to another, with an event at each.
async fn session(admin: &mut PgConnection, user: &str, from: &str, to: &str) {
    let statement = format!(
        "INSERT INTO user_sessions (user_id, id, section_changed_at, started_at, last_heartbeat_at, last_activity_at, ended_at, status,
            end_reason, end_epoch, total_duration_seconds, change_order)
         VALUES ('{user}', session_internal.first_id_at('{from}'), '{from}', '{from}', '{to}', '{to}', '{to}', 'ended', 'logout', 1, 1, 1);
         INSERT INTO session_events (user_id, session_id, event_id, event_type, occurred_at, received_at)
         SELECT '{user}', session_internal.first_id_at('{from}'), session_internal.first_id_at(at), 'click', at, at
         FROM unnest(ARRAY['{from}', '{to}']::timestamptz[]) at;
         INSERT INTO session_tabs (user_id, session_id, tab_id, epoch)
         VALUES ('{user}', session_internal.first_id_at('{from}'), session_internal.first_id_at('{from}'), 1)"
    );
    admin.execute(sqlx::raw_sql(AssertSqlSafe(statement))).await.unwrap();
}

async fn clean(server: &Server, before: Timestamp) -> u64 {
    let mut sessions = 0;
    loop {
        let step = server.app.store.cleanup_old_sessions(before, 2).await.unwrap();
        sessions += step.sessions;
        if !step.more {
            return sessions;
        }
    }
}

#[tokio::test]
async fn a_month_is_dropped_whole_and_a_session_that_is_kept_keeps_its_events() {
    let server = Server::start().await;
    let url = database(&server.folder).await;
    let mut admin = PgConnection::connect(&url).await.unwrap();
    admin
        .execute("SELECT session_internal.make_month('2026-01-15'), session_internal.make_month('2026-02-15')")
        .await
        .unwrap();
    session(&mut admin, "old", "2026-01-05T12:00:00Z", "2026-01-05T13:00:00Z").await;
    session(&mut admin, "across", "2026-01-31T23:00:00Z", "2026-02-01T01:00:00Z").await;
    let late = "INSERT INTO session_events (user_id, session_id, event_id, event_type, occurred_at, received_at)
        VALUES ('old', session_internal.first_id_at('2026-01-05T12:00:00Z'), session_internal.first_id_at('2026-02-01'), 'click', now(), now())";
    admin.execute(late).await.unwrap();
    session(&mut admin, "kept", "2026-02-10T12:00:00Z", "2026-02-10T13:00:00Z").await;
    let months = |table: &str| {
        format!(
            "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class
                 WHERE relname IN ('{table}_2026_01', '{table}_2026_02') AND relkind = 'r'"
        )
    };
    let partitions = async |table: &str| -> Option<String> {
        sqlx::query_scalar(AssertSqlSafe(months(table)))
            .fetch_one(&mut PgConnection::connect(&url).await.unwrap())
            .await
            .unwrap()
    };
    for table in TABLES {
        assert_eq!(partitions(table).await, Some(format!("{table}_2026_01 {table}_2026_02")));
    }
    assert_eq!(count(&url, "SELECT count(*) FROM user_sessions_2026_01").await, 2);

    assert_eq!(clean(&server, time("2026-01-31T23:59:59Z")).await, 0, "January is not over yet");
    assert_eq!(clean(&server, time("2026-02-20T00:00:00Z")).await, 1);
    for table in TABLES {
        assert_eq!(partitions(table).await, Some(format!("{table}_2026_02")));
    }
    let kept = "SELECT string_agg(user_id || ' ' || events, ', ' ORDER BY user_id) FROM (
        SELECT s.user_id, (SELECT count(*) FROM session_events e WHERE e.user_id = s.user_id AND e.session_id = s.id) AS events
        FROM user_sessions s) kept";
    let kept: String = sqlx::query_scalar(kept).fetch_one(&mut admin).await.unwrap();
    assert_eq!(kept, "across 2, kept 2");
    assert_eq!(count(&url, "SELECT count(*) FROM session_tabs").await, 2, "what the tabs of both have said");
    assert_eq!(
        count(&url, "SELECT count(*) FROM session_events").await,
        4,
        "what came late to the old one went with it"
    );

    assert_eq!(clean(&server, time("2026-03-01T00:00:00Z")).await, 2);
    for table in TABLES {
        assert_eq!(partitions(table).await, None);
    }
    assert_eq!(count(&url, "SELECT count(*) FROM session_events").await, 0);
    assert_eq!(count(&url, "SELECT count(*) FROM user_sessions").await, 0);
}

#[tokio::test]
async fn a_session_finds_its_months_partition_and_one_before_it_stays_where_it_is() {
    let server = Server::start().await;
    let url = database(&server.folder).await;
    let mut admin = PgConnection::connect(&url).await.unwrap();
    admin.execute("SELECT session_internal.make_month('2026-03-15')").await.unwrap();
    // The server's clock stands in March.
    server.visit().await;
    assert_eq!(count(&url, "SELECT count(*) FROM user_sessions_2026_03").await, 1);
    assert_eq!(count(&url, "SELECT count(*) FROM session_tabs_2026_03").await, 1);
    assert_eq!(count(&url, "SELECT count(*) FROM session_events_2026_03").await, 1);

    session(&mut admin, "early", "2026-05-10T12:00:00Z", "2026-05-10T13:00:00Z").await;
    admin.execute("SELECT session_internal.make_month('2026-05-31')").await.unwrap();
    assert_eq!(count(&url, "SELECT count(*) FROM user_sessions_default").await, 1);
    assert_eq!(count(&url, "SELECT session_internal.rows_of_no_month(10)").await, 1, "its events have a month");
    assert_eq!(count(&url, "SELECT session_internal.rows_of_no_month(1)").await, 1, "no further than the limit");
    assert_eq!(count(&url, "SELECT count(*) FROM pg_class WHERE relname = 'user_sessions_2026_05'").await, 0);
    assert_eq!(clean(&server, time("2026-06-02T00:00:00Z")).await, 1, "row by row");
    assert_eq!(
        count(&url, "SELECT count(*) FROM user_sessions").await,
        1,
        "the visit goes on, though its month is gone"
    );
}

#[tokio::test]
async fn events_that_came_before_their_months_partition_move_into_it() {
    let server = Server::start().await;
    let url = database(&server.folder).await;
    let mut admin = PgConnection::connect(&url).await.unwrap();
    session(&mut admin, "early", "2026-05-10T12:00:00Z", "2026-05-10T13:00:00Z").await;
    assert_eq!(count(&url, "SELECT count(*) FROM session_events_default").await, 2);
    admin.execute("SELECT session_internal.make_month('2026-05-31')").await.unwrap();
    assert_eq!(count(&url, "SELECT count(*) FROM session_events_default").await, 0);
    assert_eq!(count(&url, "SELECT count(*) FROM session_events_2026_05").await, 2);
    assert_eq!(count(&url, "SELECT count(*) FROM session_events WHERE user_id = 'early'").await, 2);
}

#[tokio::test]
async fn the_coming_months_are_there_before_they_begin() {
    let server = Server::start().await;
    let url = database(&server.folder).await;
    let ahead = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'public.session_events'::regclass
        AND inhrelid::regclass::text LIKE '%session_events_' || to_char(now() + interval '2 months', 'YYYY_MM')";
    assert_eq!(count(&url, ahead).await, 1);
}
