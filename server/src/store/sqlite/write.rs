//! Everything that changes the file. A group is five statements, however many writes it has: its rows go in as one JSON array.

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
use std::collections::{BTreeMap, HashSet};
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

pub(super) async fn end_inactive(pool: &SqlitePool, now: Timestamp, timing: &Timing) -> Result<u64, StoreError> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    let due = sqlx::query_as::<_, SessionRow>(
        "SELECT * FROM user_sessions WHERE ended_at IS NULL AND (last_heartbeat_at <= ? OR started_at <= ?) LIMIT ?",
    )
    .bind(now.minus(timing.timeout).to_string())
    .bind(now.minus(MAX_SESSION).to_string())
    .bind(JOB_ROWS)
    .fetch_all(&mut *transaction)
    .await?;
    let mut group = Group::over(due.into_iter().map(SessionRow::session).collect::<Result<_, _>>()?);
    let ended = group.expire_all(now, timing);
    save(&mut transaction, &group).await?;
    transaction.commit().await?;
    Ok(ended)
}

async fn load(connection: &mut SqliteConnection, wanted: &Wanted) -> Result<Vec<Session>, StoreError> {
    let keys: Vec<_> = wanted.sessions.iter().map(|(user_id, id)| (user_id, id.to_string())).collect();
    let rows = sqlx::query_as::<_, SessionRow>(
        "WITH wanted AS MATERIALIZED (SELECT value ->> 0 AS user_id, value ->> 1 AS id FROM json_each(?1))
         SELECT s.* FROM wanted w JOIN user_sessions s ON s.user_id = w.user_id AND s.id = w.id
         UNION
         SELECT s.* FROM wanted w JOIN user_sessions s ON s.user_id = w.user_id AND s.given_id = w.id
         UNION
         SELECT s.* FROM json_each(?2) u JOIN user_sessions s ON s.user_id = u.value WHERE s.ended_at IS NULL",
    )
    .bind(json(&keys)?)
    .bind(json(&wanted.starting)?)
    .fetch_all(connection)
    .await?;
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
    save_sessions(connection, &sessions).await?;
    delete_events(connection, &wrong_ends).await?;
    let stored = save_events(connection, &events).await?;
    save_tabs(connection, &group.tabs).await?;
    Ok(stored)
}

async fn save_sessions(connection: &mut SqliteConnection, rows: &[SessionRow]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO user_sessions (
             change_order, user_id, id, given_id, device_id, previous_id, platform, app_section, section_changed_at, started_at,
             last_heartbeat_at, last_activity_at, ended_at, status, end_reason, epoch, end_epoch, total_duration_seconds,
             active_seconds, activity_count, device_info, location_info, metadata, user_agent, ip_address, created_at, updated_at)
         SELECT value ->> 'change_order', value ->> 'user_id', value ->> 'id', value ->> 'given_id', value ->> 'device_id',
             value ->> 'previous_id', value ->> 'platform', value ->> 'app_section', value ->> 'section_changed_at',
             value ->> 'started_at', value ->> 'last_heartbeat_at', value ->> 'last_activity_at', value ->> 'ended_at',
             value ->> 'status', value ->> 'end_reason', value ->> 'epoch', value ->> 'end_epoch',
             value ->> 'total_duration_seconds', value ->> 'active_seconds', value ->> 'activity_count', value ->> 'device_info',
             value ->> 'location_info', value ->> 'metadata', value ->> 'user_agent', value ->> 'ip_address',
             value ->> 'created_at', value ->> 'updated_at'
         FROM json_each(?) WHERE true
         ON CONFLICT (user_id, id) DO UPDATE SET
             change_order = excluded.change_order, app_section = excluded.app_section,
             section_changed_at = excluded.section_changed_at, last_heartbeat_at = excluded.last_heartbeat_at,
             last_activity_at = excluded.last_activity_at, ended_at = excluded.ended_at, status = excluded.status,
             end_reason = excluded.end_reason, epoch = excluded.epoch, end_epoch = excluded.end_epoch,
             total_duration_seconds = excluded.total_duration_seconds, active_seconds = excluded.active_seconds,
             activity_count = excluded.activity_count, metadata = excluded.metadata, updated_at = excluded.updated_at",
    )
    .bind(json(rows)?)
    .execute(connection)
    .await?;
    Ok(())
}

async fn delete_events(connection: &mut SqliteConnection, keys: &[(String, String, String)]) -> Result<(), StoreError> {
    if keys.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "DELETE FROM session_events WHERE (user_id, session_id, event_id) IN
             (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?))",
    )
    .bind(json(keys)?)
    .execute(connection)
    .await?;
    Ok(())
}

async fn save_events(
    connection: &mut SqliteConnection,
    rows: &[StoredEvent],
) -> Result<HashSet<(String, Uuid, Uuid)>, StoreError> {
    if rows.is_empty() {
        return Ok(HashSet::new());
    }
    let stored: Vec<(String, String, String)> = sqlx::query_as(
        "INSERT INTO session_events (
             user_id, session_id, event_id, tab_id, seq, event_type, event_data, section, occurred_at, client_ts, sent_at, received_at)
         SELECT value ->> 'user_id', value ->> 'session_id', value ->> 'event_id', value ->> 'tab_id', value ->> 'seq',
             value ->> 'event_type', value ->> 'event_data', value ->> 'section', value ->> 'occurred_at', value ->> 'client_ts',
             value ->> 'sent_at', value ->> 'received_at'
         FROM json_each(?) WHERE true ORDER BY key
         ON CONFLICT (user_id, session_id, event_id) DO NOTHING
         RETURNING user_id, session_id, event_id",
    )
    .bind(json(rows)?)
    .fetch_all(connection)
    .await?;
    stored
        .into_iter()
        .map(|(user, session, event)| Ok((user, id("session_id", &session)?, id("event_id", &event)?)))
        .collect()
}

async fn save_tabs(connection: &mut SqliteConnection, accounts: &[Keyed<TabAccount>]) -> Result<(), StoreError> {
    if accounts.is_empty() {
        return Ok(());
    }
    let mut rows: BTreeMap<(String, String, String), TabRow> = BTreeMap::new();
    let keys: Vec<_> =
        accounts.iter().map(|a| (&a.user_id, a.session_id.to_string(), a.value.tab.id.to_string())).collect();
    let known = sqlx::query_as::<_, TabRow>(
        "SELECT t.* FROM (SELECT DISTINCT value ->> 0 AS u, value ->> 1 AS s, value ->> 2 AS t FROM json_each(?)) w
         JOIN session_tabs t ON t.user_id = w.u AND t.session_id = w.s AND t.tab_id = w.t",
    )
    .bind(json(&keys)?)
    .fetch_all(&mut *connection)
    .await?;
    for row in known {
        rows.insert((row.user_id.clone(), row.session_id.clone(), row.tab_id.clone()), row);
    }
    for Keyed { user_id, session_id, value } in accounts {
        let key = (user_id.clone(), session_id.to_string(), value.tab.id.to_string());
        let row = rows.entry(key.clone()).or_insert_with(|| TabRow {
            user_id: key.0,
            session_id: key.1,
            tab_id: key.2,
            last_seq: 0,
            dropped: "[]".into(),
            epoch: 1,
        });
        row.last_seq = row.last_seq.max(signed(value.tab.last_seq.unwrap_or(0)));
        row.epoch = row.epoch.max(signed(value.epoch));
        row.dropped = json(&gaps::join(dropped(&row.dropped)?, &value.tab.dropped))?;
    }
    sqlx::query(
        "INSERT INTO session_tabs (user_id, session_id, tab_id, last_seq, dropped, epoch)
         SELECT value ->> 'user_id', value ->> 'session_id', value ->> 'tab_id', value ->> 'last_seq', value ->> 'dropped', value ->> 'epoch'
         FROM json_each(?) WHERE true
         ON CONFLICT (user_id, session_id, tab_id) DO UPDATE SET
             last_seq = excluded.last_seq, dropped = excluded.dropped, epoch = excluded.epoch",
    )
    .bind(json(&rows.into_values().collect::<Vec<_>>())?)
    .execute(connection)
    .await?;
    Ok(())
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
