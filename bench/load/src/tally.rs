//! What was sent, what was answered, and how long that took from the moment it was due.

use crate::traffic::Kind;
use hdrhistogram::Histogram;
use std::fmt::Write as _;
use std::time::Duration;

/// One kind of requests.
struct Line {
    answered: u64,
    repeated: u64,
    refused: u64,
    /// In microseconds.
    latency: Histogram<u64>,
}

impl Default for Line {
    fn default() -> Self {
        // A microsecond to half an hour: longer than anything is awaited.
        let latency = Histogram::new_with_bounds(1, 1_800_000_000, 3)
            .unwrap_or_else(|_| unreachable!("these bounds are in its range"));
        Self { answered: 0, repeated: 0, refused: 0, latency }
    }
}

/// All of them.
#[derive(Default)]
pub(crate) struct Tally {
    beats: Line,
    batches: Line,
    reads: Line,
    events: u64,
    unfinished: usize,
}

impl Tally {
    fn line(&mut self, kind: Kind) -> &mut Line {
        match kind {
            Kind::Beat => &mut self.beats,
            Kind::Batch => &mut self.batches,
            Kind::Read => &mut self.reads,
        }
    }

    /// A request was acknowledged so long after it was due.
    pub(crate) fn acknowledged(&mut self, kind: Kind, events: usize, after: Duration) {
        self.events += events as u64;
        let line = self.line(kind);
        line.answered += 1;
        line.latency.saturating_record(u64::try_from(after.as_micros()).unwrap_or(u64::MAX));
    }

    /// A request was not answered, or told to come back, and is sent again.
    pub(crate) fn repeated(&mut self, kind: Kind) {
        self.line(kind).repeated += 1;
    }

    /// A request was refused for good.
    pub(crate) fn refused(&mut self, kind: Kind) {
        self.line(kind).refused += 1;
    }

    /// So many were due and had no answer when the time was over.
    pub(crate) fn unfinished(&mut self, count: usize) {
        self.unfinished += count;
    }

    /// The table.
    pub(crate) fn report(&self, seconds: u64) -> String {
        let mut text =
            "            answered      /s     p50 ms     p95 ms     p99 ms     max ms   repeated  refused".to_owned();
        for (name, line) in [("beats", &self.beats), ("batches", &self.batches), ("stats", &self.reads)] {
            if line.answered + line.repeated + line.refused == 0 {
                continue;
            }
            let millis = |quantile| line.latency.value_at_quantile(quantile) as f64 / 1_000.0;
            let _ = write!(
                text,
                "\n{name:<10} {:>9} {:>7} {:>10.1} {:>10.1} {:>10.1} {:>10.1} {:>10} {:>8}",
                line.answered,
                line.answered / seconds.max(1),
                millis(0.5),
                millis(0.95),
                millis(0.99),
                line.latency.max() as f64 / 1_000.0,
                line.repeated,
                line.refused
            );
        }
        let _ = write!(
            text,
            "\nevents     {:>9} {:>7}; {} requests unanswered at the end",
            self.events,
            self.events / seconds.max(1),
            self.unfinished
        );
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_counts_in_its_quantile() {
        let mut tally = Tally::default();
        for millis in 1..=100 {
            tally.acknowledged(Kind::Batch, 20, Duration::from_millis(millis));
        }
        let report = tally.report(10);
        let line = report.lines().find(|line| line.starts_with("batches")).unwrap();
        let figures: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(figures[..5], ["batches", "100", "10", "50.0", "95.0"], "{report}");
        assert!(report.contains("events          2000     200"), "{report}");
    }
}
