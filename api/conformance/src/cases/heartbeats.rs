//! Heartbeats: what the person is doing, and totals that only grow.

use super::chapter::{REPLIES, TOGETHER};
use crate::backend::Backend;
use crate::case::{Case, InCore, Judged, expect};
use crate::clock;
use crate::visit::Visit;
use serde_json::json;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "heartbeat-says-how-it-stands",
        core: InCore::NotAsked,
        rule: "A heartbeat that is `active` makes the session `active`; `idle` and `hidden` make it `idle`.",
        chapter: TOGETHER,
        run: says_how_it_stands,
    },
    Case {
        name: "heartbeat-moves-the-expiry",
        core: InCore::NotAsked,
        rule: "A session that goes on times out `config.timeoutSeconds` after its last contact: `expiresAt` says when.",
        chapter: REPLIES,
        run: moves_the_expiry,
    },
    Case {
        name: "heartbeat-keeps-the-greatest",
        core: InCore::NotAsked,
        rule: "Totals are of the session: the greatest of each is kept, `activeSeconds` rounded down.",
        chapter: TOGETHER,
        run: keeps_the_greatest,
    },
];

fn says_how_it_stands(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    for (activity, status) in [("idle", "idle"), ("active", "active"), ("hidden", "idle")] {
        let reply = visit.ok("heartbeat", json!({ "heartbeat": { "activity": activity } }))?;
        expect(reply["status"] == status, || {
            format!("after a beat that is {activity}, status is {}", reply["status"])
        })?;
    }
    Ok(())
}

fn moves_the_expiry(backend: &Backend) -> Judged {
    let visit = Visit::begin(backend)?;
    let timeout = visit.reply["config"]["timeoutSeconds"].as_i64().unwrap_or(3_600) * 1_000;
    let reply = visit.ok("heartbeat", json!({}))?;
    let (heard, expires) = (clock::read(&reply, "serverTime")?, clock::read(&reply, "expiresAt")?);
    expect(expires - heard == timeout, || format!("at {} it expires at {}", reply["serverTime"], reply["expiresAt"]))
}

fn keeps_the_greatest(backend: &Backend) -> Judged {
    let visit = Visit::begin_a_minute_ago(backend)?;
    for (count, seconds) in [(5, 30.9), (9, 12.0), (3, 20.5)] {
        let beat = json!({ "activity": "active", "activityCount": count, "activeSeconds": seconds });
        visit.ok("heartbeat", json!({ "heartbeat": beat }))?;
    }
    let row = visit.listed()?.unwrap_or_default();
    let kept = (&row["activityCount"], &row["activeSeconds"]);
    expect(kept == (&json!(9), &json!(30)), || {
        format!("activityCount and activeSeconds are {kept:?}, and should be 9 and 30")
    })
}
