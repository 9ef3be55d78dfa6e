//! Text that the tracker writes for itself and for the other tabs of its origin: one value a line, in an order that both sides know, after a line that
//! says how long all of it is. What is carried through it is named once, for writing and for reading alike, so the two cannot disagree.

use crate::id::Id;
use crate::wire::push_number;

/// Values on their way into a text, or out of one.
#[derive(Debug, Default)]
pub struct Lines<'a> {
    written: String,
    /// What is still to be read; nothing if this is for writing.
    rest: Option<&'a str>,
}

impl<'a> Lines<'a> {
    /// The values of a text; nothing if it is cut, or of another version.
    #[must_use]
    pub fn read(version: &str, text: &'a str) -> Option<Self> {
        let (length, rest) = cut(text.strip_prefix(version)?.strip_prefix(" ")?, b'\n')?;
        let mut lines = Self { written: String::new(), rest: Some(length) };
        let mut bytes = 0;
        lines.number(&mut bytes);
        lines.rest = Some(rest);
        (rest.len() as u64 == bytes).then_some(lines)
    }

    /// The text of all values that were carried.
    #[must_use]
    pub fn close(self, version: &str) -> String {
        let mut text = String::from(version);
        text.push(' ');
        push_number(&mut text, self.written.len() as u64);
        text.push('\n');
        text.push_str(&self.written);
        text
    }

    /// Whether values come out of a text.
    #[must_use]
    pub fn is_reading(&self) -> bool {
        self.rest.is_some()
    }

    /// Whether there is anything left to be read.
    #[must_use]
    pub fn has_more(&self) -> bool {
        self.rest.is_some_and(|rest| !rest.is_empty())
    }

    /// A text, whose line breaks become blanks.
    pub fn text(&mut self, text: &mut String) {
        if let Some(rest) = self.rest {
            let (line, rest) = cut(rest, b'\n').unwrap_or_default();
            self.rest = Some(rest);
            text.clear();
            text.push_str(line);
        } else {
            self.line(text);
        }
    }

    /// A number.
    pub fn number(&mut self, number: &mut u64) {
        if let Some(rest) = self.rest {
            let (line, rest) = cut(rest, b'\n').unwrap_or((rest, ""));
            self.rest = Some(rest);
            *number = self::number(line);
        } else {
            push_number(&mut self.written, *number);
            self.written.push('\n');
        }
    }

    /// Whether something is so.
    pub fn flag(&mut self, is_so: &mut bool) {
        let mut number = u64::from(*is_so);
        self.number(&mut number);
        *is_so = number > 0;
    }

    /// A name, which may be missing.
    pub fn id(&mut self, id: &mut Option<Id>) {
        let mut text = String::from(id.as_ref().map_or("", Id::as_str));
        self.text(&mut text);
        *id = Id::parse(&text);
    }

    /// Names.
    pub fn ids(&mut self, ids: &mut Vec<Id>) {
        let mut count = ids.len() as u64;
        self.number(&mut count);
        for index in 0..count {
            let mut id = ids.get(index as usize).cloned();
            self.id(&mut id);
            if !self.is_reading() {
            } else if let Some(id) = id {
                ids.push(id);
            } else {
                return;
            }
        }
    }

    fn line(&mut self, text: &str) {
        if text.bytes().any(|byte| byte == b'\n') {
            self.written.extend(text.chars().map(|c| if c == '\n' { ' ' } else { c }));
        } else {
            self.written.push_str(text);
        }
        self.written.push('\n');
    }
}

/// What is before the first of these bytes, which is of ASCII, and what is after it. (`str::split` would bring a searcher of half a kilobyte.)
#[must_use]
pub fn cut(text: &str, mark: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|byte| byte == mark)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// The number that these digits spell; some number if they spell none.
#[must_use]
pub fn number(digits: &str) -> u64 {
    let digits = digits.bytes().map(|byte| u64::from(byte.wrapping_sub(b'0')));
    digits.fold(0, |number, digit| number.wrapping_mul(10).wrapping_add(digit))
}
