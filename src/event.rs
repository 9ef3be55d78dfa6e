//! What the application tells: parsed once, at the call, and carried as text from there on. What the host does to its objects
//! later does not matter, and nobody reads the JSON again before the server.

use crate::ledger::Refusal;
use crate::limits::{EVENT_BYTES, NAME_CHARS};
use crate::lines::Lines;
use crate::section::Section;
use crate::time::Millis;

/// The type of a section change on the wire.
pub const SECTION_CHANGE: &str = "section_change";
const RESERVED: [&str; 3] = ["session_start", SECTION_CHANGE, "session_end"];

/// The type of an event: 1 to 200 characters, and none of the three which the server gives a meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventType(String);

impl EventType {
    /// Checks a type that the host gave.
    ///
    /// # Errors
    /// [`Refusal::InvalidType`] and [`Refusal::ReservedType`].
    pub fn parse(text: String) -> Result<Self, Refusal> {
        if text.is_empty() || text.chars().count() > NAME_CHARS {
            return Err(Refusal::InvalidType);
        }
        if RESERVED.contains(&text.as_str()) {
            return Err(Refusal::ReservedType);
        }
        Ok(Self(text))
    }

    /// The type's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An event's data as JSON text of at most 32,768 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventData(String);

impl EventData {
    /// Checks what the browser's `JSON.stringify` wrote. It must be JSON: that is not checked again.
    ///
    /// # Errors
    /// [`Refusal::TooLarge`] and [`Refusal::LoneSurrogate`].
    pub fn parse(json: String) -> Result<Self, Refusal> {
        if json.len() > EVENT_BYTES {
            return Err(Refusal::TooLarge);
        }
        if has_lone_surrogate(&json) {
            return Err(Refusal::LoneSurrogate);
        }
        Ok(Self(json))
    }

    /// The JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `JSON.stringify` escapes a surrogate only where it stands alone (ECMA-262, "Well-formed JSON.stringify"), so an escape `\uD800` to
/// `\uDFFF` is one; a backslash that is itself escaped is not the beginning of any.
fn has_lone_surrogate(json: &str) -> bool {
    let mut bytes = json.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'\\' && bytes.next() == Some(b'u') {
            let (first, second) = (bytes.next(), bytes.next());
            if matches!(first, Some(b'd' | b'D')) && matches!(second, Some(b'8'..=b'9' | b'a'..=b'f' | b'A'..=b'F')) {
                return true;
            }
        }
    }
    false
}

/// What happened.
#[derive(Clone, Debug)]
pub enum What {
    /// The application logged it, in the section where the person was.
    Logged {
        /// Its type.
        kind: EventType,
        /// Its data, if it had any.
        data: Option<EventData>,
        /// Where it happened.
        section: Section,
    },
    /// The person went to another section, after they had used the last one for so long; zero if that is not known.
    Moved(Section, Millis),
}

/// An event that has been taken in: it has an id that no retry changes and a number in its tab's sequence. It is spelt once, as it will travel
/// and as it is stored.
#[derive(Clone, Debug, Default)]
pub struct Event {
    /// From 1, per tab and session, without gaps.
    pub seq: u64,
    /// Whether the person went to another section; the core profile has a route of its own for that.
    pub is_move: bool,
    /// Its members, as the wire spells them (see `wire.rs`).
    pub text: String,
    /// The entry of the outbox that holds it too.
    pub kept: Option<u32>,
}

impl Event {
    /// Writes it to an entry of storage, or reads it there.
    pub fn carry(&mut self, lines: &mut Lines<'_>) {
        lines.number(&mut self.seq);
        lines.flag(&mut self.is_move);
        lines.text(&mut self.text);
    }

    /// How much of a request it takes, to within a few bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        const BRACES_AND_TYPE: usize = 32;
        self.text.len() + BRACES_AND_TYPE
    }
}
