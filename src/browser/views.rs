//! What crosses into JavaScript as a value: the state and the ledger, in the shapes that `types.rs` declares.

use crate::session::{Here, State};
use crate::tracker::Tracker;
use js_sys::Object;
use serde::{Serialize, Serializer};
use wasm_bindgen::prelude::*;

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct StateView<'a> {
    status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    section: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

/// The state as a frozen object.
pub(crate) fn state(state: &State) -> JsValue {
    let view = match state {
        State::Idle => StateView { status: "idle", ..StateView::default() },
        State::Starting(here) => located("starting", here),
        State::Live(here, person) => StateView { person: Some(person.name()), ..located("live", here) },
        State::Ended(id, reason) => StateView {
            status: "ended",
            session_id: id.map(|id| id.to_string()),
            reason: Some(reason.name()),
            ..StateView::default()
        },
        State::Inert(reason) => StateView { status: "inert", reason: Some(reason), ..StateView::default() },
    };
    frozen(&view)
}

#[allow(clippy::cast_precision_loss, reason = "milliseconds of the calendar are below 2^53")]
fn located<'a>(status: &'a str, here: &'a Here) -> StateView<'a> {
    StateView {
        status,
        session_id: Some(here.id.to_string()),
        started_at: Some(here.started.0 as f64),
        section: Some(here.section.as_str()),
        ..StateView::default()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LedgerView<'a> {
    accepted: u64,
    delivered: u64,
    queued: usize,
    in_flight: usize,
    dropped: Reasons<'a>,
    refused: Reasons<'a>,
}

/// Counts by reason, as an object whose members are the reasons.
struct Reasons<'a>(Vec<(&'a str, u64)>);

impl Serialize for Reasons<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

/// The ledger as a frozen object.
pub(crate) fn ledger(tracker: &Tracker) -> JsValue {
    let (ledger, (queued, in_flight)) = (tracker.ledger(), tracker.pending());
    frozen(&LedgerView {
        accepted: ledger.accepted(),
        delivered: ledger.delivered(),
        queued,
        in_flight,
        dropped: Reasons(ledger.dropped().collect()),
        refused: Reasons(ledger.refused().collect()),
    })
}

fn frozen(value: &impl Serialize) -> JsValue {
    Object::freeze(to_js(value).unchecked_ref::<Object>()).into()
}

/// A value of ours as a plain JavaScript value.
pub(crate) fn to_js(value: &impl Serialize) -> JsValue {
    let serializer = serde_wasm_bindgen::Serializer::new().serialize_maps_as_objects(true);
    value.serialize(&serializer).unwrap_or(JsValue::UNDEFINED)
}
