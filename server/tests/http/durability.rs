//! Acknowledged means stored: what was answered is there when the database is opened again, without the server having been closed.

use crate::support::{Server, answer, click, kind, on_postgres};
use serde_json::json;
use session_server::session::write::{Outcome, Write};
use session_server::store::StoreError;
use session_server::writer::{Groups, Sessions, Writer};
use std::cmp::Ordering;
use std::sync::{Arc, Mutex};
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

/// Two groups at once, of which the one that has writes of a certain user's waits until the test lets it through. It notes the epochs it was given.
struct TwoLanes {
    inner: Sessions,
    held: &'static str,
    gate: Arc<Semaphore>,
    noted: Arc<Mutex<Vec<Option<u64>>>>,
}

#[async_trait::async_trait]
impl Groups for TwoLanes {
    type Write = Write;
    type Outcome = Outcome;
    fn rows(write: &Write) -> usize {
        Sessions::rows(write)
    }
    fn order(a: &Write, b: &Write) -> Ordering {
        Sessions::order(a, b)
    }
    fn lanes(&self) -> usize {
        2
    }
    fn lane(write: &Write) -> u64 {
        Sessions::lane(write)
    }
    async fn apply(&self, writes: &[Write]) -> Result<Vec<Outcome>, StoreError> {
        if writes.iter().any(|write| write.user_id == self.held) {
            self.gate.acquire().await.unwrap().forget();
        }
        self.noted.lock().unwrap().extend(writes.iter().map(|write| write.epoch));
        self.inner.apply(writes).await
    }
}

#[tokio::test]
async fn a_users_writes_keep_their_order_and_those_of_others_need_not_wait_for_them() {
    let (gate, noted) = (Arc::new(Semaphore::new(0)), Arc::new(Mutex::new(Vec::new())));
    let of = |user: &str, epoch| Write { user_id: user.into(), epoch: Some(epoch), ..beat(1) };
    let lane = |user: &&str| Sessions::lane(&of(user, 1)) % 2;
    let other =
        ["bob", "eve", "kim", "lou", "max", "sam", "tim", "zoe"].into_iter().find(|user| lane(user) != lane(&"ada"));
    let server = Server::changed(|app| {
        let inner = Sessions(Arc::clone(&app.store));
        let lanes = TwoLanes { inner, held: "ada", gate: Arc::clone(&gate), noted: Arc::clone(&noted) };
        app.writer = Writer::start(lanes, app.metrics.groups("sessions"));
    });
    let writer = &server.await.app.writer;
    let others = async {
        assert!(writer.write(of(other.unwrap(), 9)).await.is_ok(), "it is answered while the gate is shut");
        gate.add_permits(10);
    };
    let (first, second, third, ()) =
        tokio::join!(writer.write(of("ada", 1)), writer.write(of("ada", 2)), writer.write(of("ada", 3)), others);
    assert!(first.is_ok() && second.is_ok() && third.is_ok());
    assert_eq!(*noted.lock().unwrap(), [Some(9), Some(1), Some(2), Some(3)]);
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
