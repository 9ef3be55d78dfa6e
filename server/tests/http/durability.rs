//! Acknowledged means stored: what was answered is there when the database is opened again, without the server having been closed.

use crate::support::{Server, answer, click, kind, on_postgres};
use serde_json::json;
use session_server::session::write::{Outcome, Write};
use session_server::store::StoreError;
use session_server::writer::{Groups, Sessions, Writer};
use std::cmp::Ordering;
use std::sync::Arc;
use tokio::sync::Semaphore;

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
    // What a killed server leaves: the files as they lie on the disk, or what PostgreSQL has committed.
    let copy = tempfile::tempdir().unwrap();
    for name in if on_postgres() { &["postgres-url"][..] } else { &["sessions.db", "sessions.db-wal"] } {
        std::fs::copy(server.folder.path().join(name), copy.path().join(name)).unwrap();
    }
    let reopened = Server::in_folder(copy, |_| {}).await;
    assert_eq!(reopened.count("SELECT count(*) FROM session_events WHERE event_type = 'click'").await, 40);
    let beat = reopened.ok("heartbeat", visit.says(json!({}))).await;
    assert_eq!(beat["status"], "active", "the signing key is in the database, so the token still holds");
}

/// Groups that wait until the test lets them through.
struct Gate {
    inner: Sessions,
    groups: Arc<Semaphore>,
}

#[async_trait::async_trait]
impl Groups for Gate {
    type Write = Write;
    type Outcome = Outcome;
    fn rows(write: &Write) -> usize {
        Sessions::rows(write)
    }
    fn order(a: &Write, b: &Write) -> Ordering {
        Sessions::order(a, b)
    }
    async fn apply(&self, writes: &[Write]) -> Result<Vec<Outcome>, StoreError> {
        self.groups.acquire().await.unwrap().forget();
        self.inner.apply(writes).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_answered_before_the_commit_and_a_full_queue_says_come_back() {
    let gate = Arc::new(Semaphore::new(0));
    let groups = Arc::clone(&gate);
    let server = Server::changed(|app| {
        let gate = Gate { inner: Sessions(Arc::clone(&app.store)), groups };
        app.writer = Writer::start(gate, app.metrics.groups("sessions"));
    });
    let server = Arc::new(server.await);

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

    gate.add_permits(1_000);
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
