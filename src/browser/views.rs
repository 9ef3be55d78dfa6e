//! What crosses into JavaScript as a value: the state and the ledger, in the shapes that `types.rs` declares. Both are one kind of thing
//! here, an object whose empty members are left out, for each further shape would be another kilobyte.

use crate::session::{Here, State};
use crate::tracker::Tracker;
use js_sys::Object;
use serde::ser::{Serialize, SerializeMap, Serializer};
use wasm_bindgen::prelude::*;

enum Member<'a> {
    Nothing,
    Text(&'a str),
    Number(f64),
    Object(&'a [(&'a str, Self)]),
}

impl Serialize for Member<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Nothing => serializer.serialize_unit(),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Object(members) => {
                let mut map = serializer.serialize_map(None)?;
                for (name, member) in *members {
                    if !matches!(member, Self::Nothing) {
                        map.serialize_entry(name, member)?;
                    }
                }
                map.end()
            }
        }
    }
}

/// The state as a frozen object.
pub(super) fn state(state: &State) -> JsValue {
    let (status, here, id, person, reason) = match state {
        State::Idle => ("idle", None, None, None, None),
        State::Starting(here) => ("starting", Some(here), Some(&here.id), None, None),
        State::Live(here, person) => ("live", Some(here), Some(&here.id), Some(person.name()), None),
        State::Ended(id, reason) => ("ended", None, id.as_ref(), None, Some(reason.name())),
        State::Inert(reason) => ("inert", None, None, None, Some(*reason)),
    };
    let text = |text: Option<_>| text.map_or(Member::Nothing, Member::Text);
    #[allow(clippy::cast_precision_loss, reason = "milliseconds of the calendar are below 2^53")]
    let started = |here: &Here| Member::Number(here.started.0 as f64);
    frozen(&[
        ("status", Member::Text(status)),
        ("sessionId", text(id.map(|id| id.as_str()))),
        ("startedAt", here.map_or(Member::Nothing, started)),
        ("section", text(here.map(|here| here.section.as_str()))),
        ("person", text(person)),
        ("reason", text(reason)),
    ])
}

/// The ledger as a frozen object.
#[allow(clippy::cast_precision_loss, reason = "nobody logs 2^53 events in a page")]
pub(super) fn ledger(tracker: &Tracker) -> JsValue {
    let (ledger, (queued, in_flight)) = (tracker.ledger(), tracker.pending());
    let count = |(name, count)| (name, Member::Number(count as f64));
    let dropped: Vec<_> = ledger.dropped().map(count).collect();
    let refused: Vec<_> = ledger.refused().map(count).collect();
    frozen(&[
        ("accepted", Member::Number(ledger.accepted() as f64)),
        ("delivered", Member::Number(ledger.delivered() as f64)),
        ("queued", Member::Number(queued as f64)),
        ("inFlight", Member::Number(in_flight as f64)),
        ("dropped", Member::Object(&dropped)),
        ("refused", Member::Object(&refused)),
    ])
}

fn frozen(members: &[(&str, Member<'_>)]) -> JsValue {
    let serializer = serde_wasm_bindgen::Serializer::new().serialize_maps_as_objects(true);
    let value = Member::Object(members).serialize(&serializer).unwrap_or(JsValue::UNDEFINED);
    Object::freeze(value.unchecked_ref::<Object>()).into()
}
