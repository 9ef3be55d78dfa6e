//! Reads the members of a JSON object one by one, and collects what is wrong with them, each with its JSON pointer. A member that is
//! absent or `null` is not there; unknown members are ignored. Values stay text until they are read, so event data is never re-written.

use super::json;
use crate::clock::Timestamp;
use crate::error::{Fault, Problem};
use crate::limits::{COUNT, OBJECT_BYTES};
use crate::number;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use uuid::Uuid;

/// The members of one object.
pub struct Fields<'a> {
    members: BTreeMap<String, &'a RawValue>,
    pointer: String,
    faults: Vec<Fault>,
}

impl<'a> Fields<'a> {
    /// The object that this text is.
    ///
    /// # Errors
    /// `invalid-json` if it is no JSON, `invalid-request` if it is no object.
    pub fn parse(text: &'a str) -> Result<Self, Problem> {
        let raw: &RawValue = serde_json::from_str(text).map_err(|error| {
            Problem::InvalidJson(format!(
                "The body is not JSON, from line {} column {} on.",
                error.line(),
                error.column()
            ))
        })?;
        Self::of(raw, String::new()).map_err(|fault| Problem::InvalidRequest(vec![fault]))
    }

    /// The object at this pointer.
    ///
    /// # Errors
    /// A fault if it is none.
    pub fn of(raw: &'a RawValue, pointer: String) -> Result<Self, Fault> {
        match serde_json::from_str(raw.get()) {
            Ok(members) => Ok(Self { members, pointer, faults: Vec::new() }),
            Err(_) => Err(Fault { pointer, detail: format!("must be an object, not {}", kind(raw.get())) }),
        }
    }

    /// What was wrong with the members read so far.
    ///
    /// # Errors
    /// `invalid-request` with all of them.
    pub fn finish(self) -> Result<(), Problem> {
        if self.faults.is_empty() { Ok(()) } else { Err(Problem::InvalidRequest(self.faults)) }
    }

    /// What was wrong with the members read so far, taken out.
    pub fn take_faults(&mut self) -> Vec<Fault> {
        std::mem::take(&mut self.faults)
    }

    /// Adds what was wrong elsewhere.
    pub fn add_faults(&mut self, faults: Vec<Fault>) {
        self.faults.extend(faults);
    }

    /// Notes that a member is at fault.
    pub fn fault(&mut self, name: &str, detail: impl Into<String>) {
        let pointer = self.pointer_to(name);
        self.faults.push(Fault { pointer, detail: detail.into() });
    }

    /// The JSON pointer to a member.
    #[must_use]
    pub fn pointer_to(&self, name: &str) -> String {
        format!("{}/{}", self.pointer, name.replace('~', "~0").replace('/', "~1"))
    }

    /// A member as it stands.
    #[must_use]
    pub fn raw(&self, name: &str) -> Option<&'a RawValue> {
        self.members.get(name).copied().filter(|raw| raw.get() != "null")
    }

    /// A text of 1 to `most` characters.
    pub fn text(&mut self, name: &str, most: usize) -> Option<String> {
        let text = self.string(name)?;
        self.fit(name, text, |text| text.chars().count(), most, "characters")
    }

    /// A text of 1 to `most` bytes of UTF-8.
    pub fn bytes(&mut self, name: &str, most: usize) -> Option<String> {
        let text = self.string(name)?;
        self.fit(name, text, |text| text.len(), most, "bytes of UTF-8")
    }

    /// True or false.
    pub fn truth(&mut self, name: &str) -> Option<bool> {
        let raw = self.raw(name)?;
        let truth = serde_json::from_str(raw.get()).ok();
        if truth.is_none() {
            self.fault(name, format!("must be true or false, not {}", kind(raw.get())));
        }
        truth
    }

    /// A UUID.
    pub fn id(&mut self, name: &str) -> Option<Uuid> {
        let text = self.string(name)?;
        let id = uuid(&text);
        if id.is_none() {
            self.fault(name, "must be a UUID, such as 019ca945-0a00-7000-8000-000000000001");
        }
        id
    }

    /// A time.
    pub fn time(&mut self, name: &str) -> Option<Timestamp> {
        let text = self.string(name)?;
        let time = Timestamp::parse(&text);
        if time.is_none() {
            self.fault(name, "must be an RFC 3339 time, such as 2026-03-01T12:00:00.000Z");
        }
        time
    }

    /// One of these names.
    pub fn one_of<T>(&mut self, name: &str, parse: impl Fn(&str) -> Option<T>, names: &str) -> Option<T> {
        let text = self.string(name)?;
        let value = parse(&text);
        if value.is_none() {
            self.fault(name, format!("must be one of {names}"));
        }
        value
    }

    /// A whole number from 1 to 2^53 − 1.
    pub fn number(&mut self, name: &str) -> Option<u64> {
        let raw = self.raw(name)?;
        let number = whole(raw);
        if number.is_none() {
            self.fault(name, format!("must be a whole number from 1 to {COUNT}, not {}", kind_or_number(raw.get())));
        }
        number
    }

    /// A total: a number from 0 to 2^53 − 1, rounded down.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "the range is checked first"
    )]
    pub fn total(&mut self, name: &str) -> Option<u64> {
        let raw = self.raw(name)?;
        let number = serde_json::from_str::<f64>(raw.get()).ok().filter(|number| (0.0..=COUNT as f64).contains(number));
        if number.is_none() {
            self.fault(name, format!("must be a number from 0 to {COUNT}, not {}", kind_or_number(raw.get())));
        }
        number.map(|number| number as u64)
    }

    /// A JSON object, kept as text.
    pub fn object_text(&mut self, name: &str) -> Option<String> {
        let text = self.raw(name)?.get();
        let detail = if !text.starts_with('{') {
            format!("must be an object, not {}", kind(text))
        } else if text.len() > OBJECT_BYTES {
            format!("must have at most {OBJECT_BYTES} bytes, not {}", text.len())
        } else if let Some(flaw) = json::flaw(text) {
            flaw
        } else if number::bytes_of(text) > OBJECT_BYTES {
            format!(
                "must have at most {OBJECT_BYTES} bytes, not {} with all digits of its numbers",
                number::bytes_of(text)
            )
        } else {
            return Some(text.into());
        };
        self.fault(name, detail);
        None
    }

    /// A member that is an object, to be read by `read`; what is wrong in it counts here.
    pub fn inner<T>(&mut self, name: &str, read: impl FnOnce(&mut Fields<'a>) -> T) -> Option<T> {
        let raw = self.raw(name)?;
        match Fields::of(raw, self.pointer_to(name)) {
            Ok(mut inner) => {
                let value = read(&mut inner);
                self.faults.extend(inner.faults);
                Some(value)
            }
            Err(fault) => {
                self.faults.push(fault);
                None
            }
        }
    }

    /// A member that is a list.
    pub fn list(&mut self, name: &str) -> Option<Vec<&'a RawValue>> {
        let raw = self.raw(name)?;
        let list = serde_json::from_str(raw.get()).ok();
        if list.is_none() {
            self.fault(name, format!("must be a list, not {}", kind(raw.get())));
        }
        list
    }

    fn fit(
        &mut self,
        name: &str,
        text: String,
        measure: impl Fn(&str) -> usize,
        most: usize,
        unit: &str,
    ) -> Option<String> {
        let length = measure(&text);
        if length == 0 || length > most {
            self.fault(name, format!("must have 1 to {most} {unit}, not {length}"));
            return None;
        }
        if text.contains('\0') {
            self.fault(name, "contains the character \\u0000");
            return None;
        }
        Some(text)
    }

    fn string(&mut self, name: &str) -> Option<String> {
        let raw = self.raw(name)?;
        let text = serde_json::from_str(raw.get()).ok();
        if text.is_none() {
            let is_text = raw.get().starts_with('"');
            let detail = if is_text {
                json::flaw(raw.get()).unwrap_or_else(|| "is not a text that can be read".into())
            } else {
                format!("must be a text, not {}", kind(raw.get()))
            };
            self.fault(name, detail);
        }
        text
    }
}

/// A UUID in its usual form, of which there is one but for the case of its letters.
pub fn uuid(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok().filter(|_| text.len() == 36)
}

/// A whole number from 1 to 2^53 − 1. `3.0` is one too: so JSON Schema has it, and some languages write all their numbers so.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "the range is checked, and within it a double is exact"
)]
pub fn whole(raw: &RawValue) -> Option<u64> {
    let number = serde_json::from_str::<f64>(raw.get()).ok()?;
    ((1.0..=COUNT as f64).contains(&number) && number.fract() == 0.0).then_some(number as u64)
}

fn kind(json: &str) -> &'static str {
    match json.as_bytes().first() {
        Some(b'"') => "a text",
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b't' | b'f') => "true or false",
        Some(b'n') => "null",
        _ => "a number",
    }
}

fn kind_or_number(json: &str) -> String {
    if kind(json) == "a number" && json.len() <= 32 { json.into() } else { kind(json).into() }
}
