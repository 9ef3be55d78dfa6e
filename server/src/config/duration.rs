//! How a flag says a length of time: in whole numbers of its unit, and never none at all.

use std::time::Duration;

pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    number(text, 86_400).map(Duration::from_secs)
}

pub(super) fn seconds_ahead(text: &str) -> Result<Duration, String> {
    text.parse().map(Duration::from_secs).map_err(|_| "expected a whole number of seconds".into())
}

pub(super) fn milliseconds(text: &str) -> Result<Duration, String> {
    number(text, 60_000).map(Duration::from_millis)
}

fn number(text: &str, most: u64) -> Result<u64, String> {
    text.parse()
        .ok()
        .filter(|number| (1..=most).contains(number))
        .ok_or(format!("expected a whole number from 1 to {most}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use clap::Parser;

    #[test]
    fn a_duration_of_nothing_is_refused_and_so_is_one_of_more_than_a_day() {
        assert_eq!(seconds("1"), Ok(Duration::from_secs(1)));
        assert_eq!(seconds("86400"), Ok(Duration::from_secs(86_400)));
        for text in ["0", "86401", "-1", "1.5", ""] {
            assert!(seconds(text).is_err(), "{text}");
        }
        assert_eq!(milliseconds("60000"), Ok(Duration::from_secs(60)));
        assert!(milliseconds("60001").is_err());
        assert!(Settings::try_parse_from(["session-server", "--timeout-seconds", "0"]).is_err());
    }
}
