//! A real server on a free port over a database of its own, with a clock that stands where the test puts it.

use crate::postgres;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use session_server::clock::{Clock, TestClock, Timestamp};
use session_server::config::Settings;
use session_server::serve::serve;
use session_server::store;
use session_server::{App, app};
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use uuid::Uuid;

pub(crate) const NOON: &str = "2026-03-01T12:00:00.000Z";
pub(crate) const SERVICE_TOKEN: &str = "the service token of the tests";

/// A running server.
pub(crate) struct Server {
    pub(crate) base: String,
    pub(crate) app: Arc<App>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) client: Client,
    pub(crate) folder: TempDir,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// A server with other settings, which may name files in the folder of the settings' database.
    pub(crate) async fn with(set: impl FnOnce(&mut Settings)) -> Self {
        Self::in_folder(tempfile::tempdir().unwrap(), set).await
    }

    pub(crate) async fn in_folder(folder: TempDir, set: impl FnOnce(&mut Settings)) -> Self {
        Self::built(folder, set, |_| {}).await
    }

    /// A server of which a part was exchanged before it took requests.
    pub(crate) async fn changed(change: impl FnOnce(&mut App)) -> Self {
        Self::built(tempfile::tempdir().unwrap(), |_| {}, change).await
    }

    async fn built(folder: TempDir, set: impl FnOnce(&mut Settings), change: impl FnOnce(&mut App)) -> Self {
        let mut settings = Settings::for_database(database(&folder).await);
        // Tests are quicker than people. The rooms that are about the limits set them.
        (settings.subject_requests_per_minute, settings.network_requests_per_minute) = (0, 0);
        set(&mut settings);
        let store = store::open(&settings).await.unwrap();
        let clock = Arc::new(TestClock::at(time(NOON)));
        let state = App::new(settings, SERVICE_TOKEN.into(), clock.clone(), store).await.unwrap();
        let mut state = Arc::into_inner(state).unwrap();
        change(&mut state);
        let state = Arc::new(state);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (router, head_timeout) = (app(Arc::clone(&state)), state.settings.head_timeout);
        tokio::spawn(serve(listener, router, head_timeout, std::future::pending()));
        let client = Client::builder().no_proxy().build().unwrap();
        Self { base, app: state, clock, client, folder }
    }

    /// A POST on the beacon lane.
    pub(crate) fn beacon(&self, route: &str, body: &Value) -> RequestBuilder {
        self.raw(route, body.to_string())
    }

    pub(crate) fn raw(&self, route: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
        let url = format!("{}/api/sessions/{route}", self.base);
        self.client.post(url).header("content-type", "text/plain;charset=UTF-8").body(body)
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.base))
    }

    /// A POST and its answer.
    pub(crate) async fn post(&self, route: &str, body: Value) -> (u16, Value) {
        answer(self.beacon(route, &body).send().await.unwrap()).await
    }

    /// A POST to any address and its answer.
    pub(crate) async fn send(&self, path: &str, body: Value) -> (u16, Value) {
        let request = self.client.post(format!("{}{path}", self.base)).header("content-type", "text/plain");
        answer(request.body(body.to_string()).send().await.unwrap()).await
    }

    /// A POST that must succeed.
    pub(crate) async fn ok(&self, route: &str, body: Value) -> Value {
        let (status, reply) = self.post(route, body).await;
        assert!((200..300).contains(&status), "{route}: {status} {reply}");
        reply
    }

    pub(crate) async fn read(&self, path: &str) -> Value {
        let (status, reply) = answer(self.get(path).send().await.unwrap()).await;
        assert_eq!(status, 200, "{path}: {reply}");
        reply
    }

    pub(crate) async fn feed(&self, path: &str) -> Value {
        let (status, reply) = answer(self.get(path).bearer_auth(SERVICE_TOKEN).send().await.unwrap()).await;
        assert_eq!(status, 200, "{path}: {reply}");
        reply
    }

    /// The first column of what the database says, as text.
    pub(crate) async fn sql(&self, query: &'static str) -> Vec<String> {
        rows(&self.app.settings.database, query).await
    }

    pub(crate) async fn count(&self, query: &'static str) -> i64 {
        count(&self.app.settings.database, query).await
    }

    /// Starts Ada's session and gives a visit to talk of.
    pub(crate) async fn visit(&self) -> Visit {
        let visit =
            Visit { session: id_at(self.clock.now(), 1), tab: id_at(self.clock.now(), 2), token: String::new() };
        let reply = self.ok("start", visit.start()).await;
        Visit { token: reply["token"].as_str().unwrap().into(), ..visit }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

/// One session of Ada's, as one tab speaks of it.
pub(crate) struct Visit {
    pub(crate) session: Uuid,
    pub(crate) tab: Uuid,
    pub(crate) token: String,
}

impl Visit {
    pub(crate) fn start(&self) -> Value {
        json!({ "sessionId": self.session, "userId": "ada", "tabId": self.tab, "epoch": 1, "section": "home" })
    }

    /// A request with the session's token and these members.
    pub(crate) fn says(&self, members: Value) -> Value {
        let mut body = json!({ "sessionId": self.session, "token": self.token, "tabId": self.tab, "epoch": 1 });
        for (name, value) in members.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    }

    pub(crate) async fn trail(&self, server: &Server) -> Value {
        server.read(&format!("/api/sessions/{}/events?userId=ada", self.session)).await
    }
}

/// A click with a sequence number.
pub(crate) fn click(seq: u64) -> Value {
    json!({ "eventId": id_at(time(NOON), 1_000 + u128::from(seq)), "seq": seq, "eventType": "click", "section": "home" })
}

pub(crate) fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// A version 7 id of this moment, one for each number.
pub(crate) fn id_at(time: Timestamp, number: u128) -> Uuid {
    let millis = u128::try_from(time.millis()).unwrap();
    Uuid::from_u128((millis << 80) | (7 << 76) | (0b10 << 62) | number)
}

/// Whether these are the stories over PostgreSQL.
pub(crate) fn on_postgres() -> bool {
    env!("CARGO_CRATE_NAME") == "http_postgres"
}

/// The URL of this folder's database: a file in it, or a database of PostgreSQL's that a file in it names.
pub(crate) async fn database(folder: &TempDir) -> String {
    if !on_postgres() {
        return format!("sqlite:{}", folder.path().join("sessions.db").display());
    }
    let named = folder.path().join("postgres-url");
    if !named.exists() {
        std::fs::write(&named, postgres::fresh_database().await).unwrap();
    }
    std::fs::read_to_string(named).unwrap()
}

/// The first column of what a database says, as text. Times, ids and JSON are text in both stores.
pub(crate) async fn rows(database: &str, query: &'static str) -> Vec<String> {
    if on_postgres() {
        return sqlx::query_scalar(query).fetch_all(&mut postgres::reader(database).await).await.unwrap();
    }
    let mut connection = SqliteConnection::connect(database).await.unwrap();
    sqlx::query_scalar(query).fetch_all(&mut connection).await.unwrap()
}

/// Does something behind the server's back, as an administrator. What the database said if it refused.
pub(crate) async fn execute(database: &str, statement: &'static str) -> Result<(), String> {
    let done = if on_postgres() {
        PgConnection::connect(database).await.unwrap().execute(statement).await.map(drop)
    } else {
        SqliteConnection::connect(database).await.unwrap().execute(statement).await.map(drop)
    };
    done.map_err(|error| error.to_string())
}

pub(crate) async fn count(database: &str, query: &'static str) -> i64 {
    if on_postgres() {
        return sqlx::query_scalar(query).fetch_one(&mut postgres::reader(database).await).await.unwrap();
    }
    let mut connection = SqliteConnection::connect(database).await.unwrap();
    sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
}

pub(crate) async fn answer(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// The last part of a problem's type.
pub(crate) fn kind(problem: &Value) -> &str {
    problem["type"].as_str().unwrap_or_default().rsplit(':').next().unwrap_or_default()
}
