//! Numbers as JSON spells them: which ones every reader has, and how long one is with all its digits, as a database writes it. What a number means
//! is nobody's affair here.

/// Whether a double holds this number (RFC 7493, section 2.2): a greater one would be read as infinity, or not at all, and one too close to
/// zero as zero. How many of its digits a double keeps does not matter.
#[must_use]
pub fn fits_a_double(number: &str) -> bool {
    let (significand, _) = split(number);
    let is_zero = significand.bytes().all(|byte| !matches!(byte, b'1'..=b'9'));
    number.parse::<f64>().is_ok_and(|value| value.is_finite() && (value != 0.0 || is_zero))
}

/// The bytes of this number without an exponent, as PostgreSQL's `numeric` writes it: `1e3` has 4, `1.50e1` has 4, `1e-3` has 5.
#[must_use]
pub fn written_out(number: &str) -> usize {
    let (significand, exponent) = split(number);
    let unsigned = significand.trim_start_matches('-');
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let zeros = unsigned.bytes().filter(|byte| *byte != b'.').take_while(|byte| *byte == b'0').count();
    let is_zero = zeros == whole.len() + fraction.len();
    let before = if is_zero { 1 } else { (signed(whole.len()) + exponent - signed(zeros)).max(1) };
    let after = (signed(fraction.len()) - exponent).max(0);
    let sign = i64::from(!is_zero && significand.starts_with('-'));
    usize::try_from(sign + before + after + i64::from(after > 0)).unwrap_or(usize::MAX)
}

/// How far its exponent moves the point.
#[must_use]
pub fn shift(number: &str) -> usize {
    usize::try_from(split(number).1.unsigned_abs()).unwrap_or(usize::MAX)
}

/// The digits that are spelt after its point.
#[must_use]
pub fn digits_after_point(number: &str) -> usize {
    let (significand, _) = split(number);
    significand.split_once('.').map_or(0, |(_, fraction)| fraction.len())
}

/// The bytes of a JSON text, each number in it written out.
#[must_use]
pub fn bytes_of(json: &str) -> usize {
    all(json).fold(json.len(), |bytes, number| bytes.saturating_sub(number.len()).saturating_add(written_out(number)))
}

/// The numbers of a JSON text, as they are spelt.
pub fn all(json: &str) -> impl Iterator<Item = &str> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let bytes = json.as_bytes();
        loop {
            match bytes.get(at)? {
                b'"' => at = after_string(bytes, at + 1),
                b'-' | b'0'..=b'9' => break,
                _ => at += 1,
            }
        }
        let from = at;
        while matches!(bytes.get(at), Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')) {
            at += 1;
        }
        json.get(from..at)
    })
}

fn after_string(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    at
}

/// Significand and exponent. An exponent beyond all reason stays so, and adds up without overflowing.
fn split(number: &str) -> (&str, i64) {
    let Some((significand, exponent)) = number.split_once(['e', 'E']) else { return (number, 0) };
    let far = if exponent.starts_with('-') { -FAR } else { FAR };
    (significand, exponent.parse().unwrap_or(far).clamp(-FAR, FAR))
}

const FAR: i64 = 1 << 40;

fn signed(digits: usize) -> i64 {
    i64::try_from(digits).unwrap_or(FAR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_double_holds_a_number_up_to_its_greatest_and_down_to_its_smallest() {
        for number in
            ["0", "-0.0", "0e-999", "0.000e999", "1.7976931348623157e308", "-5e-324", "12345678901234567890123"]
        {
            assert!(fits_a_double(number), "{number}");
        }
        for number in ["1.7976931348623159e308", "-1e309", "1e-324", "1e8192", "-1e-999999999999999999999"] {
            assert!(!fits_a_double(number), "{number}");
        }
    }

    #[test]
    fn a_number_is_as_long_as_all_its_digits() {
        for (number, written) in [
            ("0", "0"),
            ("-0", "0"),
            ("-0.0", "0.0"),
            ("0e300", "0"),
            ("0e-3", "0.000"),
            ("-12.50", "-12.50"),
            ("1e3", "1000"),
            ("1.50e1", "15.0"),
            ("1.5E+3", "1500"),
            ("0.001e5", "100"),
            ("0.05e1", "0.5"),
            ("-1e-3", "-0.001"),
            ("12e-1", "1.2"),
        ] {
            assert_eq!(written_out(number), written.len(), "{number} is {written}");
        }
        assert_eq!(written_out("1e308"), 309);
        assert_eq!(written_out("5e-324"), 326);
        assert!(written_out("1e99999999999999999999") > 1 << 39);
        assert_eq!((shift("1E-12"), shift("1e+3"), shift("7")), (12, 3, 0));
    }

    #[test]
    fn numbers_are_found_outside_texts_alone() {
        let json = r#"{"1e9":[-1.5e+3,"2e2\"3","\\",4,true,null,{"a":0}]}"#;
        assert_eq!(all(json).collect::<Vec<_>>(), ["-1.5e+3", "4", "0"]);
        assert_eq!(bytes_of(json), json.len() - 2, "-1500 for -1.5e+3");
        for broken in ["\"", "\"\\", "-", "1e", "{\"a\":1"] {
            let _ = bytes_of(broken);
        }
    }
}
