//! What makes a JSON text unfit to be stored, found without building it: nesting, escapes that stand for no character, and numbers that not
//! every reader has or that are far longer than they look.

use crate::limits::{JSON_DEPTH, NUMBER_DIGITS};
use crate::number;

/// Why a JSON text is not stored.
///
/// PostgreSQL refuses `\u0000` and unpaired surrogates in `jsonb`, SQLite takes both; refusing them here keeps the stores alike. It also
/// writes out every digit of a number, so that a few bytes could be read back as many thousands.
#[must_use]
pub fn flaw(text: &str) -> Option<String> {
    flaw_of_shape(text).or_else(|| flaw_of_numbers(text))
}

fn flaw_of_shape(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let (mut depth, mut in_string, mut at) = (0_usize, false, 0);
    while let Some(byte) = bytes.get(at) {
        match (in_string, byte) {
            (true, b'\\') => {
                if bytes.get(at + 1) == Some(&b'u') {
                    let (flaw, length) = escape(bytes, at);
                    if flaw.is_some() {
                        return flaw;
                    }
                    at += length;
                } else {
                    at += 2;
                }
                continue;
            }
            (_, b'"') => in_string = !in_string,
            (false, b'[' | b'{') => {
                depth += 1;
                if depth > JSON_DEPTH {
                    return Some(format!("nests deeper than {JSON_DEPTH}"));
                }
            }
            (false, b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    None
}

fn flaw_of_numbers(text: &str) -> Option<String> {
    let mut digits = 0_usize;
    for number in number::all(text) {
        if !number::fits_a_double(number) {
            return Some("has a number that no double holds: beyond ±1.8e308, or nearer to zero than 5e-324".into());
        }
        if number::digits_after_point(number) > NUMBER_DIGITS / 2 {
            return Some(format!("has a number with more than {} digits after its point", NUMBER_DIGITS / 2));
        }
        digits = digits.saturating_add(number::shift(number));
        if digits > NUMBER_DIGITS {
            return Some(format!("has exponents that stand for more than {NUMBER_DIGITS} digits"));
        }
    }
    None
}

/// What is wrong with the `\uXXXX` at this place, and how many bytes it and its partner take.
fn escape(bytes: &[u8], at: usize) -> (Option<String>, usize) {
    match unit(bytes, at) {
        Some(0) => (Some("contains the character \\u0000".into()), 6),
        Some(0xd800..=0xdbff) => match unit(bytes, at + 6) {
            Some(0xdc00..=0xdfff) => (None, 12),
            _ => (Some("contains half of a surrogate pair".into()), 6),
        },
        Some(0xdc00..=0xdfff) => (Some("contains half of a surrogate pair".into()), 6),
        _ => (None, 6),
    }
}

fn unit(bytes: &[u8], at: usize) -> Option<u32> {
    let text = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    u32::from_str_radix(std::str::from_utf8(text).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_json_has_no_flaw() {
        for text in [r#"{"a":[1,"x\"[","\\u0000"]}"#, r#""\ud83d\ude00""#, "\"Größe \u{1f600}\"", "null"] {
            assert_eq!(flaw(text), None, "{text}");
        }
    }

    #[test]
    fn the_zero_character_and_unpaired_surrogates_are_flaws() {
        for text in [r#""\u0000""#, r#"{"a":"x\ud83d"}"#, r#""\ude00\ud83d""#, r#""\ud83d\u0041""#] {
            assert!(flaw(text).is_some(), "{text}");
        }
    }

    #[test]
    fn numbers_are_taken_as_far_as_a_double_goes() {
        for text in ["1.7976931348623157e308", "[-5e-324,0e999]", r#"{"1e999":"1e999"}"#] {
            assert_eq!(flaw(text), None, "{text}");
        }
        for text in ["1e309", "[1,-1e8192]", r#"{"n":1e-400}"#] {
            assert!(flaw(text).is_some_and(|flaw| flaw.contains("no double")), "{text}");
        }
    }

    #[test]
    fn numbers_are_taken_until_they_are_far_longer_than_they_look() {
        let fraction = |digits| format!("0.{}", "1".repeat(digits));
        assert_eq!(flaw(&fraction(NUMBER_DIGITS / 2)), None);
        assert!(flaw(&fraction(NUMBER_DIGITS / 2 + 1)).is_some());
        // PostgreSQL counts the places after the point, however many digits stand before it.
        let shifted = |by: usize| format!("1{}e-{by}", "0".repeat(by));
        for (text, rest) in [(shifted(NUMBER_DIGITS), "1e0"), (format!("[{}0]", "1e308,".repeat(26)), "1e184")] {
            assert_eq!(flaw(&format!("[{text},{rest}]")), None);
            assert!(flaw(&format!("[{text},1E1,{rest}]")).is_some());
        }
    }

    #[test]
    fn nesting_is_taken_up_to_the_limit_and_not_one_deeper() {
        let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(flaw(&nested(JSON_DEPTH)), None);
        assert!(flaw(&nested(JSON_DEPTH + 1)).is_some());
        assert!(flaw(&nested(200_000)).is_some());
    }
}
