//! Who may see and do what in the database itself: nobody signed in, two users, the back end, and the service role.

use crate::support::{Server, click, database};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// A connection that has become this role, with the claims that PostgREST would set.
async fn as_role(server: &Server, role: &str, subject: Option<&str>) -> PgConnection {
    let mut connection = PgConnection::connect(&database(&server.folder).await).await.unwrap();
    let claims = json!({ "role": role, "sub": subject }).to_string();
    sqlx::query("SELECT set_config('request.jwt.claims', $1, false), set_config('role', $2, false)")
        .bind(claims)
        .bind(role)
        .execute(&mut connection)
        .await
        .unwrap();
    connection
}

/// How many rows a query gives, or the code with which it is refused.
async fn rows(connection: &mut PgConnection, query: &str) -> Result<usize, String> {
    connection.fetch_all(AssertSqlSafe(query)).await.map(|rows| rows.len()).map_err(|error| code(&error))
}

fn code(error: &sqlx::Error) -> String {
    error.as_database_error().and_then(|error| error.code()).unwrap_or_default().into_owned()
}

const TABLES: [&str; 11] = [
    "user_sessions",
    "session_events",
    "session_tabs",
    "collab_sessions",
    "session_participants",
    "ai_sessions",
    "ai_interactions",
    "job_runs",
    "session_rollups_hourly",
    "event_rollups_hourly",
    "platforms",
];

const DENIED: &str = "42501";

/// A session and an event each, and a room and a conversation each, of Ada's and of Eve's.
async fn two_users() -> Server {
    let server = Server::start().await;
    let visit = server.visit().await;
    server.ok("batch", visit.says(json!({ "events": [click(1)] }))).await;
    let mut start = visit.start();
    start["userId"] = json!("eve");
    server.ok("start", start).await;
    for user in ["ada", "eve"] {
        let mut connection = as_role(&server, "authenticated", Some(user)).await;
        for call in [
            "SELECT * FROM join_session((SELECT id FROM create_room()))",
            "SELECT * FROM log_interaction(gen_random_uuid(), 'What is a session?')",
        ] {
            assert_eq!(rows(&mut connection, call).await, Ok(1), "{call}");
        }
    }
    server
}

#[tokio::test]
async fn a_user_sees_their_own_rows_and_nobody_elses() {
    let server = two_users().await;
    let mut ada = as_role(&server, "authenticated", Some("ada")).await;
    for (query, seen) in [
        ("SELECT FROM user_sessions", 1),
        ("SELECT FROM session_events", 2),
        ("SELECT FROM session_tabs", 1),
        ("SELECT FROM collab_sessions", 1),
        ("SELECT FROM session_participants", 1),
        ("SELECT FROM ai_sessions", 1),
        ("SELECT FROM ai_interactions", 1),
        ("SELECT FROM user_sessions_v1", 1),
        ("SELECT FROM user_interactions", 2),
        ("SELECT FROM reading_sessions", 1),
        ("SELECT FROM active_sessions_summary WHERE active_count = 1", 1),
        ("SELECT FROM user_sessions WHERE user_id = 'eve'", 0),
    ] {
        assert_eq!(rows(&mut ada, query).await, Ok(seen), "{query}");
    }
    let mut nobody = as_role(&server, "authenticated", None).await;
    assert_eq!(rows(&mut nobody, "SELECT FROM user_sessions").await, Ok(0));
    assert_eq!(rows(&mut nobody, "SELECT * FROM start_user_session()").await, Err("PT401".into()));
}

#[tokio::test]
async fn a_user_writes_through_functions_alone_and_as_nobody_else() {
    let server = two_users().await;
    let mut ada = as_role(&server, "authenticated", Some("ada")).await;
    for table in TABLES {
        for statement in [
            format!("DELETE FROM {table}"),
            format!("UPDATE {table} SET created_at = now()"),
            format!("TRUNCATE {table}"),
        ] {
            let refused = rows(&mut ada, &statement).await.unwrap_err();
            assert!([DENIED, "42703"].contains(&refused.as_str()), "{statement}: {refused}");
        }
    }
    let insert = "INSERT INTO user_sessions (user_id, id) VALUES ('ada', gen_random_uuid())";
    assert_eq!(rows(&mut ada, insert).await, Err(DENIED.into()));
    assert_eq!(rows(&mut ada, "SELECT * FROM start_user_session(p_user_id => 'eve')").await, Err("PT403".into()));
    let of_eve = "SELECT * FROM end_user_session((SELECT id FROM user_sessions LIMIT 1))";
    assert_eq!(rows(&mut ada, of_eve).await, Ok(1), "it is her own of that id, though Eve has one too");
    let mut eve = as_role(&server, "authenticated", Some("eve")).await;
    assert_eq!(rows(&mut eve, "SELECT FROM user_sessions WHERE ended_at IS NULL").await, Ok(1));
    let unknown = "SELECT * FROM heartbeat_session('019ca945-0a00-7000-8000-0000000000ff')";
    assert_eq!(rows(&mut eve, unknown).await, Err("PT404".into()));
    for job in ["cleanup_inactive_sessions()", "end_inactive_sessions()", "cleanup_old_sessions()"] {
        assert_eq!(rows(&mut eve, &format!("SELECT {job}")).await, Err(DENIED.into()), "{job}");
    }
}

#[tokio::test]
async fn without_signing_in_nothing_is_seen_or_done() {
    let server = two_users().await;
    let mut anon = as_role(&server, "anon", None).await;
    for table in TABLES {
        assert_eq!(rows(&mut anon, &format!("SELECT FROM {table}")).await, Err(DENIED.into()), "{table}");
    }
    for function in [
        "start_user_session()",
        "get_active_sessions()",
        "cleanup_old_sessions()",
        "create_room()",
        "calculate_session_duration(now())",
    ] {
        assert_eq!(rows(&mut anon, &format!("SELECT {function}")).await, Err(DENIED.into()), "{function}");
    }
}

#[tokio::test]
async fn the_back_end_executes_functions_and_sees_no_table() {
    let server = two_users().await;
    let mut backend = as_role(&server, "session_backend", None).await;
    for table in TABLES.iter().map(ToString::to_string).chain(["session_internal.signing_keys".into()]) {
        assert_eq!(rows(&mut backend, &format!("SELECT FROM {table}")).await, Err(DENIED.into()), "{table}");
    }
    assert_eq!(rows(&mut backend, "SELECT session_internal.schema_version()").await, Ok(1));
    assert_eq!(rows(&mut backend, "SELECT session_internal.drop_months_before(now())").await, Err(DENIED.into()));
    assert_eq!(rows(&mut backend, "CREATE TABLE public.mine ()").await, Err(DENIED.into()));
}

#[tokio::test]
async fn the_service_role_reads_everything_and_runs_the_jobs() {
    let server = two_users().await;
    let mut service = as_role(&server, "service_role", None).await;
    for table in TABLES {
        assert!(rows(&mut service, &format!("SELECT FROM {table}")).await.is_ok(), "{table}");
    }
    assert_eq!(rows(&mut service, "SELECT FROM user_sessions").await, Ok(2));
    assert_eq!(rows(&mut service, "SELECT * FROM start_user_session(p_user_id => 'bob')").await, Ok(1));
    assert_eq!(rows(&mut service, "SELECT * FROM start_user_session()").await, Err("PT401".into()));
    for job in ["cleanup_inactive_sessions()", "end_inactive_sessions()", "cleanup_old_sessions()"] {
        assert_eq!(rows(&mut service, &format!("SELECT {job}")).await, Ok(1), "{job}");
    }
    for refused in ["end_inactive_sessions(0)", "cleanup_old_sessions(0)"] {
        assert_eq!(rows(&mut service, &format!("SELECT {refused}")).await, Err("22023".into()));
    }
    assert_eq!(rows(&mut service, "DELETE FROM user_sessions").await, Err(DENIED.into()));
}

/// Functions of ours, but for those that an extension brings.
const OURS: &str = "p.pronamespace IN ('public'::regnamespace, 'session_internal'::regnamespace)
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')";

#[tokio::test]
async fn nothing_is_executable_by_everybody_and_every_function_knows_where_its_names_are() {
    let server = Server::start().await;
    let mut admin = PgConnection::connect(&database(&server.folder).await).await.unwrap();
    for (what, query) in [
        (
            "executable by PUBLIC",
            format!(
                "SELECT p.oid FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE {OURS} AND a.grantee = 0"
            ),
        ),
        (
            "without an empty search_path or a body bound when it was made",
            format!(
                "SELECT p.oid FROM pg_proc p WHERE {OURS} AND p.prosqlbody IS NULL AND NOT coalesce(p.proconfig @> ARRAY['search_path=\"\"'], false)"
            ),
        ),
        (
            "without row security",
            "SELECT oid FROM pg_class WHERE relnamespace IN ('public'::regnamespace, 'session_internal'::regnamespace)
             AND relkind IN ('r', 'p') AND NOT relrowsecurity"
                .into(),
        ),
        ("forced on its owner", "SELECT oid FROM pg_class WHERE relforcerowsecurity".into()),
        (
            "a view with its owner's rights",
            "SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'v'
             AND NOT coalesce(reloptions @> ARRAY['security_invoker=true'], false)"
                .into(),
        ),
        (
            "a table of session_writer's",
            "SELECT oid FROM pg_class WHERE relowner = 'session_writer'::regrole AND relkind IN ('r', 'p')".into(),
        ),
        (
            "a right of session_backend's on a table",
            "SELECT 1 FROM information_schema.role_table_grants WHERE grantee = 'session_backend'".into(),
        ),
        (
            "a right of PUBLIC's or anon's on a table",
            "SELECT 1 FROM information_schema.role_table_grants WHERE grantee IN ('PUBLIC', 'anon')
             AND table_schema IN ('public', 'session_internal')"
                .into(),
        ),
    ] {
        assert_eq!(rows(&mut admin, &query).await, Ok(0), "{what}");
    }
}

#[tokio::test]
async fn a_checker_finds_no_fault_in_any_function() {
    let server = Server::start().await;
    let mut admin = PgConnection::connect(&database(&server.folder).await).await.unwrap();
    admin.execute("CREATE EXTENSION plpgsql_check").await.unwrap();
    let query = format!(
        "SELECT p.oid::regprocedure || ': ' || c.message FROM pg_proc p
         CROSS JOIN LATERAL plpgsql_check_function_tb(p.oid,
             relid => CASE WHEN p.prorettype = 'trigger'::regtype THEN 'public.user_sessions'::regclass ELSE 0 END) c
         WHERE {OURS} AND p.prolang = (SELECT oid FROM pg_language WHERE lanname = 'plpgsql')
           AND (c.level = 'error' OR c.message NOT LIKE 'target type is different%')"
    );
    let faults: Vec<String> = sqlx::query_scalar(AssertSqlSafe(query)).fetch_all(&mut admin).await.unwrap();
    assert_eq!(faults, Vec::<String>::new());
}
