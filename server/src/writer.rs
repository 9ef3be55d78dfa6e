//! Grouped writes: requests queue up here, go to the store together, and are answered after their common commit. A store that can do several
//! groups at once gets a queue for each, and a user's writes always the same one.
//! The queue is bounded: beyond it a caller is told at once to come back, rather than made to wait for nothing.

mod groups;

use crate::clock::Timestamp;
use crate::error::Problem;
use crate::limits::{GROUP_ROWS, GROUP_WAIT, QUEUE_WRITES};
use crate::metrics::GroupMetrics;
use crate::room::RoomRefusal;
use crate::session::write::{Outcome, Write};
use crate::store::StoreError;
use crate::store::rooms::Presence;
pub use groups::{Groups, Presences, Sessions};
use std::sync::{Arc, Mutex};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

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
