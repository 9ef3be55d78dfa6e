//! What an operator is told of everybody's sessions together.

use super::views;
use crate::clock::Timestamp;
use crate::store::insights::{Bucket, DURATION_EDGES, Online, Point, RETENTION_DAYS, Span, Summary};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Hours that are named as the busiest.
const PEAK_HOURS: usize = 3;

/// The reply to `GET /api/analytics/summary`.
#[must_use]
pub fn summary(summary: &Summary, span: Span, days_back: u32) -> Value {
    let mean = |seconds: u64| seconds.checked_div(summary.sessions).unwrap_or(0);
    json!({
        "daysBack": days_back,
        "from": span.from,
        "to": span.to,
        "totalSessions": summary.sessions,
        "totalUsers": summary.users,
        "totalSeconds": summary.total_seconds,
        "averageDurationSeconds": mean(summary.total_seconds),
        "averageActiveSeconds": mean(summary.active_seconds),
        "hours": summary.hours,
        "peakHours": peak_hours(&summary.hours),
        "durations": durations(summary),
        "endReasons": summary.end_reasons,
        "platforms": summary.platforms,
        "sections": named(&summary.sections, "section"),
        "eventTypes": named(&summary.event_types, "eventType"),
        "delivery": delivery(summary),
        "retention": retention(summary),
    })
}

fn peak_hours(hours: &[u64; 24]) -> Vec<usize> {
    let mut busiest: Vec<_> = hours.iter().copied().enumerate().filter(|(_, sessions)| *sessions > 0).collect();
    busiest.sort_by_key(|(hour, sessions)| (std::cmp::Reverse(*sessions), *hour));
    busiest.into_iter().take(PEAK_HOURS).map(|(hour, _)| hour).collect()
}

fn durations(summary: &Summary) -> Vec<Value> {
    let ends = DURATION_EDGES.iter().skip(1).copied().map(Some).chain([None]);
    let buckets = DURATION_EDGES.iter().zip(ends).zip(summary.durations);
    buckets
        .map(|((from, to), sessions)| json!({ "fromSeconds": from, "toSeconds": to, "sessions": sessions }))
        .collect()
}

fn named(counts: &[(String, u64)], name: &str) -> Vec<Value> {
    counts.iter().map(|(value, count)| json!({ name: value, "count": count })).collect()
}

fn delivery(summary: &Summary) -> Value {
    let delivery = summary.delivery;
    json!({
        "tabs": delivery.tabs,
        "tabsWithGaps": delivery.tabs_with_gaps,
        "given": delivery.given,
        "received": delivery.received,
        "dropped": delivery.dropped,
        "missing": delivery.missing,
        "completeness": share(delivery.given - delivery.missing.min(delivery.given), delivery.given),
    })
}

fn retention(summary: &Summary) -> Vec<Value> {
    let days = RETENTION_DAYS.iter().zip(summary.retention);
    days.map(|(day, of)| {
        json!({ "day": day, "users": of.users, "returned": of.returned, "share": share(of.returned, of.users) })
    })
    .collect()
}

/// A part of a whole, to four decimals; `None` of nothing.
#[allow(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 10_000.0).round() / 10_000.0)
}

/// The reply to `GET /api/analytics/timeline`: every bucket of the span, empty ones too.
#[must_use]
pub fn timeline(points: &BTreeMap<Timestamp, Point>, span: Span, days_back: u32, bucket: Bucket) -> Value {
    let mut at = span.from;
    let mut all = Vec::new();
    while at < span.to {
        let point = points.get(&at).copied().unwrap_or_default();
        all.push(json!({ "at": at, "sessions": point.sessions, "users": point.users, "events": point.events }));
        at = Timestamp::from_millis(at.millis() + bucket.millis());
    }
    json!({ "daysBack": days_back, "bucket": bucket.name(), "from": span.from, "to": span.to, "points": all })
}

/// The reply to `GET /api/analytics/online`.
#[must_use]
pub fn online(online: &Online, now: Timestamp) -> Value {
    json!({
        "activeSessions": online.active_sessions,
        "idleSessions": online.idle_sessions,
        "onlineSessions": online.online_sessions,
        "onlineUsers": online.online_users,
        "sections": online.sections,
        "sessions": online.newest.iter().map(views::session).collect::<Vec<_>>(),
        "serverTime": now,
    })
}
