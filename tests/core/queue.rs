//! The queue by itself, to the byte and at its bounds, and the waits between retries: what the larger stories do not tell apart.

use session_tracker::event::Event;
use session_tracker::limits::RETRY_LONGEST;
use session_tracker::queue::{Fate, Queue, RequestId};
use session_tracker::random::Random;
use session_tracker::retry::Retry;

fn event(seq: u64) -> Event {
    Event { seq, text: "x".repeat(68), ..Event::default() }
}

/// Three events, of a hundred bytes each.
fn three() -> Queue {
    let mut queue = Queue::default();
    (1..=3).for_each(|seq| queue.push(event(seq)));
    queue
}

#[test]
fn a_request_takes_what_fits_to_the_byte() {
    let mut queue = three();
    assert!(!queue.lease(RequestId(1), 10, 299));
    assert_eq!(queue.leased(), 2);
    let mut queue = three();
    assert!(queue.lease(RequestId(1), 10, 300));
    assert_eq!(queue.leased(), 3);
}

#[test]
fn what_waits_is_what_does_not_travel() {
    let mut queue = three();
    assert_eq!(queue.waiting(), (3, 300));
    queue.lease(RequestId(1), 1, usize::MAX);
    assert_eq!(queue.waiting(), (2, 200));
}

#[test]
fn an_event_that_is_settled_takes_no_room() {
    let mut queue = three();
    queue.lease(RequestId(1), 2, usize::MAX);
    queue.answer(RequestId(1), &|index| if index == 0 { Fate::Stored } else { Fate::Unknown });
    assert_eq!((queue.len(), queue.bytes()), (2, 200));
    queue.clear();
    assert_eq!((queue.len(), queue.bytes()), (0, 0));
}

#[test]
fn what_was_handed_over_waits_again_but_not_what_is_awaited() {
    let mut queue = three();
    queue.lease(RequestId(1), 1, usize::MAX);
    queue.lease(RequestId(2), 1, usize::MAX);
    queue.release(Some(RequestId(2)));
    assert_eq!(queue.waiting(), (2, 200));
    assert_eq!(queue.leased_to(RequestId(2)).map(|event| event.seq).collect::<Vec<_>>(), [2]);
}

#[test]
fn the_waits_between_retries_grow_to_a_minute() {
    let mut random = Random::new([1, 2, 3, 4]);
    let mut longest = |failures: usize| {
        let wait = |random: &mut Random| {
            let mut retry = Retry::default();
            (0..failures).map(|_| retry.failed(None, random)).last().unwrap_or_default()
        };
        (0..500).map(|_| wait(&mut random).0).max().unwrap_or_default()
    };
    assert!((900..=1_000).contains(&longest(1)), "the first is within a second");
    assert!((1_800..=2_000).contains(&longest(2)));
    assert!((14_400..=16_000).contains(&longest(5)));
    assert!((54_000..=RETRY_LONGEST.0).contains(&longest(40)));
}
