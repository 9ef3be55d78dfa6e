//! Everything that only reads the file. Each query names whose rows it wants, but for the two feeds, which the service token guards.

use super::rows::{SessionRow, StoredEvent, TabRow, dropped, id, signed, time, unsigned};
use crate::clock::Timestamp;
use crate::config::Timing;
use crate::limits::MAX_SESSION;
use crate::session::Session;
use crate::session::gaps;
use crate::store::{FedEvent, Feed, Page, Stats, StoreError, TabTrail, Trail};
use sqlx::sqlite::SqlitePool;
use std::collections::BTreeMap;
use uuid::Uuid;

pub(super) async fn active(
    pool: &SqlitePool,
    user_id: &str,
    now: Timestamp,
    timing: &Timing,
) -> Result<Vec<Session>, StoreError> {
    let rows = sqlx::query_as::<_, SessionRow>(
        "SELECT * FROM user_sessions
         WHERE user_id = ? AND ended_at IS NULL AND last_heartbeat_at > ? AND started_at > ?
         ORDER BY started_at DESC, id DESC LIMIT 500",
    )
    .bind(user_id)
    .bind(now.minus(timing.timeout).to_string())
    .bind(now.minus(MAX_SESSION).to_string())
    .fetch_all(pool)
    .await?;
    rows.into_iter().map(SessionRow::session).collect()
}

pub(super) async fn stats(
    pool: &SqlitePool,
    user_id: &str,
    since: Timestamp,
    now: Timestamp,
    timing: &Timing,
) -> Result<Stats, StoreError> {
    // Half a millisecond is added before cutting, for SQLite tells times below the second as floating-point numbers.
    let (total_sessions, total_seconds, last_start): (i64, i64, Option<String>) = sqlx::query_as(
        "SELECT count(*),
                coalesce(sum(coalesce(total_duration_seconds, max(0,
                    CAST(unixepoch(last_heartbeat_at, 'subsec') - unixepoch(started_at, 'subsec') + 0.0005 AS INTEGER)))), 0),
                max(started_at)
         FROM user_sessions WHERE user_id = ? AND started_at >= ?",
    )
    .bind(user_id)
    .bind(since.to_string())
    .fetch_one(pool)
    .await?;
    let sections: Vec<(String, i64)> = sqlx::query_as(
        "SELECT e.section, count(*)
         FROM user_sessions s JOIN session_events e ON e.user_id = s.user_id AND e.session_id = s.id
         WHERE s.user_id = ? AND s.started_at >= ? AND e.event_type IN ('session_start', 'section_change') AND e.section IS NOT NULL
         GROUP BY e.section",
    )
    .bind(user_id)
    .bind(since.to_string())
    .fetch_all(pool)
    .await?;
    let active_sessions: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM user_sessions
         WHERE user_id = ? AND ended_at IS NULL AND last_heartbeat_at > ? AND started_at > ?",
    )
    .bind(user_id)
    .bind(now.minus(timing.timeout).to_string())
    .bind(now.minus(MAX_SESSION).to_string())
    .fetch_one(pool)
    .await?;
    Ok(Stats {
        total_sessions: unsigned(total_sessions),
        total_seconds: unsigned(total_seconds),
        section_counts: sections.into_iter().map(|(section, count)| (section, unsigned(count))).collect(),
        last_session_start: last_start.as_deref().map(|text| time("started_at", text)).transpose()?,
        active_sessions: unsigned(active_sessions),
    })
}

pub(super) async fn trail(
    pool: &SqlitePool,
    user_id: &str,
    session_id: Uuid,
    skip: u64,
    limit: u32,
) -> Result<Option<Trail>, StoreError> {
    let stored: Option<String> =
        sqlx::query_scalar("SELECT id FROM user_sessions WHERE user_id = ?1 AND (id = ?2 OR given_id = ?2)")
            .bind(user_id)
            .bind(session_id.to_string())
            .fetch_optional(pool)
            .await?;
    let Some(stored) = stored else { return Ok(None) };
    let mut rows = sqlx::query_as::<_, StoredEvent>(
        "SELECT * FROM session_events WHERE user_id = ? AND session_id = ?
         ORDER BY CASE event_type WHEN 'session_start' THEN 0 WHEN 'session_end' THEN 2 ELSE 1 END, occurred_at, tab_id, seq, row_order
         LIMIT ? OFFSET ?",
    )
    .bind(user_id)
    .bind(&stored)
    .bind(i64::from(limit) + 1)
    .bind(signed(skip))
    .fetch_all(pool)
    .await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    Ok(Some(Trail {
        session_id: id("id", &stored)?,
        events: rows.into_iter().map(StoredEvent::event).collect::<Result<_, _>>()?,
        more,
        tabs: tabs(pool, user_id, &stored).await?,
    }))
}

async fn tabs(pool: &SqlitePool, user_id: &str, session_id: &str) -> Result<Vec<TabTrail>, StoreError> {
    let accounts =
        sqlx::query_as::<_, TabRow>("SELECT * FROM session_tabs WHERE user_id = ? AND session_id = ? ORDER BY tab_id")
            .bind(user_id)
            .bind(session_id)
            .fetch_all(pool)
            .await?;
    let received: Vec<(String, i64)> = sqlx::query_as(
        "SELECT DISTINCT tab_id, seq FROM session_events
         WHERE user_id = ? AND session_id = ? AND tab_id IS NOT NULL AND seq IS NOT NULL ORDER BY seq",
    )
    .bind(user_id)
    .bind(session_id)
    .fetch_all(pool)
    .await?;
    let mut by_tab: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (tab, seq) in received {
        by_tab.entry(tab).or_default().push(unsigned(seq));
    }
    accounts
        .into_iter()
        .map(|account| {
            let received = by_tab.remove(&account.tab_id).unwrap_or_default();
            let dropped = dropped(&account.dropped)?;
            let last_seq = unsigned(account.last_seq).max(received.last().copied().unwrap_or(0));
            Ok(TabTrail {
                tab_id: id("tab_id", &account.tab_id)?,
                last_seq,
                received: received.len() as u64,
                missing: gaps::missing(last_seq, &received, &dropped),
                dropped,
            })
        })
        .collect()
}

pub(super) async fn session_feed(pool: &SqlitePool, page: Page) -> Result<Feed<Session>, StoreError> {
    let rows =
        match page.since {
            Some(since) => {
                sqlx::query_as::<_, SessionRow>(
                    "SELECT * FROM user_sessions WHERE change_order > ? ORDER BY change_order LIMIT ?",
                )
                .bind(since)
                .bind(page.limit)
                .fetch_all(pool)
                .await?
            }
            None => sqlx::query_as::<_, SessionRow>(
                "SELECT * FROM (SELECT * FROM user_sessions ORDER BY change_order DESC LIMIT ?) ORDER BY change_order",
            )
            .bind(page.limit)
            .fetch_all(pool)
            .await?,
        };
    let next = rows.last().map(|row| row.change_order).or(page.since).unwrap_or(0);
    Ok(Feed { rows: rows.into_iter().map(SessionRow::session).collect::<Result<_, _>>()?, next })
}

pub(super) async fn event_feed(pool: &SqlitePool, page: Page) -> Result<Feed<FedEvent>, StoreError> {
    let rows = match page.since {
        Some(since) => {
            sqlx::query_as::<_, StoredEvent>(
                "SELECT * FROM session_events WHERE row_order > ? ORDER BY row_order LIMIT ?",
            )
            .bind(since)
            .bind(page.limit)
            .fetch_all(pool)
            .await?
        }
        None => {
            sqlx::query_as::<_, StoredEvent>(
                "SELECT * FROM (SELECT * FROM session_events ORDER BY row_order DESC LIMIT ?) ORDER BY row_order",
            )
            .bind(page.limit)
            .fetch_all(pool)
            .await?
        }
    };
    let next = rows.last().map(|row| row.row_order).or(page.since).unwrap_or(0);
    let rows = rows.into_iter().map(|row| {
        let (user_id, session_id) = (row.user_id.clone(), id("session_id", &row.session_id)?);
        Ok(FedEvent { user_id, session_id, event: row.event()? })
    });
    Ok(Feed { rows: rows.collect::<Result<_, StoreError>>()?, next })
}
