//! Everything that changes the file. A group reads what it needs, is decided in memory, and is written by a few
//! statements, in one transaction.

use super::SqliteStore;
use super::many::{execute, fetch};
use super::rows::{SessionRow, StoredEvent, TabRow, dropped, id, signed};
use crate::clock::Timestamp;
use crate::config::Timing;
use crate::limits::{JOB_ROWS, MAX_SESSION};
use crate::session::write::{Outcome, Write};
use crate::session::{Session, gaps, ids, rules};
use crate::store::group::{Group, Keyed, TabAccount, Wanted};
use crate::store::{JobRun, StoreError};
use serde::Serialize;
use sqlx::sqlite::{SqliteConnection, SqlitePool};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use uuid::Uuid;

pub(super) async fn apply(pool: &SqlitePool, writes: &[Write], timing: &Timing) -> Result<Vec<Outcome>, StoreError> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    let mut group = Group::over(load(&mut transaction, &Wanted::by(writes)).await?);
    for write in writes {
        group.apply(write, timing);
    }
    let stored = save(&mut transaction, &group).await?;
    transaction.commit().await?;
    Ok(group.outcomes(stored))
}

/// What is due is looked for beside the writer, which only hears of it if there is something: with many live sessions that takes a while.
pub(super) async fn end_inactive(store: &SqliteStore, now: Timestamp) -> Result<u64, StoreError> {
    let due: Vec<(String, String)> = sqlx::query_as(
        "SELECT user_id, id FROM user_sessions WHERE ended_at IS NULL AND (last_heartbeat_at <= ? OR started_at <= ?) LIMIT ?",
    )
    .bind(now.minus(store.timing.timeout).to_string())
    .bind(now.minus(MAX_SESSION).to_string())
    .bind(JOB_ROWS)
    .fetch_all(&store.readers)
    .await?;
    if due.is_empty() {
        return Ok(0);
    }
    let mut transaction = store.writer.begin_with("BEGIN IMMEDIATE").await?;
    let due = by_id(&mut transaction, due).await?;
    let mut group = Group::over(due.into_iter().map(SessionRow::session).collect::<Result<_, _>>()?);
    let ended = group.expire_all(now, &store.timing);
    save(&mut transaction, &group).await?;
    transaction.commit().await?;
    Ok(ended)
}

async fn by_id(connection: &mut SqliteConnection, keys: Vec<(String, String)>) -> Result<Vec<SessionRow>, StoreError> {
    let wanted = "WITH wanted (user_id, id) AS (";
    let rows = ") SELECT s.* FROM wanted w CROSS JOIN user_sessions s ON s.user_id = w.user_id AND s.id = w.id";
    fetch(connection, wanted, keys, rows).await
}

/// The sessions that a group needs: by their stored ids; of those that are not there, by the ids that clients gave; and of subjects that start
/// one, whatever goes on.
async fn load(connection: &mut SqliteConnection, wanted: &Wanted) -> Result<Vec<Session>, StoreError> {
    let keys = wanted.sessions.iter().map(|(user_id, id)| (user_id.clone(), id.to_string())).collect();
    let mut rows = by_id(connection, keys).await?;
    let mut known: HashSet<_> = rows.iter().map(SessionRow::key).collect();

    let unknown: Vec<_> = wanted
        .sessions
        .iter()
        .map(|(user_id, id)| (user_id.clone(), id.to_string()))
        .filter(|key| !known.contains(key))
        .collect();
    let by_given = "SELECT s.* FROM wanted w CROSS JOIN user_sessions s ON s.user_id = w.user_id AND s.given_id = w.id";
    let mut others: Vec<SessionRow> =
        fetch(connection, "WITH wanted (user_id, id) AS (", unknown, &format!(") {by_given}")).await?;
    if !wanted.starting.is_empty() {
        let live =
            "SELECT s.* FROM json_each(?) u CROSS JOIN user_sessions s ON s.user_id = u.value WHERE s.ended_at IS NULL";
        others.extend(sqlx::query_as::<_, SessionRow>(live).bind(json(&wanted.starting)?).fetch_all(connection).await?);
    }
    rows.extend(others.into_iter().filter(|row| known.insert(row.key())));
    rows.into_iter().map(SessionRow::session).collect()
}

/// Writes what a group has changed. Which events were not there before, by their key.
async fn save(connection: &mut SqliteConnection, group: &Group) -> Result<HashSet<(String, Uuid, Uuid)>, StoreError> {
    let mut change_order: i64 = sqlx::query_scalar(
        "SELECT max((SELECT coalesce(max(change_order), 0) FROM user_sessions), (SELECT coalesce(max(last), 0) FROM feed_positions))",
    )
    .fetch_one(&mut *connection)
    .await?;
    let mut sessions = Vec::new();
    let mut wrong_ends = Vec::new();
    let mut events: Vec<_> =
        group.events.iter().map(|event| StoredEvent::new(&event.user_id, event.session_id, &event.value)).collect();
    for change in group.changes() {
        let session = change.session;
        change_order += 1;
        sessions.push(SessionRow::new(session, change_order, change.at));
        if change.end_changed {
            let end_id = ids::of_server_event(session.id, rules::SESSION_END, session.started_at);
            wrong_ends.push((session.user_id.clone(), session.id.to_string(), end_id.to_string()));
            let end = session.ended().map(|ended| rules::end_event(session, ended, change.at));
            events.extend(end.map(|end| StoredEvent::new(&session.user_id, session.id, &end)));
        }
    }
    save_sessions(connection, sessions).await?;
    let ends = "DELETE FROM session_events WHERE (user_id, session_id, event_id) IN (";
    execute(connection, ends, wrong_ends, ")").await?;
    let stored = save_events(connection, events).await?;
    save_tabs(connection, &group.tabs).await?;
    Ok(stored)
}

async fn save_sessions(connection: &mut SqliteConnection, rows: Vec<SessionRow>) -> Result<(), StoreError> {
    let columns = SessionRow::COLUMNS;
    let changed = "ON CONFLICT (user_id, id) DO UPDATE SET
        change_order = excluded.change_order, app_section = excluded.app_section,
        section_changed_at = excluded.section_changed_at, last_heartbeat_at = excluded.last_heartbeat_at,
        last_activity_at = excluded.last_activity_at, ended_at = excluded.ended_at, status = excluded.status,
        end_reason = excluded.end_reason, epoch = excluded.epoch, end_epoch = excluded.end_epoch,
        total_duration_seconds = excluded.total_duration_seconds, active_seconds = excluded.active_seconds,
        activity_count = excluded.activity_count, metadata = excluded.metadata, updated_at = excluded.updated_at";
    execute(connection, &format!("INSERT INTO user_sessions ({columns})"), rows, changed).await
}

async fn save_events(
    connection: &mut SqliteConnection,
    rows: Vec<StoredEvent>,
) -> Result<HashSet<(String, Uuid, Uuid)>, StoreError> {
    let columns = StoredEvent::COLUMNS;
    let once = "ON CONFLICT (user_id, session_id, event_id) DO NOTHING RETURNING user_id, session_id, event_id";
    let stored: Vec<(String, String, String)> =
        fetch(connection, &format!("INSERT INTO session_events ({columns})"), rows, once).await?;
    stored
        .into_iter()
        .map(|(user, session, event)| Ok((user, id("session_id", &session)?, id("event_id", &event)?)))
        .collect()
}

/// Adds what tabs say of themselves to what they have said. Most requests say nothing new, and then nothing is written.
async fn save_tabs(connection: &mut SqliteConnection, accounts: &[Keyed<TabAccount>]) -> Result<(), StoreError> {
    let key = |account: &Keyed<TabAccount>| {
        (account.user_id.clone(), account.session_id.to_string(), account.value.tab.id.to_string())
    };
    let keys: BTreeSet<_> = accounts.iter().map(key).collect();
    let known: Vec<TabRow> = fetch(
        connection,
        "WITH wanted (u, s, t) AS (",
        keys.into_iter().collect(),
        ") SELECT t.* FROM wanted w CROSS JOIN session_tabs t ON t.user_id = w.u AND t.session_id = w.s AND t.tab_id = w.t",
    )
    .await?;
    let mut rows: BTreeMap<_, _> = known.into_iter().map(|row| (row.key(), (row, false))).collect();
    for account in accounts {
        let TabAccount { tab, epoch } = &account.value;
        let (row, is_new) = rows.entry(key(account)).or_insert_with_key(|key| (TabRow::new(key.clone()), true));
        let dropped = json(&gaps::join(dropped(&row.dropped)?, &tab.dropped))?;
        let last_seq = row.last_seq.max(signed(tab.last_seq.unwrap_or(0)));
        let epoch = row.epoch.max(signed(*epoch));
        *is_new |= (&dropped, last_seq, epoch) != (&row.dropped, row.last_seq, row.epoch);
        (row.dropped, row.last_seq, row.epoch) = (dropped, last_seq, epoch);
    }
    let changed = rows.into_values().filter_map(|(row, is_new)| is_new.then_some(row)).collect();
    let columns = TabRow::COLUMNS;
    let told = "ON CONFLICT (user_id, session_id, tab_id) DO UPDATE SET
        last_seq = excluded.last_seq, dropped = excluded.dropped, epoch = excluded.epoch";
    execute(connection, &format!("INSERT INTO session_tabs ({columns})"), changed, told).await
}

pub(super) async fn record_run(pool: &SqlitePool, run: JobRun) -> Result<(), StoreError> {
    let (rows, error) = match run.result {
        Ok(rows) => (Some(signed(rows)), None),
        Err(error) => (None, Some(error)),
    };
    sqlx::query("INSERT OR REPLACE INTO job_runs (job, started_at, finished_at, rows, error) VALUES (?, ?, ?, ?, ?)")
        .bind(run.job)
        .bind(run.started_at.to_string())
        .bind(run.finished_at.to_string())
        .bind(rows)
        .bind(error)
        .execute(pool)
        .await?;
    Ok(())
}

fn json<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Broken(error.to_string()))
}
