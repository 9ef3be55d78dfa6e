//! The end of history: whole months of events go as tables, and nothing that is kept goes with them.

use crate::support::{Server, count, database, time};
use session_server::clock::Timestamp;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// A session of this user's from one moment to another, with an event at each.
async fn session(admin: &mut PgConnection, user: &str, from: &str, to: &str) {
    let statement = format!(
        "INSERT INTO user_sessions (user_id, id, section_changed_at, started_at, last_heartbeat_at, last_activity_at, ended_at, status,
            end_reason, end_epoch, total_duration_seconds, change_order)
         VALUES ('{user}', session_internal.first_id_at('{from}'), '{from}', '{from}', '{to}', '{to}', '{to}', 'ended', 'logout', 1, 1, 1);
         INSERT INTO session_events (user_id, session_id, event_id, event_type, occurred_at, received_at)
         SELECT '{user}', session_internal.first_id_at('{from}'), session_internal.first_id_at(at), 'click', at, at
         FROM unnest(ARRAY['{from}', '{to}']::timestamptz[]) at"
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
    session(&mut admin, "kept", "2026-02-10T12:00:00Z", "2026-02-10T13:00:00Z").await;
    let months = "SELECT count(*) FROM pg_class WHERE relname IN ('session_events_2026_01', 'session_events_2026_02') AND relkind = 'r'";
    assert_eq!(count(&url, months).await, 2);

    assert_eq!(clean(&server, time("2026-01-31T23:59:59Z")).await, 0, "January is not over yet");
    assert_eq!(clean(&server, time("2026-02-20T00:00:00Z")).await, 1);
    assert_eq!(count(&url, months).await, 1);
    assert_eq!(count(&url, "SELECT count(*) FROM session_events WHERE user_id = 'old'").await, 0);
    assert_eq!(count(&url, "SELECT count(*) FROM session_events WHERE user_id = 'across'").await, 2);
    assert_eq!(count(&url, "SELECT count(*) FROM session_events WHERE user_id = 'kept'").await, 2);

    assert_eq!(clean(&server, time("2026-03-01T00:00:00Z")).await, 2);
    assert_eq!(count(&url, "SELECT count(*) FROM session_events").await, 0);
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
