//! The text of a batch: each of its events is either stored or rejected by its index, what is stored is fit for both stores, and the rules
//! answer the whole batch, and its repetition, without falling over.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;
use session_server::clock::Timestamp;
use session_server::config::Timing;
use session_server::limits::{BATCH_EVENTS, EVENT_DATA_BYTES, NAME_CHARS};
use session_server::session::write::Event;
use session_server::store::group::Group;
use session_server::wire::json;
use session_server::wire::requests::{self, Arrival, Route};

fuzz_target!(|text: &str| {
    let received_at = Timestamp::from_millis(1_772_366_400_000);
    let arrival = Arrival { received_at, user_agent: None, network: None, country: None };
    let Ok(mut draft) = requests::parse(Route::Batch, text, arrival) else { return };
    let rejected = std::mem::take(&mut draft.rejected);
    let write = draft.write("ada".into());

    let mut indexes: Vec<_> =
        write.events.iter().map(|event| event.index).chain(rejected.iter().map(|(index, _)| *index)).collect();
    indexes.sort_unstable();
    assert!(indexes.iter().copied().eq(0..indexes.len()), "each event is answered once: {indexes:?}");
    assert!(indexes.len() <= BATCH_EVENTS);
    write.events.iter().for_each(assert_storable);

    let mut group = Group::over(Vec::new());
    group.apply(&write, &Timing::default());
    group.apply(&write, &Timing::default());
    let changed = group.changes().count();
    assert_eq!(
        changed,
        usize::from(write.start.is_some()),
        "a session is stored by a batch that starts it, and by no other"
    );
    assert_eq!(group.outcomes(std::collections::HashSet::new()).len(), 2);
});

fn assert_storable(event: &Event) {
    assert!((1..=NAME_CHARS).contains(&event.kind.chars().count()) && !event.kind.contains('\0'));
    let Some(data) = &event.data else { return };
    assert!(data.len() <= EVENT_DATA_BYTES, "{} bytes of data", data.len());
    assert!(serde_json::from_str::<&RawValue>(data).is_ok(), "stored data is JSON: {data}");
    assert_eq!(json::flaw(data), None, "{data}");
}
