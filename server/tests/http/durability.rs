//! Acknowledged means stored: what was answered is there when the file is opened again, without the server having been closed.

use crate::support::{Server, answer, click, database, kind};
use serde_json::json;
use session_server::clock::Timestamp;
use session_server::config::Settings;
use session_server::session::Session;
use session_server::session::write::{Outcome, Write};
use session_server::store::credentials::{Credentials, SessionOrigin, SigningKey};
use session_server::store::sqlite::SqliteStore;
use session_server::store::{FedEvent, Feed, JobRun, Page, Stats, Store, StoreError, Trail};
use std::sync::Arc;
use tokio::sync::Semaphore;
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_events_survive_a_server_that_is_never_closed() {
    let server = Arc::new(Server::start().await);
    let visit = Arc::new(server.visit().await);
    let tasks: Vec<_> = (1..=40)
        .map(|seq| {
            let (server, visit) = (Arc::clone(&server), Arc::clone(&visit));
            tokio::spawn(async move { server.ok("batch", visit.says(json!({ "events": [click(seq)] }))).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    // A copy of the files as they lie on the disk is what a killed server leaves.
    let copy = tempfile::tempdir().unwrap();
    for name in ["sessions.db", "sessions.db-wal"] {
        std::fs::copy(server.folder.path().join(name), copy.path().join(name)).unwrap();
    }
    let reopened = Server::in_folder(copy, |_| {}).await;
    assert_eq!(reopened.count("SELECT count(*) FROM session_events WHERE event_type = 'click'").await, 40);
    let beat = reopened.ok("heartbeat", visit.says(json!({}))).await;
    assert_eq!(beat["status"], "active", "the signing key is in the file, so the token still holds");
}

/// A store whose groups wait until the test lets them through.
struct Gate {
    inner: SqliteStore,
    groups: Semaphore,
}

#[async_trait::async_trait]
impl Store for Gate {
    async fn apply(&self, writes: &[Write]) -> Result<Vec<Outcome>, StoreError> {
        self.groups.acquire().await.unwrap().forget();
        self.inner.apply(writes).await
    }
    async fn end_inactive(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.inner.end_inactive(now).await
    }
    async fn active(&self, user_id: &str, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        self.inner.active(user_id, now).await
    }
    async fn stats(&self, user_id: &str, since: Timestamp, now: Timestamp) -> Result<Stats, StoreError> {
        self.inner.stats(user_id, since, now).await
    }
    async fn trail(&self, user_id: &str, id: Uuid, skip: u64, limit: u32) -> Result<Option<Trail>, StoreError> {
        self.inner.trail(user_id, id, skip, limit).await
    }
    async fn session_feed(&self, page: Page) -> Result<Feed<Session>, StoreError> {
        self.inner.session_feed(page).await
    }
    async fn event_feed(&self, page: Page) -> Result<Feed<FedEvent>, StoreError> {
        self.inner.event_feed(page).await
    }
    async fn record_run(&self, run: JobRun) -> Result<(), StoreError> {
        self.inner.record_run(run).await
    }
    async fn check(&self) -> Result<(), StoreError> {
        self.inner.check().await
    }
    async fn close(&self) {
        self.inner.close().await;
    }
}

#[async_trait::async_trait]
impl Credentials for Gate {
    async fn signing_keys(&self) -> Result<Vec<SigningKey>, StoreError> {
        self.inner.signing_keys().await
    }
    async fn add_signing_key(&self, key: &SigningKey, unless_since: Timestamp) -> Result<(), StoreError> {
        self.inner.add_signing_key(key, unless_since).await
    }
    async fn drop_signing_keys(&self, made_before: Timestamp) -> Result<u64, StoreError> {
        self.inner.drop_signing_keys(made_before).await
    }
    async fn session_origin(&self, user_id: &str, id: Uuid) -> Result<Option<SessionOrigin>, StoreError> {
        self.inner.session_origin(user_id, id).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_answered_before_the_commit_and_a_full_queue_says_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::for_database(database(&folder));
    let inner = SqliteStore::open(&settings.database, settings.timing.clone()).await.unwrap();
    let gate = Arc::new(Gate { inner, groups: Semaphore::new(0) });
    let server = Arc::new(Server::over(gate.clone(), settings, folder).await);

    let waiting = tokio::spawn({
        let server = Arc::clone(&server);
        async move { server.post("start", json!({ "userId": "ada" })).await.0 }
    });
    // More than one group and the whole queue can hold: some of them must be turned away while the gate is shut.
    let mut writes = tokio::task::JoinSet::new();
    for number in 0..session_server::limits::QUEUE_WRITES + 2 * session_server::limits::GROUP_ROWS {
        let app = Arc::clone(&server.app);
        writes.spawn(async move { app.writer.write(beat(number)).await });
    }
    while server.app.writer.has_room() {
        tokio::task::yield_now().await;
    }
    let response = server.beacon("start", &json!({ "userId": "bob" })).send().await.unwrap();
    assert_eq!(response.headers()["retry-after"], "2");
    let (status, problem) = answer(response).await;
    assert_eq!((status, kind(&problem)), (503, "unavailable"));
    assert_eq!(answer(server.get("/readyz").send().await.unwrap()).await.0, 503);
    assert!(!waiting.is_finished());
    assert_eq!(server.count("SELECT count(*) FROM user_sessions").await, 0);

    gate.groups.add_permits(1_000);
    assert_eq!(waiting.await.unwrap(), 201);
    let mut answered = 0;
    while let Some(result) = writes.join_next().await {
        let done = result.unwrap();
        answered += usize::from(matches!(done, Ok(Err(session_server::session::write::Refusal::NotFound))));
    }
    assert!(answered >= session_server::limits::QUEUE_WRITES, "what was taken into the queue is answered: {answered}");
}

fn beat(number: usize) -> Write {
    let now = crate::support::time(crate::support::NOON);
    Write {
        user_id: "nobody".into(),
        session_id: crate::support::id_at(now, number as u128),
        sent: session_server::session::times::Sent { received_at: now, sent_at: None },
        epoch: None,
        tab: None,
        start: None,
        events: Vec::new(),
        section: None,
        metadata: None,
        beat: None,
        end: None,
    }
}
