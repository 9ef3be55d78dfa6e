//! What an operator may set about rooms. One setting, the timeout, is what joining, the expiry check and the cleanup all go by.

use crate::config::seconds;
use std::time::Duration;

/// The constants of rooms.
#[derive(Clone, Debug, clap::Args)]
pub struct RoomTiming {
    /// A room is over when nobody was seen in it for so long: its link is refused, and the cleanup deletes it.
    #[arg(id = "room_timeout", long = "room-timeout-seconds", env = "SESSION_ROOM_TIMEOUT_SECONDS", value_name = "SECONDS", default_value = "3600", value_parser = seconds)]
    pub timeout: Duration,

    /// A room is over so long after it was made, whoever is in it. Not set, age alone ends none.
    #[arg(id = "room_max_age", long = "room-max-age-seconds", env = "SESSION_ROOM_MAX_AGE_SECONDS", value_name = "SECONDS", value_parser = seconds_of_a_year)]
    pub max_age: Option<Duration>,

    /// The cleanup also deletes rooms in which fewer users than this were seen within the timeout. Not set, one is enough.
    #[arg(long = "room-min-participants", env = "SESSION_ROOM_MIN_PARTICIPANTS", value_name = "USERS", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub min_participants: Option<u32>,

    /// The cleanup of rooms runs so often.
    #[arg(id = "room_cleanup", long = "room-cleanup-seconds", env = "SESSION_ROOM_CLEANUP_SECONDS", value_name = "SECONDS", default_value = "900", value_parser = seconds)]
    pub cleanup: Duration,

    /// Clients check so often whether a room's link is still alive.
    #[arg(long = "expiry-check-seconds", env = "SESSION_EXPIRY_CHECK_SECONDS", value_name = "SECONDS", default_value = "300", value_parser = seconds)]
    pub expiry_check: Duration,
}

impl Default for RoomTiming {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(3_600),
            max_age: None,
            min_participants: None,
            cleanup: Duration::from_secs(900),
            expiry_check: Duration::from_secs(300),
        }
    }
}

fn seconds_of_a_year(text: &str) -> Result<Duration, String> {
    let age = text.parse().ok().filter(|seconds| (1..=31_536_000).contains(seconds));
    age.map(Duration::from_secs).ok_or("expected a whole number from 1 to 31536000".into())
}

/// A duration as people say it: in the largest unit that it is a whole number of.
#[must_use]
pub fn spoken(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (count, unit) = match seconds {
        _ if seconds >= 3_600 && seconds.is_multiple_of(3_600) => (seconds / 3_600, "hour"),
        _ if seconds >= 60 && seconds.is_multiple_of(60) => (seconds / 60, "minute"),
        _ => (seconds, "second"),
    };
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}
