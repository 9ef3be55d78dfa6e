//! What a host may choose of the events of a session, and a person of the session.

use crate::page::{NOON, Page, Storage};
use serde_json::json;
use session_tracker::ledger::Refusal;

fn log(page: &mut Page) -> Result<bool, Refusal> {
    page.tracker.log("click".into(), None, page.now).map(|id| id.is_some())
}

#[test]
fn a_session_is_in_the_sample_as_a_whole_or_not_at_all() {
    let (mut inside, mut outside) = (0, 0);
    for visit in 0..1_000 {
        let mut page = Page::open_with(json!({ "sampleRate": 0.25 }), Storage::default(), NOON + visit * 1_000);
        let first = log(&mut page);
        page.start();
        for _ in 0..3 {
            assert_eq!(log(&mut page), first, "decided once");
        }
        match first {
            Ok(_) => inside += 1,
            Err(refusal) => {
                assert_eq!(refusal, Refusal::Sampled);
                assert_eq!(page.tracker.ledger().refused().collect::<Vec<_>>(), [("sampled", 4)]);
                assert_eq!(page.tracker.ledger().accepted(), 0);
                outside += 1;
            }
        }
    }
    assert!((200..300).contains(&inside), "{inside} of 1,000 are in, {outside} are not");
}

#[test]
fn a_sample_of_all_holds_all_and_one_of_none_holds_none() {
    for visit in 0..100 {
        let mut all = Page::open_with(json!({ "sampleRate": 1 }), Storage::default(), NOON + visit);
        assert_eq!(log(&mut all), Ok(true));
        let mut none = Page::open_with(json!({ "sampleRate": 0 }), Storage::default(), NOON + visit);
        assert_eq!(log(&mut none), Err(Refusal::Sampled));
    }
}

/// FNV-1a, 32 bits, in thousandths of the session ids.
fn thousandth(id: &str) -> u64 {
    let mut hash: u32 = 2_166_136_261;
    for byte in id.bytes() {
        hash ^= u32::from(byte);
        hash = hash.wrapping_mul(16_777_619);
    }
    u64::from(hash % 1_000)
}

#[test]
fn the_fnv_hash_of_the_sessions_id_decides_to_the_thousandth() {
    for visit in 0..50 {
        let open = |sample: u64| {
            let rate = sample as f64 / 1_000.0;
            Page::open_with(json!({ "sampleRate": rate }), Storage::default(), NOON + visit)
        };
        let mut page = open(1_000);
        assert_eq!(log(&mut page), Ok(true));
        let at = thousandth(&page.session());
        assert_eq!(log(&mut open(at)), Err(Refusal::Sampled), "{at} of a sample of {at} thousandths");
        assert_eq!(log(&mut open(at + 1)), Ok(true));
    }
}

#[test]
fn presence_and_sections_are_told_of_a_session_that_is_not_in_the_sample() {
    let mut page = Page::open_with(json!({ "sampleRate": 0 }), Storage::default(), NOON);
    page.start();
    page.accept_start();
    page.go_to("docs");
    page.seconds(7);
    assert_eq!(page.body()["events"][0]["section"], "docs");
}
