//! What makes a JSON text unfit to be stored, found without building it: nesting, escapes that stand for no character, and numbers that are
//! far longer than they look.

use crate::limits::{JSON_DEPTH, NUMBER_DIGITS};

/// Why a JSON text is not stored.
///
/// PostgreSQL refuses `\u0000` and unpaired surrogates in `jsonb`, SQLite takes both; refusing them here keeps the stores alike. It also
/// writes out every digit of a number, so that a few bytes could be read back as many thousands.
#[must_use]
pub fn flaw(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let (mut depth, mut in_string, mut at) = (0_usize, false, 0);
    let mut digits = 0_usize;
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
            (false, b'.') if run(bytes, at + 1).count() > NUMBER_DIGITS / 2 => {
                return Some(format!("has a number with more than {} digits after its point", NUMBER_DIGITS / 2));
            }
            (false, b'e' | b'E') => {
                digits = digits.saturating_add(exponent(bytes, at));
                if digits > NUMBER_DIGITS {
                    return Some(format!("has exponents that stand for more than {NUMBER_DIGITS} digits"));
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// How many digits the exponent that begins here adds; 0 for the letter of `true` or `false`.
fn exponent(bytes: &[u8], at: usize) -> usize {
    if !at.checked_sub(1).and_then(|before| bytes.get(before)).is_some_and(u8::is_ascii_digit) {
        return 0;
    }
    let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
    run(bytes, at + 1 + sign)
        .fold(0_usize, |value, digit| value.saturating_mul(10).saturating_add(usize::from(digit - b'0')))
}

/// The digits that follow each other from here.
fn run(bytes: &[u8], at: usize) -> impl Iterator<Item = &u8> {
    bytes.iter().skip(at).take_while(|byte| byte.is_ascii_digit())
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
    fn exponents_are_taken_until_they_stand_for_more_digits_than_a_store_writes_out() {
        for text in [format!("1e{NUMBER_DIGITS}"), "[1.5e-300,1E+308,true,\"2e99999\"]".into()] {
            assert_eq!(flaw(&text), None, "{text}");
        }
        let one_over = NUMBER_DIGITS + 1;
        let fraction = |digits| format!("0.{}", "1".repeat(digits));
        assert_eq!(flaw(&fraction(NUMBER_DIGITS / 2)), None);
        assert!(flaw(&fraction(NUMBER_DIGITS / 2 + 1)).is_some());
        for text in [format!("1e{one_over}"), format!("[1e-{NUMBER_DIGITS},1E1]"), format!("1e{}", "9".repeat(99))] {
            assert!(flaw(&text).is_some(), "{text}");
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
