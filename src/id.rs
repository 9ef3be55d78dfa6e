//! Names of sessions, tabs and devices: text, as it came or as it was made. Nobody computes with them.

use crate::limits::ID_CHARS;
use uuid::Uuid;

/// A name of 1 to 64 letters, digits and dashes; those made here are UUIDs of version 7.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Id(String);

impl Id {
    /// The name, if it can be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = !text.is_empty()
            && text.len() <= ID_CHARS
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        fits.then(|| Self(text.into()))
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Uuid> for Id {
    fn from(uuid: Uuid) -> Self {
        let mut buffer = Uuid::encode_buffer();
        Self((*uuid.hyphenated().encode_lower(&mut buffer)).into())
    }
}
