//! Metadata that updates merge: the last value of each member stands.

use crate::limits::OBJECT_BYTES;
use crate::session::write::Refusal;
use serde_json::{Map, Value};

/// # Errors
/// [`Refusal::MetadataTooLarge`] if they are too large together.
pub(super) fn merge(stored: Option<&str>, said: &str) -> Result<String, Refusal> {
    let object = |text| serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default();
    let mut merged = stored.map(object).unwrap_or_default();
    merged.extend(object(said));
    let text = Value::Object(merged).to_string();
    if text.len() > OBJECT_BYTES { Err(Refusal::MetadataTooLarge) } else { Ok(text) }
}
