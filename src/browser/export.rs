//! The tracker as JavaScript reaches it: each method turns its arguments into an input. The package's `SessionTracker` wraps it with
//! promises, subscribers and options of every type; what crosses here is text and numbers, for each other type costs a page some
//! hundred bytes. Whoever writes a front end in Rust finds the same in `front.rs`.

use super::Driver;
use super::page;
use crate::config::Config;
use crate::id::Id;
use crate::section::Section;
use crate::session::EndReason;
use crate::tracker::Input;
use js_sys::Promise;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// Tracks one person's visit: who is there, where, and for how long.
#[wasm_bindgen]
pub struct SessionTracker {
    pub(super) driver: Rc<Driver>,
}

#[wasm_bindgen]
impl SessionTracker {
    /// Makes a tracker. It sends nothing until `initializeSession()`; events logged before are held.
    ///
    /// `options` are the host's as JSON, checked already. `host.getToken()` gives its bearer, and `host.hear(what, text)` is told 0 a debug
    /// message, 1 an error, 2 that the backend has the session, 3 that all was tried that could be, 4 the state that follows the last one,
    /// as JSON.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(options: &str, host: &JsValue) -> Self {
        let config = Config::read(options);
        let page = page::open(&config.endpoint, if config.persistent { &config.namespace } else { "" }, host);
        Self { driver: Driver::new(config, page) }
    }

    /// Begins a session, or takes up the one that an earlier page of the same visit left. Idempotent.
    #[wasm_bindgen(js_name = initializeSession)]
    pub fn initialize_session(&self) {
        self.driver.start();
    }

    /// Says where the person is; it counts at once, or after it has held for the debounce time.
    #[wasm_bindgen(js_name = changeSection)]
    pub fn change_section(&self, section: &str, at_once: bool) {
        match Section::parse(section) {
            Some(section) => self.driver.put(Input::Section { section, at_once }),
            None => self.driver.advise("section ignored: it must be a text of 1 to 200 characters"),
        }
    }

    /// Logs an event with its data as JSON. Gives its id, or nothing if it was refused.
    #[wasm_bindgen(js_name = logEvent)]
    pub fn log_event(&self, event_type: String, json: Option<String>) -> Option<String> {
        self.driver.log(event_type, json).map(|id| Id::from(id).as_str().into())
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
        self.driver.page.read_stats(days_back.clamp(1, 365), user, tracker.visitor())
    }

    /// What became of every event, as JSON.
    #[must_use]
    pub fn ledger(&self) -> String {
        self.driver.tracker.borrow().describe_ledger()
    }

    /// Whether the backend did not answer when it was last asked.
    #[wasm_bindgen(js_name = isDown)]
    #[must_use]
    pub fn is_down(&self) -> bool {
        self.driver.tracker.borrow().is_down()
    }

    /// Forgets everything, tells nobody, and takes away every timer and listener.
    pub fn discard(&self) {
        self.driver.discard();
    }

    /// Says goodbye as a closing page does, and takes away every timer and listener.
    pub fn destroy(&self) {
        self.driver.close();
    }
}
