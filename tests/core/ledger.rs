//! What becomes of events that are not delivered, as the ledger counts them and as the server is told.

use session_tracker::ledger::{DropReason, Losses, Refusal};
use session_tracker::limits::DROP_RANGES;

fn lost(reason: DropReason, numbers: impl IntoIterator<Item = u64>) -> Losses {
    let mut losses = Losses::default();
    numbers.into_iter().for_each(|seq| losses.add(reason, seq));
    losses
}

fn ranges(losses: &Losses, reason: DropReason) -> Vec<(u64, u64)> {
    losses.ranges(reason).collect()
}

#[test]
fn numbers_in_a_row_are_one_range_and_a_gap_begins_another() {
    let reason = DropReason::Rejected;
    let losses = lost(reason, [3, 4, 5, 7, 9, 10]);
    assert_eq!(ranges(&losses, reason), [(3, 5), (7, 7), (9, 10)]);
    assert_eq!(losses.get(reason), 6);
}

#[test]
fn each_reason_has_its_own_count_and_ranges() {
    let mut losses = lost(DropReason::Rejected, [1, 2]);
    losses.add(DropReason::QueueFull, 3);
    losses.add(DropReason::Rejected, 4);
    assert_eq!(ranges(&losses, DropReason::Rejected), [(1, 2), (4, 4)]);
    assert_eq!(ranges(&losses, DropReason::QueueFull), [(3, 3)]);
    assert_eq!((losses.get(DropReason::Rejected), losses.get(DropReason::QueueFull)), (3, 1));
}

#[test]
fn what_fits_into_no_range_any_more_is_counted() {
    let reason = DropReason::Rejected;
    let most = DROP_RANGES as u64;
    let odd = |count: u64| (0..count).map(|number| 2 * number + 1);
    assert_eq!(ranges(&lost(reason, odd(most)), reason).len(), DROP_RANGES);
    let mut losses = lost(reason, odd(most + 1));
    assert_eq!(ranges(&losses, reason).len(), DROP_RANGES);
    assert_eq!(losses.get(reason), most + 1);
    losses.add(reason, 2 * most);
    assert_eq!(ranges(&losses, reason).last(), Some(&(2 * most - 1, 2 * most)), "the last range goes on growing");
}

#[test]
fn every_refusal_says_what_to_do_in_words_of_its_own() {
    let advice: Vec<&str> = Refusal::ALL.map(Refusal::advice).into();
    assert!(advice.iter().all(|sentence| sentence.starts_with("event refused: ") && sentence.len() > 40), "{advice:?}");
    let mut different = advice.clone();
    different.sort_unstable();
    different.dedup();
    assert_eq!(different.len(), advice.len());
}
