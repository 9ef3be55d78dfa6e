//! What the host chose, parsed once. Behind this door nothing is left to validate.

use crate::limits::{
    DEBOUNCE, ENDPOINT_BYTES, FLUSH, HEARTBEAT, IDLE, MAX_SESSION, METADATA_BYTES, NAME_CHARS, RESUME, USER_CHARS,
};
use crate::section::Section;
use crate::time::Millis;

/// An option's name, and what it has to be: the text of the error when it is not.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// The name.
    pub option: &'static str,
    /// What is expected.
    pub expected: &'static str,
}

macro_rules! rules {
    ($($name:ident: $option:literal, $expected:literal;)*) => {
        $(
            #[doc = concat!("`", $option, "`: ", $expected, ".")]
            pub static $name: Rule = Rule { option: $option, expected: $expected };
        )*
        /// Every rule there is.
        pub static RULES: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
    ENDPOINT: "endpoint", "the session API's address: an http(s) URL, or a path that begins with /, such as /api/sessions";
    USER_ID: "userId", "a text of 1 to 128 characters without control characters";
    PLATFORM: "platform", "1 to 200 letters, digits, dots, dashes or underscores";
    SECTION: "section", "a text of 1 to 200 characters";
    REPLACE: "replace", "\"device\", \"user\" or \"none\"";
    METADATA: "metadata", "an object of at most 8192 bytes of JSON";
    HEARTBEAT_SECONDS: "heartbeatSeconds", "a number from 5 to 3600";
    DEBOUNCE_MILLISECONDS: "debounceMilliseconds", "a number from 0 to 60000";
    FLUSH_SECONDS: "flushSeconds", "a number from 0 to 600";
    NAMESPACE: "namespace", "1 to 200 letters, digits, dots, dashes or underscores";
    PERSISTENCE: "persistence", "\"local\" or \"none\"";
}

/// Where options come from, each right in type already.
pub trait Source {
    /// A text.
    fn text(&self, option: &'static str) -> Option<String>;
    /// A number.
    fn number(&self, option: &'static str) -> Option<f64>;
}

/// The options, usable as they stand.
#[derive(Clone, Debug)]
pub struct Config {
    /// The API's base, without a slash at its end.
    pub endpoint: String,
    /// The host's name for the person; empty if it gave none.
    pub user_id: String,
    /// What kind of application this is.
    pub platform: String,
    /// Where the person is at the start.
    pub section: Section,
    /// Which earlier sessions a start ends: `device`, `user` or `none`.
    pub replace: String,
    /// What keeps two applications of one origin apart in storage.
    pub namespace: String,
    /// Whether anything may be stored.
    pub persistent: bool,
    /// A JSON object to keep with the session; empty if none was given.
    pub metadata: String,
    /// Times the host insists on.
    pub chosen: Times,
}

impl Config {
    /// Checks the options. `section` is where the person is if the host does not say.
    ///
    /// # Errors
    /// The [`Rule`] of the first option that cannot be used.
    pub fn parse(source: &dyn Source, section: Section) -> Result<Self, &'static Rule> {
        let mut config = Self {
            endpoint: text(source, &ENDPOINT, "", is_endpoint)?,
            user_id: text(source, &USER_ID, "", is_user_id)?,
            platform: text(source, &PLATFORM, "web", is_word)?,
            section,
            replace: text(source, &REPLACE, "device", |word| matches!(word, "device" | "user" | "none"))?,
            namespace: text(source, &NAMESPACE, "session-tracker", is_word)?,
            persistent: text(source, &PERSISTENCE, "local", |word| matches!(word, "local" | "none"))? == "local",
            metadata: text(source, &METADATA, "", |json| json.starts_with('{') && json.len() <= METADATA_BYTES)?,
            chosen: Times {
                heartbeat: duration(source, &HEARTBEAT_SECONDS, 1_000.0, 5.0, 3_600.0)?,
                debounce: duration(source, &DEBOUNCE_MILLISECONDS, 1.0, 0.0, 60_000.0)?,
                flush: duration(source, &FLUSH_SECONDS, 1_000.0, 0.0, 600.0)?,
                ..Times::default()
            },
        };
        if config.endpoint.is_empty() {
            return Err(&ENDPOINT);
        }
        if config.endpoint.ends_with('/') {
            config.endpoint.pop();
        }
        if let Some(section) = source.text(SECTION.option) {
            config.section = Section::parse(&section).ok_or(&SECTION)?;
        }
        Ok(config)
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
        Self {
            heartbeat: chosen.heartbeat.or(server.heartbeat).unwrap_or(HEARTBEAT),
            debounce: chosen.debounce.or(server.debounce).unwrap_or(DEBOUNCE),
            flush: chosen.flush.or(server.flush).unwrap_or(FLUSH),
            idle: chosen.idle.or(server.idle).unwrap_or(IDLE),
            resume: chosen.resume.or(server.resume).unwrap_or(RESUME),
            max_session: chosen.max_session.or(server.max_session).unwrap_or(MAX_SESSION),
        }
    }

    /// The longest interval that may count as active time: two beats; a longer one was sleep.
    #[must_use]
    pub fn longest_interval(&self) -> Millis {
        Millis(self.heartbeat.0.saturating_mul(2))
    }
}

fn text(
    source: &dyn Source,
    rule: &'static Rule,
    default: &str,
    fits: fn(&str) -> bool,
) -> Result<String, &'static Rule> {
    let Some(given) = source.text(rule.option) else { return Ok(default.into()) };
    if fits(&given) { Ok(given) } else { Err(rule) }
}

fn duration(
    source: &dyn Source,
    rule: &'static Rule,
    unit: f64,
    least: f64,
    most: f64,
) -> Result<Option<Millis>, &'static Rule> {
    let Some(given) = source.number(rule.option) else { return Ok(None) };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked first")]
    let millis = Millis((given * unit) as u64);
    if given >= least && given <= most { Ok(Some(millis)) } else { Err(rule) }
}

fn is_endpoint(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    // Two slashes would name another host.
    let path = text.strip_prefix('/').filter(|rest| !rest.starts_with('/'));
    let is_clean = text.bytes().all(|byte| byte > b' ' && byte != b'?' && byte != b'#' && byte != 0x7f);
    let is_address = path.is_some() || host.is_some_and(|host| !host.is_empty() && !host.starts_with('/'));
    is_address && is_clean && text.len() <= ENDPOINT_BYTES
}

fn is_user_id(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= USER_CHARS && !text.bytes().any(|byte| byte < b' ' || byte == 0x7f)
}

fn is_word(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !text.is_empty() && text.len() <= NAME_CHARS && text.bytes().all(allowed)
}
