//! What the host chose, read once. The door at which a value is refused is `pkg/src/options.ts`, where rules cost a page half as many bytes;
//! behind it nothing is validated again.

use crate::flat::Flat;
use crate::limits::{DEBOUNCE, FLUSH, HEARTBEAT, IDLE, MAX_SESSION, RESUME, TIMEOUT};
use crate::section::Section;
use crate::time::Millis;

/// The options, usable as they stand.
#[derive(Clone, Debug)]
pub struct Config {
    /// The host's name for the person; empty if it gave none.
    pub user_id: String,
    /// What kind of application this is.
    pub platform: String,
    /// Where the person is at the start.
    pub section: Section,
    /// Which earlier sessions a start ends: `device`, `user` or `none`.
    pub replace: String,
    /// Whether anything may be stored.
    pub persistent: bool,
    /// A JSON object to keep with the session; empty if none was given.
    pub metadata: String,
    /// Of a thousand sessions, so many have their events taken in.
    pub sample: u64,
    /// The browser had thrown the page's document away to save memory, and made it anew.
    pub was_discarded: bool,
    /// Without input for this long the session ends.
    pub inactivity: Millis,
    /// Times the host insists on.
    pub chosen: Times,
}

impl Config {
    /// Reads the options. What is missing, or not of its kind, has its default. Where the backend is, and under what name things are stored, is
    /// the page's to know.
    #[must_use]
    pub fn read(options: Flat<'_>) -> Self {
        let text = |path: &str, default: &str| String::from(options.text(path).unwrap_or(default));
        let seconds = |path: &str| options.thousandths(path).map(Millis);
        Self {
            user_id: text(".userId", ""),
            platform: text(".platform", "web"),
            section: options.text(".section").and_then(Section::parse).unwrap_or_else(Section::home),
            replace: text(".replace", "device"),
            persistent: options.text(".persistence") != Some("none"),
            metadata: text(".metadata", ""),
            sample: options.thousandths(".sampleRate").unwrap_or(1_000),
            was_discarded: options.is_true(".wasDiscarded"),
            inactivity: Millis(options.thousandths(".inactivityMinutes").map_or(u64::MAX, |minutes| minutes * 60)),
            chosen: Times {
                heartbeat: seconds(".heartbeatSeconds"),
                debounce: options.whole(".debounceMilliseconds").map(Millis),
                flush: seconds(".flushSeconds"),
                ..Times::default()
            },
        }
    }
}

/// The times that host and server may set; `None` leaves them to the next in line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is explained at the default of the same name in limits.rs")]
pub struct Times {
    pub heartbeat: Option<Millis>,
    pub debounce: Option<Millis>,
    pub flush: Option<Millis>,
    pub idle: Option<Millis>,
    pub resume: Option<Millis>,
    pub timeout: Option<Millis>,
    pub max_session: Option<Millis>,
}

/// The times in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is explained at the default of the same name in limits.rs")]
pub struct Settings {
    pub heartbeat: Millis,
    pub debounce: Millis,
    pub flush: Millis,
    pub idle: Millis,
    pub resume: Millis,
    pub timeout: Millis,
    pub max_session: Millis,
}

impl Settings {
    /// The host's choice, else what the server said, else the built-in default.
    #[must_use]
    pub fn new(chosen: Times, server: Times) -> Self {
        Self {
            heartbeat: chosen.heartbeat.or(server.heartbeat).unwrap_or(HEARTBEAT),
            debounce: chosen.debounce.or(server.debounce).unwrap_or(DEBOUNCE),
            flush: chosen.flush.or(server.flush).unwrap_or(FLUSH),
            idle: chosen.idle.or(server.idle).unwrap_or(IDLE),
            resume: chosen.resume.or(server.resume).unwrap_or(RESUME),
            timeout: chosen.timeout.or(server.timeout).unwrap_or(TIMEOUT),
            max_session: chosen.max_session.or(server.max_session).unwrap_or(MAX_SESSION),
        }
    }

    /// The longest interval that may count as active time: two beats; a longer one was sleep, and counts nothing.
    #[must_use]
    pub fn longest_interval(&self) -> Millis {
        Millis(self.heartbeat.0.saturating_mul(2))
    }
}
