//! One throw-away cluster for all tests of a process, and a database of its own for each, copied from a template that has the schema.

use session_server::config::Settings;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::OnceCell;

const TEMPLATE: &str = "session_template";

struct Cluster {
    /// With `DATABASE` where the name of a database stands.
    url: String,
    /// The cluster lives as long as this child's input is open, which is as long as this process lives, however it ends.
    _keeper: Child,
}

static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

impl Cluster {
    async fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/postgres-cluster");
        let mut keeper = Command::new(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut url).unwrap();
        assert!(!url.is_empty(), "the cluster did not start: see above");
        let cluster = Self { url: url.trim().replacen("/postgres?", "/DATABASE?", 1), _keeper: keeper };
        cluster.run("postgres", format!("CREATE DATABASE {TEMPLATE}")).await;
        let settings = Settings::for_database(cluster.database(TEMPLATE));
        session_server::store::open(&settings).await.unwrap().close().await;
        cluster.run(TEMPLATE, AS_TEXT.into()).await;
        cluster
    }

    fn database(&self, name: &str) -> String {
        self.url.replacen("DATABASE", name, 1)
    }

    async fn run(&self, database: &str, statements: String) {
        let mut connection = PgConnection::connect(&self.database(database)).await.unwrap();
        connection.execute(sqlx::raw_sql(AssertSqlSafe(statements))).await.unwrap();
        connection.close().await.unwrap();
    }
}

/// The URL, with an administrator's login, of a database that nobody has used.
pub(crate) async fn fresh_database() -> String {
    database_like(TEMPLATE).await
}

/// The URL of a new copy of a database.
pub(crate) async fn database_like(template: &str) -> String {
    let cluster = CLUSTER.get_or_init(Cluster::start).await;
    let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    cluster.run("postgres", format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
    cluster.database(&name)
}

/// An administrator's connection that sees the tables as SQLite has them: times, ids and JSON as text, without spaces.
pub(crate) async fn reader(database: &str) -> PgConnection {
    let mut connection = PgConnection::connect(database).await.unwrap();
    connection.execute("SET search_path = as_text, public, session_internal").await.unwrap();
    connection
}

const AS_TEXT: &str = r#"
CREATE SCHEMA as_text;
-- SQLite's name for it.
CREATE AGGREGATE as_text.group_concat(text) (SFUNC = textcat, STYPE = text);
CREATE FUNCTION as_text.compact(value jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN CASE jsonb_typeof(value)
    WHEN 'object' THEN '{' || coalesce((SELECT string_agg(to_jsonb(k)::text || ':' || as_text.compact(v), ',' ORDER BY k)
      FROM jsonb_each(value) e(k, v)), '') || '}'
    WHEN 'array' THEN '[' || coalesce((SELECT string_agg(as_text.compact(v), ',' ORDER BY n)
      FROM jsonb_array_elements(value) WITH ORDINALITY e(v, n)), '') || ']'
    ELSE value::text END;
END $$;
DO $$
DECLARE
  name text;
  columns text;
BEGIN
  FOR name, columns IN
    SELECT table_name, string_agg(CASE
      WHEN data_type = 'timestamp with time zone'
        THEN format('to_char(%1$I AT TIME ZONE ''UTC'', ''YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'') AS %1$I', column_name)
      WHEN data_type = 'jsonb' THEN format('as_text.compact(%1$I) AS %1$I', column_name)
      WHEN data_type IN ('uuid', 'inet') THEN format('%1$I::text AS %1$I', column_name)
      ELSE quote_ident(column_name) END, ', ')
    FROM information_schema.columns WHERE table_schema = 'public' GROUP BY table_name
  LOOP
    EXECUTE format('CREATE VIEW as_text.%I AS SELECT %s FROM public.%I', name, columns, name);
  END LOOP;
END $$;
"#;
