//! The tracker as JavaScript reaches it: each method turns its arguments into an input. The package's `SessionTracker` wraps it with
//! promises, subscribers and options of every type; what crosses here is text and numbers, for each other type costs a page some
//! hundred bytes.

use super::page;
use super::{Driver, Heard, views};
use crate::config::{Config, Source};
use crate::id::Id;
use crate::ledger::Refusal;
use crate::section::Section;
use crate::session::{EndReason, State};
use crate::tracker::Input;
use crate::wire;
use js_sys::{Function, Promise, Reflect};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// Tracks one person's visit: who is there, where, and for how long.
#[wasm_bindgen]
pub struct SessionTracker {
    driver: Rc<Driver>,
    shown: RefCell<Option<(State, JsValue)>>,
}

#[wasm_bindgen]
impl SessionTracker {
    /// Makes a tracker that begins in `section`. It sends nothing until `initializeSession()`; events logged before are held.
    ///
    /// `options` are the host's, right in type; `metadata` is JSON. `hear(what, text)` is told 0 a debug message, 1 an error, 2 that the
    /// backend has the session, 3 that all was tried that could be, 4 that the state changed. Throws `[option, expected]`.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &JsValue, section: &str, hear: Function) -> Result<Self, Box<[JsValue]>> {
        let options = Options(options);
        let begin = Section::parse(section).unwrap_or_else(Section::home);
        let config = Config::parse(&options, begin).map_err(|rule| [rule.option.into(), rule.expected.into()])?;
        let page = page::open(&config.endpoint, &[&config.namespace, ":record"].concat(), &options.get("getToken"));
        Ok(Self { driver: Driver::new(config, page, hear), shown: RefCell::default() })
    }

    /// Begins a session, or takes up the one that an earlier page of the same visit left. Idempotent.
    #[wasm_bindgen(js_name = initializeSession)]
    pub fn initialize_session(&self) {
        self.driver.put(Input::Start);
    }

    /// Says where the person is; it counts at once, or after it has held for the debounce time.
    #[wasm_bindgen(js_name = changeSection)]
    pub fn change_section(&self, section: &str, at_once: bool) {
        match Section::parse(section) {
            Some(section) => self.driver.put(Input::Section { section, at_once }),
            None => self.driver.tell(Heard::Debug, "section ignored: it must be a text of 1 to 200 characters"),
        }
    }

    /// Logs an event with its data as JSON. Gives its id, or nothing if it was refused.
    #[wasm_bindgen(js_name = logEvent)]
    pub fn log_event(&self, event_type: String, json: Option<String>) -> Option<String> {
        self.driver.log(event_type, json).map(|id| Id::from(id).as_str().into())
    }

    /// Counts an event whose data has no JSON.
    #[wasm_bindgen(js_name = refuseEvent)]
    pub fn refuse_event(&self) {
        self.driver.refuse(Refusal::Unserialisable);
    }

    /// Sends what waits.
    pub fn flush(&self) {
        self.driver.put(Input::Flush);
    }

    /// Ends the session for good, and sends what waits along with it. A reason that is none is `manual`.
    #[wasm_bindgen(js_name = endSession)]
    pub fn end_session(&self, reason: &str) {
        self.driver.put(Input::End(EndReason::parse(reason).unwrap_or(EndReason::Manual)));
    }

    /// The caller's statistics over the last `daysBack` days. Rejects when the backend cannot be reached.
    #[wasm_bindgen(js_name = getStats, unchecked_return_type = "Promise<SessionStats | undefined>")]
    pub fn get_stats(&self, days_back: u32, #[wasm_bindgen(js_name = namesUser)] names_user: bool) -> Promise {
        let tracker = self.driver.tracker.borrow();
        // Without a bearer, reading has to say about whom.
        let user = if names_user { tracker.user() } else { "" };
        self.driver.page.read(&wire::stats_path(days_back.clamp(1, 365), user))
    }

    /// The present state: immutable, and the same object as long as nothing changed.
    #[wasm_bindgen(js_name = getState, unchecked_return_type = "SessionState")]
    pub fn get_state(&self) -> JsValue {
        let state = self.driver.tracker.borrow().state();
        let mut shown = self.shown.borrow_mut();
        match &*shown {
            Some((known, value)) if *known == state => value.clone(),
            _ => {
                let value = views::state(&state);
                *shown = Some((state, value.clone()));
                value
            }
        }
    }

    /// What became of every event.
    #[wasm_bindgen(getter, unchecked_return_type = "Ledger")]
    pub fn ledger(&self) -> JsValue {
        views::ledger(&self.driver.tracker.borrow())
    }

    /// Says goodbye as a closing page does, and takes away every timer and listener.
    pub fn destroy(&self) {
        self.driver.close();
    }
}

/// The host's options object.
struct Options<'a>(&'a JsValue);

impl Options<'_> {
    fn get(&self, option: &str) -> JsValue {
        Reflect::get(self.0, &option.into()).unwrap_or(JsValue::UNDEFINED)
    }
}

impl Source for Options<'_> {
    fn text(&self, option: &'static str) -> Option<String> {
        self.get(option).as_string()
    }

    fn number(&self, option: &'static str) -> Option<f64> {
        self.get(option).as_f64()
    }
}
