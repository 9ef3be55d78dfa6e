//! The tracker for a front end that is written in Rust (Leptos, Yew, plain web-sys): values in, futures out. The npm package has nothing of
//! it, for no export leads here. It decides nothing; its counterpart in TypeScript is `pkg/src/tracker.ts`.

use super::Heard;
use super::export::SessionTracker;
use crate::ledger::Ledger;
use crate::session::{EndReason, State};
use js_sys::{Function, JSON, Object, Promise, Reflect};
use serde::Serialize;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

type Waiting = Rc<RefCell<Vec<Function>>>;

/// One person's visit to a page. Dropping it says goodbye as a closing page does.
pub struct Visit {
    tracker: SessionTracker,
    /// Whoever waits to hear that the backend has answered, or could not be reached.
    waiting: Waiting,
    _hear: Closure<dyn Fn(u8, String)>,
}

impl Visit {
    /// Makes a tracker that sends nothing until [`start`](Self::start). `options` are those of the npm package, as anything that serde can
    /// write, and in the ranges that its types name: they are not checked here. `get_token` gives the host's bearer or a promise of it.
    #[must_use]
    pub fn open(options: &impl Serialize, get_token: Option<&Function>) -> Self {
        let waiting = Waiting::default();
        let hear = Closure::new({
            let waiting = waiting.clone();
            move |what, _text: String| {
                if what == Heard::Started as u8 || what == Heard::Settled as u8 {
                    waiting.take().iter().for_each(|resolve| drop(resolve.call0(&JsValue::NULL)));
                }
            }
        });
        let host = Object::new();
        // An object that was made here takes every member.
        let _taken = Reflect::set(&host, &"hear".into(), hear.as_ref());
        if let Some(get_token) = get_token {
            let _taken = Reflect::set(&host, &"getToken".into(), get_token);
        }
        let tracker = SessionTracker::new(&json(options).unwrap_or_default(), &host);
        Self { tracker, waiting, _hear: hear }
    }

    /// Begins a session, or takes up the one that an earlier page of the same visit left. Gives its id once the backend has it; nothing
    /// if the backend could not be reached at first (the tracker goes on trying) or refused.
    pub async fn start(&self) -> Option<String> {
        let answer = self.answer();
        self.tracker.initialize_session();
        if let State::Starting(_) = self.state() {
            answer.await;
        }
        match self.state() {
            State::Live(here, _) => Some(here.id.as_str().into()),
            _ => None,
        }
    }

    /// Says where the person is; it counts at once.
    pub fn change_section(&self, section: &str) {
        self.tracker.change_section(section, true);
    }

    /// Logs an event with data that serde can write, or with none (`&()`). Gives its id, or nothing if it was refused: the ledger counts why.
    pub fn log_event(&self, event_type: &str, data: &impl Serialize) -> Option<String> {
        self.tracker.log_event(event_type.into(), json(data))
    }

    /// Sends what waits. Done when it is acknowledged, or when the backend could not be reached.
    pub async fn flush(&self) {
        let answer = self.answer();
        self.tracker.flush();
        answer.await;
    }

    /// Ends the session for good and sends what waits along with it. Done when the backend knows, or could not be reached.
    pub async fn end(&self, reason: EndReason) {
        let answer = self.answer();
        self.tracker.end_session(reason.name());
        answer.await;
    }

    /// Where the tracker stands.
    #[must_use]
    pub fn state(&self) -> State {
        self.tracker.driver.tracker.borrow().state()
    }

    /// What became of every event.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        self.tracker.driver.tracker.borrow().ledger().clone()
    }

    /// Waits from this call on, not from the first poll: the answer may come in between.
    fn answer(&self) -> impl Future<Output = ()> + use<> {
        let promise = Promise::new(&mut |resolve, _| self.waiting.borrow_mut().push(resolve.unchecked_into()));
        async { drop(JsFuture::from(promise).await) }
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.tracker.destroy();
    }
}

/// JSON as the browser writes it; nothing for a unit, and for what has no JSON.
fn json(value: &impl Serialize) -> Option<String> {
    let value = value.serialize(&serde_wasm_bindgen::Serializer::json_compatible()).ok()?;
    JSON::stringify(&value).ok()?.as_string()
}
