//! The way of what is written from the log into the file. A commit that finds the log long does it itself (SQLite's automatic checkpoint), and
//! all writes wait; so a connection of its own does it again and again beside the writer, and leaves that commit little to do.

use crate::limits::CHECKPOINT_EVERY;
use sqlx::sqlite::SqlitePool;
use std::sync::{Mutex, PoisonError};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinHandle;

/// Copies the log into the file, as long as there is something new in it.
#[derive(Debug)]
pub(super) struct Checkpoints {
    pool: SqlitePool,
    written: Mutex<Option<Sender<()>>>,
    worker: Mutex<Option<JoinHandle<()>>>,
}

impl Checkpoints {
    /// Begins; the pool's connections may write.
    pub(super) fn start(pool: SqlitePool) -> Self {
        // One is as good as many: it says that there is something new.
        let (written, news) = mpsc::channel(1);
        let worker = tokio::spawn(work(pool.clone(), news));
        Self { pool, written: Mutex::new(Some(written)), worker: Mutex::new(Some(worker)) }
    }

    /// Something was committed.
    pub(super) fn wanted(&self) {
        if let Some(written) = lock(&self.written).as_ref() {
            let _ = written.try_send(());
        }
    }

    /// Leaves the rest to whoever closes the file last: it must not be this connection, or SQLite keeps the log.
    pub(super) async fn close(&self) {
        drop(lock(&self.written).take());
        let worker = lock(&self.worker).take();
        if let Some(worker) = worker {
            let _ = worker.await;
        }
        self.pool.close().await;
    }
}

/// Nothing that holds these locks can panic, so a poisoned one is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A passive checkpoint waits for nobody, and nobody waits for it: what others are at is left for the next one.
async fn work(pool: SqlitePool, mut news: Receiver<()>) {
    while news.recv().await.is_some() {
        if let Err(error) = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&pool).await {
            tracing::warn!(%error, "the log could not be copied into the file; the next commit does it");
        }
        tokio::time::sleep(CHECKPOINT_EVERY).await;
    }
}
