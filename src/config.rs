//! What the host chose, parsed once. Behind this door nothing is left to validate.

use crate::limits::{DEBOUNCE, FLUSH, HEARTBEAT, IDLE, MAX_SESSION, METADATA_BYTES, NAME_CHARS, RESUME, USER_CHARS};
use crate::section::Section;
use crate::time::Millis;

/// The options as they came from the host: right in type, not yet in value. Names and meanings are those of the TypeScript `Options`.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "each field is documented where users meet it: the TypeScript interface Options")]
pub struct RawOptions {
    pub endpoint: Option<String>,
    pub user_id: Option<String>,
    pub platform: Option<String>,
    pub section: Option<String>,
    pub replace: Option<String>,
    pub namespace: Option<String>,
    pub persistence: Option<String>,
    pub metadata: Option<String>,
    pub heartbeat_seconds: Option<f64>,
    pub debounce_milliseconds: Option<f64>,
    pub flush_seconds: Option<f64>,
}

/// An option that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionError {
    /// Its name.
    pub option: String,
    /// What it has to be.
    pub expected: &'static str,
    /// What was given.
    pub given: String,
}

impl OptionError {
    /// The error for one option.
    #[must_use]
    pub fn new(option: &str, expected: &'static str, given: &str) -> Self {
        Self { option: option.into(), expected, given: given.chars().take(80).collect() }
    }

    /// The whole sentence. Built without `format!`, whose machinery costs a page 1.8 kB.
    #[must_use]
    pub fn message(&self) -> String {
        ["SessionTracker.create: option `", &self.option, "` must be ", self.expected, "; it was ", &self.given]
            .concat()
    }
}

/// Which earlier sessions a start ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replace {
    /// Those of the same device.
    Device,
    /// All of the same user.
    User,
    /// None.
    Nothing,
}

impl Replace {
    /// The word for it on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::User => "user",
            Self::Nothing => "none",
        }
    }
}

/// The options, usable as they stand.
#[derive(Clone, Debug)]
pub struct Config {
    /// The API's base, without a slash at its end.
    pub endpoint: String,
    /// The host's name for the person.
    pub user_id: Option<String>,
    /// What kind of application this is.
    pub platform: String,
    /// Where the person is at the start.
    pub section: Section,
    /// Which earlier sessions a start ends.
    pub replace: Replace,
    /// What keeps two applications of one origin apart in storage.
    pub namespace: String,
    /// Whether anything may be stored.
    pub persistent: bool,
    /// A JSON object to keep with the session.
    pub metadata: Option<String>,
    /// Times the host insists on.
    pub chosen: Times,
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
    pub max_session: Millis,
}

impl Settings {
    /// The host's choice, else what the server said, else the built-in default.
    #[must_use]
    pub fn new(chosen: Times, server: Times) -> Self {
        let pick = |chosen: Option<Millis>, server: Option<Millis>, default| chosen.or(server).unwrap_or(default);
        Self {
            heartbeat: pick(chosen.heartbeat, server.heartbeat, HEARTBEAT),
            debounce: pick(chosen.debounce, server.debounce, DEBOUNCE),
            flush: pick(chosen.flush, server.flush, FLUSH),
            idle: pick(chosen.idle, server.idle, IDLE),
            resume: pick(chosen.resume, server.resume, RESUME),
            max_session: pick(chosen.max_session, server.max_session, MAX_SESSION),
        }
    }

    /// The longest interval that may count as active time: two beats; a longer one was sleep.
    #[must_use]
    pub fn longest_interval(&self) -> Millis {
        Millis(self.heartbeat.0.saturating_mul(2))
    }
}

impl Config {
    /// Checks the options.
    ///
    /// # Errors
    /// An [`OptionError`] that names the first option that cannot be used.
    pub fn parse(raw: RawOptions) -> Result<Self, OptionError> {
        Ok(Self {
            endpoint: endpoint(raw.endpoint)?,
            user_id: raw.user_id.map(user_id).transpose()?,
            platform: word("platform", raw.platform, "web")?,
            section: match raw.section {
                None => Section::of_path("/"),
                Some(name) => Section::parse(&name)
                    .ok_or_else(|| OptionError::new("section", "a text of 1 to 200 characters", &name))?,
            },
            replace: replace(raw.replace)?,
            namespace: word("namespace", raw.namespace, "session-tracker")?,
            persistent: persistent(raw.persistence)?,
            metadata: raw.metadata.map(metadata).transpose()?,
            chosen: Times {
                heartbeat: duration(
                    raw.heartbeat_seconds,
                    1_000.0,
                    "heartbeatSeconds",
                    5.0,
                    3_600.0,
                    "a number from 5 to 3600",
                )?,
                debounce: duration(
                    raw.debounce_milliseconds,
                    1.0,
                    "debounceMilliseconds",
                    0.0,
                    60_000.0,
                    "a number from 0 to 60000",
                )?,
                flush: duration(raw.flush_seconds, 1_000.0, "flushSeconds", 0.0, 600.0, "a number from 0 to 600")?,
                ..Times::default()
            },
        })
    }
}

fn endpoint(given: Option<String>) -> Result<String, OptionError> {
    const EXPECTED: &str =
        "the session API's address: an http(s) URL, or a path that begins with /, such as /api/sessions";
    let Some(given) = given else {
        return Err(OptionError::new("endpoint", EXPECTED, "not given"));
    };
    let has_host = ["http://", "https://"]
        .into_iter()
        .any(|scheme| given.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/')));
    let is_path = given.starts_with('/') && !given.starts_with("//");
    let is_clean = !given.contains(|c: char| c == '?' || c == '#' || c.is_whitespace() || c.is_control());
    if (has_host || is_path) && is_clean && given.len() <= 2_048 {
        Ok(given.trim_end_matches('/').into())
    } else {
        Err(OptionError::new("endpoint", EXPECTED, &given))
    }
}

fn user_id(given: String) -> Result<String, OptionError> {
    let fits = !given.is_empty() && given.chars().count() <= USER_CHARS && !given.contains(char::is_control);
    if fits {
        Ok(given)
    } else {
        Err(OptionError::new("userId", "a text of 1 to 128 characters without control characters", &given))
    }
}

fn word(option: &str, given: Option<String>, default: &str) -> Result<String, OptionError> {
    let Some(given) = given else { return Ok(default.into()) };
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !given.is_empty() && given.len() <= NAME_CHARS && given.chars().all(allowed) {
        Ok(given)
    } else {
        Err(OptionError::new(option, "1 to 200 letters, digits, dots, dashes or underscores", &given))
    }
}

fn replace(given: Option<String>) -> Result<Replace, OptionError> {
    match given.as_deref() {
        None | Some("device") => Ok(Replace::Device),
        Some("user") => Ok(Replace::User),
        Some("none") => Ok(Replace::Nothing),
        Some(other) => Err(OptionError::new("replace", "\"device\", \"user\" or \"none\"", other)),
    }
}

fn persistent(given: Option<String>) -> Result<bool, OptionError> {
    match given.as_deref() {
        None | Some("local") => Ok(true),
        Some("none") => Ok(false),
        Some(other) => Err(OptionError::new("persistence", "\"local\" or \"none\"", other)),
    }
}

fn metadata(given: String) -> Result<String, OptionError> {
    if given.starts_with('{') && given.len() <= METADATA_BYTES {
        Ok(given)
    } else {
        Err(OptionError::new("metadata", "an object of at most 8192 bytes of JSON", &given))
    }
}

fn duration(
    given: Option<f64>,
    unit: f64,
    option: &str,
    least: f64,
    most: f64,
    expected: &'static str,
) -> Result<Option<Millis>, OptionError> {
    let Some(number) = given else { return Ok(None) };
    if !(least..=most).contains(&number) {
        // Writing a float costs a page 7 kB: the driver, which has the value at hand, puts it in this place.
        return Err(OptionError::new(option, expected, "out of range"));
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range above is within both")]
    Ok(Some(Millis((number * unit) as u64)))
}
