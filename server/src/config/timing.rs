//! The constants of sessions, as an operator sets them and as the start reply tells them to clients.

use super::duration::{milliseconds, seconds};
use crate::room::RoomTiming;
use std::time::Duration;

/// The constants of sessions. The start reply tells them to the client, so they have one home.
#[derive(Clone, Debug, clap::Args)]
pub struct Timing {
    /// A session ends when nothing was heard of it for so long.
    #[arg(long = "timeout-seconds", env = "SESSION_TIMEOUT_SECONDS", value_name = "SECONDS", default_value = "3600", value_parser = seconds)]
    pub timeout: Duration,

    /// A session whose page was left can be taken up again for so long.
    #[arg(long = "resume-seconds", env = "SESSION_RESUME_SECONDS", value_name = "SECONDS", default_value = "1800", value_parser = seconds)]
    pub resume: Duration,

    /// A person counts as idle after so long without input.
    #[arg(long = "idle-seconds", env = "SESSION_IDLE_SECONDS", value_name = "SECONDS", default_value = "300", value_parser = seconds)]
    pub idle: Duration,

    /// Pages say that they are still there so often.
    #[arg(long = "heartbeat-seconds", env = "SESSION_HEARTBEAT_SECONDS", value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub heartbeat: Duration,

    /// A section counts as entered when it was stayed in for so long.
    #[arg(long = "debounce-milliseconds", env = "SESSION_DEBOUNCE_MILLISECONDS", value_name = "MILLISECONDS", default_value = "1000", value_parser = milliseconds)]
    pub debounce: Duration,

    /// Queued events are sent after at most so long.
    #[arg(long = "flush-seconds", env = "SESSION_FLUSH_SECONDS", value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub flush: Duration,

    /// History is kept at least so many days.
    #[arg(long = "history-days", env = "SESSION_HISTORY_DAYS", value_name = "DAYS", default_value = "90", value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub history_days: u32,

    /// Conversations with a model are kept at least so many days after their last interaction.
    #[arg(long = "ai-history-days", env = "SESSION_AI_HISTORY_DAYS", value_name = "DAYS", default_value = "90", value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub ai_history_days: u32,

    /// The constants of rooms.
    #[command(flatten)]
    pub rooms: RoomTiming,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(3_600),
            resume: Duration::from_secs(1_800),
            idle: Duration::from_secs(300),
            heartbeat: Duration::from_secs(30),
            debounce: Duration::from_secs(1),
            flush: Duration::from_secs(5),
            history_days: 90,
            ai_history_days: 90,
            rooms: RoomTiming::default(),
        }
    }
}
