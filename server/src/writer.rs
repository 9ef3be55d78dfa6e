//! Grouped writes: requests queue up here, go to the store together, and are answered after their common commit. A store that can do several
//! groups at once gets a queue for each, and a user's writes always the same one.
//! The queue is bounded: beyond it a caller is told at once to come back, rather than made to wait for nothing.

use crate::clock::Timestamp;
use crate::error::Problem;
use crate::limits::{GROUP_ROWS, GROUP_WAIT, QUEUE_WRITES};
use crate::metrics::GroupMetrics;
use crate::room::RoomRefusal;
use crate::session::write::{Outcome, Write};
use crate::store::rooms::Presence;
use crate::store::{Store, StoreError};
use async_trait::async_trait;
use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

/// Where groups of one kind of write go.
#[async_trait]
pub trait Groups: Send + Sync + 'static {
    /// One write.
    type Write: Clone + Send + Sync + 'static;
    /// What became of it.
    type Outcome: Send + 'static;

    /// How many rows it has.
    fn rows(write: &Self::Write) -> usize;

    /// By key, so that two groups never wait for each other's rows.
    fn order(a: &Self::Write, b: &Self::Write) -> Ordering;

    /// How many groups may be under way at once.
    fn lanes(&self) -> usize {
        1
    }

    /// What a write must not overtake another of: those with the same number go one after the other.
    fn lane(_: &Self::Write) -> u64 {
        0
    }

    /// Does a group in one transaction, and answers each write by its index.
    async fn apply(&self, writes: &[Self::Write]) -> Result<Vec<Self::Outcome>, StoreError>;
}

/// Writes to sessions.
pub struct Sessions(pub Arc<dyn Store>);

#[async_trait]
impl Groups for Sessions {
    type Write = Write;
    type Outcome = Outcome;

    fn rows(write: &Write) -> usize {
        1 + write.events.len()
    }

    fn order(a: &Write, b: &Write) -> Ordering {
        (&a.user_id, a.session_id).cmp(&(&b.user_id, b.session_id))
    }

    fn lanes(&self) -> usize {
        self.0.groups_at_once()
    }

    /// A start may end the user's other sessions, so it is the user and not the session.
    fn lane(write: &Write) -> u64 {
        let mut hasher = DefaultHasher::new();
        write.user_id.hash(&mut hasher);
        hasher.finish()
    }

    async fn apply(&self, writes: &[Write]) -> Result<Vec<Outcome>, StoreError> {
        self.0.apply(writes).await
    }
}

/// Presence in rooms: one beat's for all of its rooms, answered with when each room expires.
pub struct Presences(pub Arc<dyn Store>);

#[async_trait]
impl Groups for Presences {
    type Write = Vec<Presence>;
    type Outcome = Vec<Result<Timestamp, RoomRefusal>>;

    fn rows(beat: &Vec<Presence>) -> usize {
        beat.len()
    }

    /// The rooms of several beats interleave, so it is not the beats that are sorted but, below, their presences.
    fn order(_: &Vec<Presence>, _: &Vec<Presence>) -> Ordering {
        Ordering::Equal
    }

    async fn apply(&self, beats: &[Vec<Presence>]) -> Result<Vec<Self::Outcome>, StoreError> {
        let mut presences: Vec<_> = beats.iter().flatten().enumerate().collect();
        presences.sort_by(|(_, a), (_, b)| a.member.cmp(&b.member));
        let (places, sorted): (Vec<_>, Vec<_>) =
            presences.into_iter().map(|(place, presence)| (place, presence.clone())).unzip();
        let mut outcomes: Vec<_> = places.into_iter().zip(self.0.update_presence(&sorted).await?).collect();
        outcomes.sort_by_key(|(place, _)| *place);
        let mut outcomes = outcomes.into_iter().map(|(_, outcome)| outcome);
        Ok(beats.iter().map(|beat| outcomes.by_ref().take(beat.len()).collect()).collect())
    }
}

/// The queue of presences.
pub type PresenceWriter = Writer<Vec<Presence>, Vec<Result<Timestamp, RoomRefusal>>>;

/// The queue in front of the store.
#[derive(Debug)]
pub struct Writer<W = Write, O = Outcome> {
    lanes: Vec<Lane<W, O>>,
    lane: fn(&W) -> u64,
}

/// A queue, and who works it off.
#[derive(Debug)]
struct Lane<W, O> {
    queue: Mutex<Option<mpsc::Sender<Waiting<W, O>>>>,
    worker: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Waiting<W, O> {
    write: W,
    reply: oneshot::Sender<Result<O, Problem>>,
}

impl<W: Clone + Send + Sync + 'static, O: Send + 'static> Writer<W, O> {
    /// Starts writing, and counts it.
    #[must_use]
    pub fn start<G: Groups<Write = W, Outcome = O>>(groups: G, metrics: GroupMetrics) -> Self {
        let groups = Arc::new(groups);
        let lanes = (0..groups.lanes()).map(|_| {
            let (queue, waiting) = mpsc::channel(QUEUE_WRITES / groups.lanes());
            let worker = tokio::spawn(work(Arc::clone(&groups), waiting, metrics.clone()));
            Lane { queue: Mutex::new(Some(queue)), worker: Mutex::new(Some(worker)) }
        });
        Self { lanes: lanes.collect(), lane: G::lane }
    }

    /// Does a write with the next group. Returns when it is committed.
    ///
    /// # Errors
    /// `unavailable` if the queue is full, the server is shutting down or the store does not answer; `internal-error` if the store failed.
    pub async fn write(&self, write: W) -> Result<O, Problem> {
        let queue = self.queue_of(&write).ok_or(Problem::Unavailable("The server is shutting down. Send it again."))?;
        let (reply, answer) = oneshot::channel();
        queue.try_send(Waiting { write, reply }).map_err(|_| {
            Problem::Unavailable("Too many writes are waiting. Send it again after the time in Retry-After.")
        })?;
        answer.await.map_err(|_| Problem::Internal)?
    }

    fn queue_of(&self, write: &W) -> Option<mpsc::Sender<Waiting<W, O>>> {
        let lane = usize::try_from((self.lane)(write) % self.lanes.len() as u64).unwrap_or(0);
        lock(&self.lanes.get(lane)?.queue).clone()
    }

    /// Whether any write would be taken.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.lanes.iter().all(|lane| lock(&lane.queue).as_ref().is_some_and(|queue| queue.capacity() > 0))
    }

    /// How many writes wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        let waiting =
            |lane: &Lane<W, O>| lock(&lane.queue).as_ref().map_or(0, |queue| queue.max_capacity() - queue.capacity());
        self.lanes.iter().map(waiting).sum()
    }

    /// Takes no more writes, and returns when those that wait are committed and answered.
    pub async fn drain(&self) {
        for lane in &self.lanes {
            drop(lock(&lane.queue).take());
        }
        for lane in &self.lanes {
            let worker = lock(&lane.worker).take();
            if let Some(worker) = worker
                && let Err(error) = worker.await
            {
                tracing::error!(%error, "the writer failed while draining");
            }
        }
    }
}

/// Nothing that holds these locks can panic, so a poisoned one is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

async fn work<G: Groups>(
    groups: Arc<G>,
    mut waiting: mpsc::Receiver<Waiting<G::Write, G::Outcome>>,
    metrics: GroupMetrics,
) {
    while let Some(first) = waiting.recv().await {
        let mut rows = G::rows(&first.write);
        let mut group = vec![first];
        let deadline = Instant::now() + GROUP_WAIT;
        while rows < GROUP_ROWS {
            let Ok(Some(next)) = timeout_at(deadline, waiting.recv()).await else { break };
            rows += G::rows(&next.write);
            group.push(next);
        }
        let (writes, began) = (group.len(), Instant::now());
        let committed = commit(groups.as_ref(), group).await;
        metrics.group(writes, rows, began.elapsed(), committed);
    }
}

/// True if the group went in as a whole. The sort is stable, so one session's writes keep their order.
async fn commit<G: Groups>(groups: &G, mut group: Vec<Waiting<G::Write, G::Outcome>>) -> bool {
    group.sort_by(|a, b| G::order(&a.write, &b.write));
    let (writes, replies): (Vec<_>, Vec<_>) = group.into_iter().map(|waiting| (waiting.write, waiting.reply)).unzip();
    match groups.apply(&writes).await {
        Ok(outcomes) => {
            for (reply, outcome) in replies.into_iter().zip(outcomes) {
                let _ = reply.send(Ok(outcome));
            }
            true
        }
        Err(StoreError::Broken(error)) if writes.len() > 1 => {
            tracing::error!(error, writes = writes.len(), "a group failed; its writes are done one by one");
            for (reply, write) in replies.into_iter().zip(writes) {
                let result = groups.apply(std::slice::from_ref(&write)).await;
                let _ = reply.send(answer(result));
            }
            false
        }
        Err(error) => {
            let problem = Problem::from(error);
            for reply in replies {
                let _ = reply.send(Err(problem.clone()));
            }
            false
        }
    }
}

fn answer<O>(result: Result<Vec<O>, StoreError>) -> Result<O, Problem> {
    match result {
        Ok(mut outcomes) => outcomes.pop().ok_or(Problem::Internal),
        Err(error) => Err(error.into()),
    }
}

/// What a caller learns of a fault of the store's; the rest is logged.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the store did not answer");
        match error {
            StoreError::Unavailable(_) => {
                Self::Unavailable("The store does not answer at the moment. Send it again later.")
            }
            StoreError::Broken(_) => Self::Internal,
        }
    }
}
