//! Times as the API writes them, and ids that carry them.

use crate::case::Stop;
use serde_json::Value;
use std::time::{SystemTime, UNIX_EPOCH};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::{Builder, Uuid};

/// A day, in milliseconds.
pub const DAY: i64 = 86_400_000;

/// Now, in milliseconds since 1970, by the clock of this machine.
#[must_use]
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// RFC 3339 in UTC with milliseconds.
#[must_use]
pub fn text(millis: i64) -> String {
    let at =
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (date, time) = (at.date(), at.time());
    format!("{date}T{:02}:{:02}:{:02}.{:03}Z", time.hour(), time.minute(), time.second(), time.millisecond())
}

/// What a member of a reply says as a time, in milliseconds; it must be written as [`text`] writes it.
///
/// # Errors
/// [`Stop::Broken`] if it is written otherwise, or missing.
pub fn read(reply: &Value, member: &str) -> Result<i64, Stop> {
    let said = reply[member].as_str().unwrap_or_default();
    let parsed = OffsetDateTime::parse(said, &Rfc3339).map(|at| (at.unix_timestamp_nanos() / 1_000_000) as i64);
    match parsed {
        Ok(millis) if text(millis) == said => Ok(millis),
        _ => Err(Stop::Broken(format!(
            "{member} is {}, and a time like 2026-03-01T12:00:00.000Z was expected",
            reply[member]
        ))),
    }
}

/// A version 7 id of this moment.
#[must_use]
pub fn id_at(millis: i64) -> String {
    let random = Uuid::new_v4().into_bytes();
    let mut bits = [0; 10];
    bits.copy_from_slice(&random[6..]);
    Builder::from_unix_timestamp_millis(u64::try_from(millis).unwrap_or_default(), &bits).into_uuid().to_string()
}

/// A version 7 id of now.
#[must_use]
pub fn new_id() -> String {
    id_at(now())
}
