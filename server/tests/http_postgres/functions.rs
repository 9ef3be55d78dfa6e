//! The documented functions, as supabase-js calls them: the same rules as over HTTP.

use crate::support::{Server, database};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};
use std::process::Command;

const SESSION: &str = "'019ca945-0a00-7000-8000-000000000001'";

async fn ada(server: &Server) -> PgConnection {
    let mut connection = PgConnection::connect(&database(&server.folder).await).await.unwrap();
    connection
        .execute("SELECT set_config('request.jwt.claims', '{\"sub\":\"ada\"}', false), set_config('role', 'authenticated', false)")
        .await
        .unwrap();
    connection
}

/// The only row of a call, each column as text.
async fn call(connection: &mut PgConnection, call: &str) -> String {
    let query =
        format!("SELECT concat_ws(' ', VARIADIC ARRAY(SELECT value FROM jsonb_each_text(to_jsonb(c)))) FROM {call} c");
    match connection.fetch_one(AssertSqlSafe(query)).await {
        Ok(row) => row.get(0),
        Err(error) => error.as_database_error().unwrap().message().into(),
    }
}

#[tokio::test]
async fn a_visit_by_functions_alone() {
    let server = Server::start().await;
    let mut ada = ada(&server).await;
    let start = "start_user_session(p_section => 'home', p_device_id => gen_random_uuid())";
    let query = format!("SELECT session_id::text, created FROM {start}");
    let (session, created): (String, bool) = sqlx::query_as(AssertSqlSafe(query)).fetch_one(&mut ada).await.unwrap();
    assert!(created);
    let again = format!("(SELECT created FROM start_user_session('{session}'))");
    assert_eq!(call(&mut ada, &again).await, "false");
    let section = format!("(SELECT app_section FROM update_session_section('{session}', 'docs'))");
    assert_eq!(call(&mut ada, &section).await, "docs");
    let beat = format!("(SELECT status FROM heartbeat_session('{session}', 'idle', 3, 20))");
    assert_eq!(call(&mut ada, &beat).await, "idle");
    let event = format!("track_user_interaction('{session}', 'click', '{{\"name\":\"buy\"}}', {SESSION})");
    let fate = format!("(SELECT fate FROM {event})");
    assert_eq!(call(&mut ada, &fate).await, "accepted");
    assert_eq!(call(&mut ada, &fate).await, "duplicate");
    let batch = format!(
        "(SELECT string_agg(fate, ' ' ORDER BY index) FROM batch_track_user_interactions('{session}',
            '[{{\"eventType\":\"click\"}},{{\"event_type\":\"click\",\"event_id\":\"019ca945-0a00-7000-8000-000000000001\"}}]'))"
    );
    assert_eq!(call(&mut ada, &batch).await, "accepted duplicate");
    let stats = "(SELECT total_sessions, active_sessions, section_counts FROM get_user_session_stats(30))";
    assert_eq!(call(&mut ada, stats).await, "{\"docs\": 1, \"home\": 1} 1 1");
    assert_eq!(call(&mut ada, "(SELECT count(*) FROM get_active_sessions())").await, "1");
    let end = format!("(SELECT end_reason FROM end_user_session('{session}', 'logout'))");
    assert_eq!(call(&mut ada, &end).await, "logout");
    assert_eq!(call(&mut ada, &end).await, "logout", "a second end gets the first one's answer");
    assert!(call(&mut ada, &beat).await.starts_with("This session ended as logout"));
    assert_eq!(call(&mut ada, "(SELECT count(*) FROM user_interactions)").await, "5");
}

#[tokio::test]
async fn what_is_no_event_of_a_users_is_refused() {
    let server = Server::start().await;
    let mut ada = ada(&server).await;
    call(&mut ada, &format!("start_user_session({SESSION})")).await;
    for (arguments, said) in [
        ("'session_end'", "is no type for an event of yours"),
        ("NULL", "is no type for an event of yours"),
        ("'click', to_jsonb(repeat('x', 32767))", "event_data is larger than 32768 bytes"),
        ("'click', '[1e309]'", "event_data has a number that no double holds"),
        ("'click', '{\"n\":1e-400}'", "event_data has a number that no double holds"),
        ("repeat('x', 201)", "violates check constraint"),
    ] {
        let refused = call(&mut ada, &format!("log_session_event({SESSION}, {arguments})")).await;
        assert!(refused.contains(said), "{arguments}: {refused}");
    }
    for data in
        ["to_jsonb(repeat('x', 32766))", "to_jsonb(repeat('9', 400))", "'[1.7976931348623157e308, -5e-324, 0e-999]'"]
    {
        let largest = format!("(SELECT fate FROM log_session_event({SESSION}, 'click', {data}))");
        assert_eq!(call(&mut ada, &largest).await, "accepted", "{data}");
    }
    for days in [0, 366] {
        assert!(call(&mut ada, &format!("get_user_session_stats({days})")).await.contains("from 1 to 365"));
    }
}

#[tokio::test]
async fn rooms_and_conversations_by_functions_alone() {
    let server = Server::start().await;
    let mut ada = ada(&server).await;
    assert_eq!(call(&mut ada, &format!("(SELECT created FROM create_room({SESSION}))")).await, "true");
    assert_eq!(call(&mut ada, &format!("(SELECT participant_count FROM join_session({SESSION}))")).await, "1");
    let seen = format!("(SELECT expires_at > now() FROM update_presence({SESSION}))");
    assert_eq!(call(&mut ada, &seen).await, "true");
    assert_eq!(call(&mut ada, &format!("(SELECT is_expired FROM check_session_expiry({SESSION}))")).await, "false");
    assert_eq!(call(&mut ada, &format!("(SELECT participant_count FROM leave_session({SESSION}))")).await, "0");
    assert_eq!(
        call(&mut ada, &format!("(SELECT session_id FROM leave_session({SESSION}, p_close => true))")).await,
        SESSION.trim_matches('\'')
    );
    assert_eq!(call(&mut ada, &format!("join_session({SESSION})")).await, "Session not found or inactive");

    assert_eq!(call(&mut ada, &format!("(SELECT created FROM create_session({SESSION}))")).await, "true");
    assert_eq!(call(&mut ada, &format!("(SELECT created FROM create_session({SESSION}))")).await, "false");
    let said = format!("(SELECT created FROM log_interaction({SESSION}, 'Hello', p_id => {SESSION}))");
    assert_eq!(call(&mut ada, &said).await, "true");
    assert_eq!(call(&mut ada, &said).await, "false");
}

#[tokio::test]
async fn the_cleanup_script_finds_everything_in_place() {
    let server = Server::start().await;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/simple_cleanup_test.sql");
    let url = database(&server.folder).await;
    let output = Command::new("psql").args(["-X", "-q", "-d", &url, "-f", script]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(text.lines().filter(|line| line.ends_with(": ok")).count(), 6, "{text}");
    assert_eq!(text.lines().last(), Some("All tests completed successfully!"));
}

#[tokio::test]
async fn a_duration_is_rounded_down_and_never_negative() {
    let server = Server::start().await;
    let mut ada = ada(&server).await;
    for (end, seconds) in [("1.999", 1), ("0", 0), ("-86400", 0), ("4000000000", 4_000_000_000_i64)] {
        let query = format!("SELECT calculate_session_duration(now(), now() + interval '{end} seconds')");
        let said: i64 = sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&mut ada).await.unwrap();
        assert_eq!(said, seconds, "{end}");
    }
}
