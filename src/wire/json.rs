//! JSON text in the making, without a JSON library: the shapes are few, and a page pays for every byte.

use crate::time::{Millis, Wall};
use uuid::Uuid;

/// JSON text in the making. Each value brings its own comma, so a caller can leave any of them out.
#[derive(Default)]
pub struct Json(pub(super) String);

#[allow(missing_docs, reason = "each adds what its name says")]
impl Json {
    #[must_use]
    pub fn open() -> Self {
        Self(String::from("{"))
    }

    #[must_use]
    pub fn close(mut self) -> String {
        self.end('}');
        self.0
    }

    pub fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        push_text(&mut self.0, value);
    }

    pub fn number(&mut self, name: &str, value: u64) {
        self.name(name);
        push_number(&mut self.0, value);
    }

    pub fn object(&mut self, name: &str, fill: impl FnOnce(&mut Self)) {
        self.name(name);
        self.0.push('{');
        fill(self);
        self.end('}');
    }

    pub fn text_if_any(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.text(name, value);
        }
    }

    pub(super) fn raw_if_any(&mut self, name: &str, json: &str) {
        if !json.is_empty() {
            self.name(name);
            self.0.push_str(json);
        }
    }

    pub(super) fn uuid(&mut self, name: &str, value: Uuid) {
        let mut buffer = Uuid::encode_buffer();
        self.text(name, value.hyphenated().encode_lower(&mut buffer));
    }

    pub(super) fn time(&mut self, name: &str, value: Wall) {
        self.name(name);
        self.0.push('"');
        push_time(&mut self.0, value);
        self.0.push('"');
    }

    pub(super) fn name(&mut self, name: &str) {
        self.comma();
        self.0.push('"');
        self.0.push_str(name);
        self.0.push_str("\":");
    }

    /// Begins a list, which `end(']')` ends.
    pub fn list(&mut self, name: &str) {
        self.name(name);
        self.0.push('[');
    }

    /// Begins an object in a list, which `end('}')` ends.
    pub fn item(&mut self) {
        self.comma();
        self.0.push('{');
    }

    pub(super) fn pair(&mut self, first: u64, last: u64) {
        self.comma();
        self.0.push('[');
        push_number(&mut self.0, first);
        self.0.push(',');
        push_number(&mut self.0, last);
        self.end(']');
    }

    pub fn end(&mut self, bracket: char) {
        self.0.push(bracket);
    }

    /// Members that are spelt already.
    pub(super) fn members(&mut self, spelt: &str) {
        self.comma();
        self.0.push_str(spelt);
    }

    fn comma(&mut self) {
        if !matches!(self.0.as_bytes().last(), None | Some(b'{' | b'[')) {
            self.0.push(',');
        }
    }
}

fn push_text(json: &mut String, text: &str) {
    json.push('"');
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        // Nearly always: copied as it is, a tenth of what character by character takes.
        json.push_str(text);
    } else {
        push_escaped(json, text);
    }
    json.push('"');
}

fn push_escaped(json: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                json.push('\\');
                json.push(c);
            }
            '\u{0}'..='\u{1f}' => {
                json.push_str("\\u00");
                json.push(if c >= '\u{10}' { '1' } else { '0' });
                json.extend(char::from_digit(u32::from(c) & 15, 16));
            }
            _ => json.push(c),
        }
    }
}

/// Writes a number in decimals.
pub fn push_number(text: &mut String, number: u64) {
    if number >= 10 {
        push_number(text, number / 10);
    }
    text.extend(char::from_digit((number % 10) as u32, 10));
}

fn push_padded(text: &mut String, number: u64, width: u32) {
    let (mut rest, mut unit) = (number as u32, 10_u32.pow(width - 1));
    while unit > 0 {
        text.push(char::from(b'0' + (rest / unit) as u8));
        rest %= unit;
        unit /= 10;
    }
}

/// Seconds with up to three decimals. Written by hand, for the standard way of writing a float is 7 kB of download.
pub(super) fn push_seconds(text: &mut String, duration: Millis) {
    push_number(text, duration.seconds());
    let rest = duration.0 % 1_000;
    if rest > 0 {
        text.push('.');
        push_padded(text, rest, 3);
    }
}

/// RFC 3339 in UTC with milliseconds. The calendar is the proleptic Gregorian one, counted in eras of 400 years from 1 March of year 0
/// (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn push_time(text: &mut String, at: Wall) {
    const DAY: u64 = 86_400_000;
    let (days, within) = (at.0 / DAY + 719_468, at.0 % DAY);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    for (number, width, mark) in [
        (year, 4, '-'),
        (month, 2, '-'),
        (day, 2, 'T'),
        (within / 3_600_000, 2, ':'),
        (within / 60_000 % 60, 2, ':'),
        (within / 1_000 % 60, 2, '.'),
        (within % 1_000, 3, 'Z'),
    ] {
        push_padded(text, number, width);
        text.push(mark);
    }
}
