//! Which id a row gets. Version 7 ids carry their time, and stores divide their rows by it: an id from a device whose clock is far off
//! would lie where nobody looks and escape retention. Such an id is mapped to one that a repeated request is mapped to as well.

use crate::clock::{Timestamp, whole_millis};
use crate::limits::{ID_AGE, ID_LEAD};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Whether an id can be stored as given: version 7, and its time within 7 days before and 1 day after its receipt.
#[must_use]
pub fn is_timely(id: Uuid, received_at: Timestamp) -> bool {
    if id.get_version_num() != 7 {
        return false;
    }
    let Some((seconds, nanos)) = id.get_timestamp().map(|time| time.to_unix()) else { return false };
    let millis =
        i64::try_from(seconds).unwrap_or(i64::MAX / 1_000).saturating_mul(1_000) + i64::from(nanos / 1_000_000);
    let lead = millis.saturating_sub(received_at.millis());
    (-whole_millis(ID_AGE)..=whole_millis(ID_LEAD)).contains(&lead)
}

/// The id that stands for `given` in a session that began at `started_at`: version 7 with that time, and bits that depend on `given` alone.
#[must_use]
pub fn mapped(given: Uuid, started_at: Timestamp) -> Uuid {
    derived(given, "mapped", started_at)
}

/// The id of the `session_start` or `session_end` event that the server writes: there is one of each in a session.
#[must_use]
pub fn of_server_event(session_id: Uuid, event_type: &str, started_at: Timestamp) -> Uuid {
    derived(session_id, event_type, started_at)
}

fn derived(from: Uuid, purpose: &str, time: Timestamp) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(from.as_bytes());
    hash.update(purpose.as_bytes());
    let digest = hash.finalize();
    let mut bits = [0; 10];
    bits.copy_from_slice(&digest[..10]);
    uuid::Builder::from_unix_timestamp_millis(u64::try_from(time.millis()).unwrap_or(0), &bits).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const NOW: &str = "2026-03-01T12:00:00.000Z";

    fn id_at(time: Timestamp) -> Uuid {
        derived(Uuid::nil(), "test", time)
    }

    #[test]
    fn an_id_is_kept_from_seven_days_old_to_one_day_ahead() {
        let now = Timestamp::parse(NOW).unwrap();
        let milli = Duration::from_millis(1);
        assert!(is_timely(id_at(now.minus(ID_AGE)), now));
        assert!(!is_timely(id_at(now.minus(ID_AGE).minus(milli)), now));
        assert!(is_timely(id_at(now.plus(ID_LEAD)), now));
        assert!(!is_timely(id_at(now.plus(ID_LEAD).plus(milli)), now));
    }

    #[test]
    fn an_id_without_a_time_is_mapped() {
        assert!(!is_timely(Uuid::from_u128(0x8c5f_6a3e_0000_4000_8000_0000_0000_0001), Timestamp::parse(NOW).unwrap()));
    }

    #[test]
    fn a_repeated_request_is_mapped_to_the_same_timely_id() {
        let now = Timestamp::parse(NOW).unwrap();
        let given = Uuid::from_u128(7);
        assert_eq!(mapped(given, now), mapped(given, now));
        assert_ne!(mapped(given, now), mapped(Uuid::from_u128(8), now));
        assert!(is_timely(mapped(given, now), now));
    }
}
