//! JSON that the page has parsed, so that no parser of it is downloaded: `flat` in `page.js` writes each value as its path and what it is, each
//! followed by a zero character. This room knows that form, and no name in it.

use crate::lines::{cut, number};

/// An object's values by their paths, which are spelt as jq spells them: `.config.idleSeconds`, `.rejected[].index`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flat<'a>(&'a str);

impl<'a> Flat<'a> {
    /// The object that a text of JSON was; nothing if it was anything else.
    #[must_use]
    pub fn object(flat: &'a str) -> Option<Self> {
        flat.starts_with("\0.\0").then_some(Self(flat))
    }

    /// What the first value with this path is.
    #[must_use]
    pub fn get(self, path: &str) -> Option<&'a str> {
        pairs(self.0).find(|(at, _)| *at == path).map(|(_, value)| value)
    }

    /// What a text says. A quotation mark before it tells it from all else.
    #[must_use]
    pub fn text(self, path: &str) -> Option<&'a str> {
        self.get(path)?.strip_prefix("\"")
    }

    /// A number that is not below zero, in thousandths.
    #[must_use]
    pub fn thousandths(self, path: &str) -> Option<u64> {
        self.get(path).and_then(thousandths)
    }

    /// A whole number that is not below zero.
    #[must_use]
    pub fn whole(self, path: &str) -> Option<u64> {
        self.get(path).and_then(whole)
    }

    /// Whether it is `true`.
    #[must_use]
    pub fn is_true(self, path: &str) -> bool {
        self.get(path) == Some("true")
    }

    /// All values whose paths begin so, with what follows in their paths.
    pub fn under(self, path: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
        pairs(self.0).filter_map(move |(at, value)| Some((at.strip_prefix(path)?, value)))
    }
}

/// What a value is, if that is a whole number that is not below zero.
#[must_use]
pub fn whole(value: &str) -> Option<u64> {
    Some(thousandths(value)? / 1_000)
}

fn thousandths(value: &str) -> Option<u64> {
    // So many digits are no more than a u64 holds.
    let is_number = value.len() < 20 && value.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| number(value))
}

/// Names and texts in turn, each followed by a zero character.
pub fn pairs(joined: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = joined;
    core::iter::from_fn(move || {
        let (name, after) = cut(rest, 0)?;
        let (text, after) = cut(after, 0)?;
        rest = after;
        Some((name, text))
    })
}
