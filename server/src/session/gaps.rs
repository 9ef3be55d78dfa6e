//! Which of a tab's sequence numbers never came: missing = lastSeq − received − declared drops.

use crate::limits::RANGES;
use serde::{Deserialize, Serialize};

/// Events that a client gave up: how many, and which of them had a sequence number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// Why.
    pub reason: String,
    /// How many, since the tab began.
    pub count: u64,
    /// First and last sequence number of each run.
    pub seq: Vec<(u64, u64)>,
}

/// Sequence numbers that were given out, and of which nothing was heard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// How many.
    pub count: u64,
    /// First and last of each run, oldest first, at most 64 runs.
    pub seq: Vec<(u64, u64)>,
}

/// Joins two accounts of what was dropped. Counts are totals, so of each reason the greater account is the later one.
#[must_use]
pub fn join(stored: Vec<Dropped>, said: &[Dropped]) -> Vec<Dropped> {
    let mut joined = stored;
    for new in said {
        match joined.iter_mut().find(|old| old.reason == new.reason) {
            Some(old) if old.count <= new.count => *old = new.clone(),
            Some(_) => {}
            None => joined.push(new.clone()),
        }
    }
    joined
}

/// What is missing of 1 to `last_seq`, given the sequence numbers received (ascending) and those declared as dropped.
/// Drops that were counted but no longer fit into ranges are taken off the count.
#[must_use]
pub fn missing(last_seq: u64, received: &[u64], dropped: &[Dropped]) -> Missing {
    let mut known: Vec<(u64, u64)> = received.iter().map(|seq| (*seq, *seq)).collect();
    known.extend(dropped.iter().flat_map(|drop| drop.seq.iter().copied()));
    known.sort_unstable();

    let mut seq = Vec::new();
    let mut next = 1;
    for (first, last) in known.into_iter().chain([(last_seq.saturating_add(1), last_seq)]) {
        if first > next && next <= last_seq {
            seq.push((next, (first - 1).min(last_seq)));
        }
        next = next.max(last.saturating_add(1));
    }
    let named: u64 = seq.iter().map(|(first, last)| last - first + 1).sum();
    seq.truncate(RANGES);
    Missing { count: named.saturating_sub(unranged(dropped)), seq }
}

fn unranged(dropped: &[Dropped]) -> u64 {
    dropped
        .iter()
        .map(|drop| {
            drop.count.saturating_sub(
                drop.seq.iter().map(|(first, last)| (last - first).saturating_add(1)).fold(0, u64::saturating_add),
            )
        })
        .fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dropped(reason: &str, count: u64, seq: &[(u64, u64)]) -> Dropped {
        Dropped { reason: reason.into(), count, seq: seq.to_vec() }
    }

    #[test]
    fn nothing_is_missing_when_all_came_or_were_declared() {
        assert_eq!(missing(6, &[1, 2, 6], &[dropped("queue_full", 3, &[(3, 5)])]), Missing::default());
        assert_eq!(missing(0, &[], &[]), Missing::default());
    }

    #[test]
    fn every_gap_is_named() {
        let gaps = missing(10, &[2, 3, 7], &[dropped("too_large", 1, &[(8, 8)])]);
        assert_eq!(gaps, Missing { count: 6, seq: vec![(1, 1), (4, 6), (9, 10)] });
    }

    #[test]
    fn drops_that_overlap_with_what_came_after_all_hide_no_gap() {
        let gaps = missing(5, &[1, 2, 2, 4], &[dropped("expired", 2, &[(1, 2)])]);
        assert_eq!(gaps, Missing { count: 2, seq: vec![(3, 3), (5, 5)] });
    }

    #[test]
    fn counted_drops_without_a_range_are_taken_off_the_count() {
        assert_eq!(missing(4, &[1], &[dropped("evicted", 3, &[])]).count, 0);
    }

    #[test]
    fn of_two_accounts_the_greater_is_kept() {
        let joined = join(vec![dropped("a", 3, &[(1, 3)])], &[dropped("a", 2, &[(1, 2)]), dropped("b", 1, &[])]);
        assert_eq!(joined, vec![dropped("a", 3, &[(1, 3)]), dropped("b", 1, &[])]);
    }
}
