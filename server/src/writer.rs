//! Grouped writes: requests queue up here, go to the store together, and are answered after their common commit.
//! The queue is bounded: beyond it a caller is told at once to come back, rather than made to wait for nothing.

use crate::error::Problem;
use crate::limits::{GROUP_ROWS, GROUP_WAIT, QUEUE_WRITES};
use crate::session::write::{Outcome, Write};
use crate::store::{Store, StoreError};
use std::sync::{Arc, Mutex};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

/// The queue in front of the store.
#[derive(Debug)]
pub struct Writer {
    queue: Mutex<Option<mpsc::Sender<Waiting>>>,
    worker: Mutex<Option<JoinHandle<()>>>,
}

struct Waiting {
    write: Write,
    reply: oneshot::Sender<Result<Outcome, Problem>>,
}

impl Writer {
    /// Starts writing to this store.
    #[must_use]
    pub fn start(store: Arc<dyn Store>) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE_WRITES);
        let worker = tokio::spawn(work(store, waiting));
        Self { queue: Mutex::new(Some(queue)), worker: Mutex::new(Some(worker)) }
    }

    /// Does a write with the next group. Returns when it is committed.
    ///
    /// # Errors
    /// `unavailable` if the queue is full, the server is shutting down or the store does not answer; `internal-error` if the store failed.
    pub async fn write(&self, write: Write) -> Result<Outcome, Problem> {
        let queue =
            lock(&self.queue).clone().ok_or(Problem::Unavailable("The server is shutting down. Send it again."))?;
        let (reply, answer) = oneshot::channel();
        queue.try_send(Waiting { write, reply }).map_err(|_| {
            Problem::Unavailable("Too many writes are waiting. Send it again after the time in Retry-After.")
        })?;
        answer.await.map_err(|_| Problem::Internal)?
    }

    /// Whether another write would be taken.
    #[must_use]
    pub fn has_room(&self) -> bool {
        lock(&self.queue).as_ref().is_some_and(|queue| queue.capacity() > 0)
    }

    /// Takes no more writes, and returns when those that wait are committed and answered.
    pub async fn drain(&self) {
        drop(lock(&self.queue).take());
        let worker = lock(&self.worker).take();
        if let Some(worker) = worker
            && let Err(error) = worker.await
        {
            tracing::error!(%error, "the writer failed while draining");
        }
    }
}

/// Nothing that holds these locks can panic, so a poisoned one is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

async fn work(store: Arc<dyn Store>, mut waiting: mpsc::Receiver<Waiting>) {
    while let Some(first) = waiting.recv().await {
        let mut rows = rows(&first.write);
        let mut group = vec![first];
        let deadline = Instant::now() + GROUP_WAIT;
        while rows < GROUP_ROWS {
            let Ok(Some(next)) = timeout_at(deadline, waiting.recv()).await else { break };
            rows += self::rows(&next.write);
            group.push(next);
        }
        commit(store.as_ref(), group).await;
    }
}

fn rows(write: &Write) -> usize {
    1 + write.events.len()
}

/// Sorted by key, so that two groups never wait for each other's rows; the sort is stable, so one session's writes keep their order.
async fn commit(store: &dyn Store, mut group: Vec<Waiting>) {
    group.sort_by(|a, b| (&a.write.user_id, a.write.session_id).cmp(&(&b.write.user_id, b.write.session_id)));
    let (writes, replies): (Vec<_>, Vec<_>) = group.into_iter().map(|waiting| (waiting.write, waiting.reply)).unzip();
    match store.apply(&writes).await {
        Ok(outcomes) => {
            for (reply, outcome) in replies.into_iter().zip(outcomes) {
                let _ = reply.send(Ok(outcome));
            }
        }
        Err(StoreError::Broken(error)) if writes.len() > 1 => {
            tracing::error!(error, writes = writes.len(), "a group failed; its writes are done one by one");
            for (reply, write) in replies.into_iter().zip(writes) {
                let result = store.apply(std::slice::from_ref(&write)).await;
                let _ = reply.send(answer(result));
            }
        }
        Err(error) => {
            let problem = problem(&error);
            for reply in replies {
                let _ = reply.send(Err(problem.clone()));
            }
        }
    }
}

fn answer(result: Result<Vec<Outcome>, StoreError>) -> Result<Outcome, Problem> {
    match result {
        Ok(mut outcomes) => outcomes.pop().ok_or(Problem::Internal),
        Err(error) => Err(problem(&error)),
    }
}

/// What a caller learns of a fault of the store's; the rest is logged.
#[must_use]
pub fn problem(error: &StoreError) -> Problem {
    tracing::error!(%error, "the store did not answer");
    match error {
        StoreError::Unavailable(_) => {
            Problem::Unavailable("The store does not answer at the moment. Send it again later.")
        }
        StoreError::Broken(_) => Problem::Internal,
    }
}
