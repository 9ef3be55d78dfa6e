//! `SessionTracker` as JavaScript sees it: each method turns its arguments into an input. The package wraps them so that nothing, not even
//! a trap in here, throws into the host's page after `create`.

use super::{Driver, options, views};
use crate::ledger::Refusal;
use crate::section::Section;
use crate::session::{EndReason, State};
use crate::tracker::Input;
use js_sys::{Function, Promise};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// Tracks one person's visit: who is there, where, and for how long.
#[wasm_bindgen]
pub struct SessionTracker {
    driver: Rc<Driver>,
    shown: RefCell<Option<(State, JsValue)>>,
    ending: RefCell<Option<Promise>>,
}

#[wasm_bindgen]
impl SessionTracker {
    /// Makes a tracker. It sends nothing until `initializeSession()`; events logged before are held.
    ///
    /// Rejects with a `TypeError` that names the option, what it must be and what was given.
    pub async fn create(
        #[wasm_bindgen(unchecked_param_type = "Options")] options: JsValue,
    ) -> Result<SessionTracker, JsValue> {
        let (config, host) = options::read(&options).map_err(|error| js_sys::TypeError::new(&error.message()))?;
        Ok(Self { driver: Driver::new(config, host), shown: RefCell::new(None), ending: RefCell::new(None) })
    }

    /// Begins a session, or takes up the one that an earlier page of the same visit left. Idempotent.
    ///
    /// Resolves with the session's id once the backend has it, or with `undefined` if the backend could not be reached at
    /// first (the tracker goes on trying) or refused. Never rejects.
    #[wasm_bindgen(js_name = initializeSession, unchecked_return_type = "Promise<string | undefined>")]
    pub fn initialize_session(&self) -> Promise {
        if let State::Live(here, _) = self.driver.look(|tracker| tracker.state()) {
            return Promise::resolve(&JsValue::from(here.id.to_string()));
        }
        self.ending.borrow_mut().take();
        let promise = self.driver.started();
        self.driver.put(Input::Start);
        promise
    }

    /// The same as `initializeSession()`.
    #[wasm_bindgen(unchecked_return_type = "Promise<string | undefined>")]
    pub fn start(&self) -> Promise {
        self.initialize_session()
    }

    /// Says where the person is; it counts at once. Where they are already is nothing.
    ///
    /// A section is a text of 1 to 200 characters; anything else is ignored with a debug message.
    #[wasm_bindgen(js_name = changeSection)]
    pub fn change_section(&self, #[wasm_bindgen(unchecked_param_type = "string")] section: JsValue) {
        self.go_to(&section, true);
    }

    /// Says where the person is; it counts after it has held for the debounce time (1 s), or when the page is hidden.
    #[wasm_bindgen(js_name = changeSectionDebounced)]
    pub fn change_section_debounced(&self, #[wasm_bindgen(unchecked_param_type = "string")] section: JsValue) {
        self.go_to(&section, false);
    }

    /// Logs an event, with data that has a JSON form of at most 32,768 bytes.
    ///
    /// Gives the event's id at once, or `undefined` if it was refused; why is said at debug level and counted in `ledger.refused`.
    #[wasm_bindgen(js_name = logEvent, unchecked_return_type = "string | undefined")]
    pub fn log_event(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] event_type: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "unknown")] event_data: JsValue,
    ) -> JsValue {
        let data = super::net::stringify(&event_data).map_err(|()| Refusal::Unserialisable);
        let kind = event_type.as_string().unwrap_or_default();
        self.driver.log(kind, data).map(|id| id.to_string()).into()
    }

    /// Sends what waits. Resolves when it is acknowledged, or when the backend could not be reached. Never rejects.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn flush(&self) -> Promise {
        let promise = self.driver.settled();
        self.driver.put(Input::Flush);
        promise
    }

    /// Ends the session for good, and sends what waits along with it. The same promise when repeated.
    ///
    /// Resolves when the backend knows, or could not be reached (it is tried again as long as the page lives). Never rejects.
    #[wasm_bindgen(js_name = endSession, unchecked_return_type = "Promise<void>")]
    pub fn end_session(&self, #[wasm_bindgen(unchecked_optional_param_type = "EndReason")] reason: JsValue) -> Promise {
        if let Some(promise) = &*self.ending.borrow() {
            return promise.clone();
        }
        let promise = self.driver.settled();
        *self.ending.borrow_mut() = Some(promise.clone());
        let reason = reason.as_string().and_then(|name| EndReason::parse(&name)).unwrap_or(EndReason::Manual);
        self.driver.put(Input::End(reason));
        promise
    }

    /// The same as `endSession(reason)`.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn end(&self, #[wasm_bindgen(unchecked_optional_param_type = "EndReason")] reason: JsValue) -> Promise {
        self.end_session(reason)
    }

    /// The caller's statistics over the last `daysBack` days (1 to 365, default 30), or `undefined` if they could not be had. Never rejects.
    #[wasm_bindgen(js_name = getStats, unchecked_return_type = "SessionStats | undefined")]
    pub async fn get_stats(
        &self,
        #[wasm_bindgen(unchecked_optional_param_type = "number")] days_back: JsValue,
    ) -> JsValue {
        let driver = self.driver.clone();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 1 to 365 first")]
        let days = days_back.as_f64().unwrap_or(30.0).clamp(1.0, 365.0) as u32;
        driver.stats(days).await.unwrap_or(JsValue::UNDEFINED)
    }

    /// The present state: immutable, and the same object as long as nothing changed.
    #[wasm_bindgen(js_name = getState, unchecked_return_type = "SessionState")]
    pub fn get_state(&self) -> JsValue {
        let state = self.driver.look(|tracker| tracker.state());
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

    /// Calls `listener` whenever `getState()` gives another object. Gives a function that stops it.
    #[wasm_bindgen(unchecked_return_type = "() => void")]
    pub fn subscribe(&self, #[wasm_bindgen(unchecked_param_type = "() => void")] listener: Function) -> JsValue {
        let subscriber = self.driver.subscribe(listener);
        let driver = Rc::downgrade(&self.driver);
        Closure::<dyn Fn()>::new(move || {
            if let Some(driver) = driver.upgrade() {
                driver.unsubscribe(subscriber);
            }
        })
        .into_js_value()
    }

    /// What became of every event: accepted = delivered + queued + inFlight + all of dropped.
    #[wasm_bindgen(getter, unchecked_return_type = "Ledger")]
    pub fn ledger(&self) -> JsValue {
        self.driver.look(views::ledger)
    }

    /// The session's id, if there is a session.
    #[wasm_bindgen(getter, js_name = sessionId, unchecked_return_type = "string | undefined")]
    pub fn session_id(&self) -> JsValue {
        self.driver.look(|tracker| tracker.session_id()).map(|id| id.to_string()).into()
    }

    /// Says goodbye as a closing page does, and takes away every timer and listener. Nothing can be done with the tracker afterwards.
    pub fn destroy(&self) {
        self.driver.close();
    }

    fn go_to(&self, section: &JsValue, at_once: bool) {
        match section.as_string().and_then(|name| Section::parse(&name)) {
            Some(section) => self.driver.put(Input::Section { section, at_once }),
            None => self.driver.debug("section ignored: it must be a text of 1 to 200 characters"),
        }
    }
}

/// The section of a path by the default rule: `/dashboard/users` is `dashboard`, `/` is `home`.
#[wasm_bindgen(js_name = pathToSection)]
#[must_use]
pub fn path_to_section(path: &str) -> String {
    Section::of_path(path).as_str().into()
}
