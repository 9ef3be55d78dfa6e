//! The tracker for a front end that is written in Rust (Leptos, Yew, plain web-sys): values in, futures out. The npm package has nothing of
//! it, for no export leads here. It decides nothing; its counterpart in TypeScript is `pkg/src/tracker.ts`.

use super::export::SessionTracker;
use super::{Heard, signals};
use crate::ledger::Ledger;
use crate::session::{EndReason, State};
use gloo_timers::callback::Timeout;
use js_sys::{Function, JSON, Object, Promise, Reflect};
use serde::Serialize;
use std::cell::RefCell;
use std::rc::{Rc, Weak};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

type Waiting = Rc<RefCell<Vec<Function>>>;
type Signal = Closure<dyn Fn(u8, String, String)>;

/// One person's visit to a page. Dropping it says goodbye as a closing page does.
pub struct Visit {
    tracker: Rc<SessionTracker>,
    /// Whoever waits to hear that the backend has answered, or could not be reached.
    waiting: Waiting,
    _hear: Closure<dyn Fn(u8, String)>,
    _signal: Signal,
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
        set(&host, "hear", hear.as_ref());
        if let Some(get_token) = get_token {
            set(&host, "getToken", get_token);
        }
        set(&host, "options", &plain(options).filter(JsValue::is_object).unwrap_or_else(|| Object::new().into()));
        let (tracker, signal) = SessionTracker::attached(&host);
        Self { tracker, waiting, _hear: hear, _signal: signal }
    }

    /// Begins a session, or takes up the one that an earlier page of the same visit left. Gives its id once the backend has it; nothing
    /// if the backend could not be reached at first (the tracker goes on trying) or refused.
    pub async fn start(&self) -> Option<String> {
        let answer = self.answer(None);
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

    /// Says that the person is where the page's address leads: in the first segment of its path, and in `home` for the root.
    pub fn follow_address(&self) {
        let Some(path) = web_sys::window().and_then(|window| window.location().pathname().ok()) else { return };
        let section = path.split('/').find(|segment| !segment.is_empty()).unwrap_or("home");
        self.tracker.change_section(section, false);
    }

    /// Logs an event with data that serde can write, or with none (`&()`). Gives its id, or nothing if it was refused: the ledger counts why.
    pub fn log_event(&self, event_type: &str, data: &impl Serialize) -> Option<String> {
        self.tracker.log_event(event_type.into(), json(data))
    }

    /// Sends what waits. Done when it is acknowledged, or when the backend could not be reached.
    pub async fn flush(&self) {
        let answer = self.answer(None);
        self.tracker.flush();
        answer.await;
    }

    /// The same, but done after so many milliseconds at the latest: what is not acknowledged by then travels on.
    pub async fn flush_within(&self, milliseconds: u32) {
        let answer = self.answer(Some(milliseconds));
        self.tracker.flush();
        answer.await;
    }

    /// Ends the session for good and sends what waits along with it. Done when the backend knows, or could not be reached.
    pub async fn end(&self, reason: EndReason) {
        let answer = self.answer(None);
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
    fn answer(&self, at_most: Option<u32>) -> impl Future<Output = ()> + use<> {
        let mut alarm = None;
        let promise = Promise::new(&mut |resolve, _| {
            let resolve: Function = resolve.unchecked_into();
            let impatient = resolve.clone();
            alarm = at_most.map(|delay| Timeout::new(delay, move || drop(impatient.call0(&JsValue::NULL))));
            self.waiting.borrow_mut().push(resolve);
        });
        async move {
            drop(JsFuture::from(promise).await);
            drop(alarm);
        }
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.tracker.destroy();
    }
}

/// What the npm package says by numbers.
impl SessionTracker {
    /// A tracker that hears its page for as long as the closure is kept.
    #[must_use]
    pub fn attached(host: &Object) -> (Rc<Self>, Signal) {
        let tracker = Rc::new(Self::new(host));
        let heard: Weak<Self> = Rc::downgrade(&tracker);
        let signal = Closure::new(move |what, text, more| {
            if let Some(tracker) = heard.upgrade() {
                tracker.say(what, text, more);
            }
        });
        set(host, "signal", signal.as_ref());
        (tracker, signal)
    }

    /// Begins a session, or takes up the one that an earlier page of the same visit left. Idempotent.
    pub fn initialize_session(&self) {
        self.tell(signals::START, "");
    }

    /// Says where the person is; it counts at once, or after it has held for the debounce time.
    pub fn change_section(&self, section: &str, at_once: bool) {
        self.tell(if at_once { signals::SECTION_AT_ONCE } else { signals::SECTION }, section);
    }

    /// Logs an event with its data as JSON. Gives its id, or nothing if it was refused.
    pub fn log_event(&self, event_type: String, json: Option<String>) -> Option<String> {
        Some(self.say(signals::LOG, event_type, json.unwrap_or_default())).filter(|id| !id.is_empty())
    }

    /// Sends what waits.
    pub fn flush(&self) {
        self.tell(signals::FLUSH, "");
    }

    /// Ends the session for good, and sends what waits along with it. A reason that is none is `manual`.
    pub fn end_session(&self, reason: &str) {
        self.tell(signals::END, reason);
    }

    /// What became of every event, as JSON.
    #[must_use]
    pub fn ledger(&self) -> String {
        self.say(signals::LEDGER, String::new(), String::new())
    }

    /// Whose session it is, and the visitor's token, as the statistics are asked for.
    #[must_use]
    pub fn who(&self) -> (String, String) {
        let who = self.say(signals::WHO, String::new(), String::new());
        let mut told = who.split('\0').map(String::from);
        (told.next().unwrap_or_default(), told.next().unwrap_or_default())
    }

    /// Forgets everything, tells nobody, and takes away every timer and listener.
    pub fn discard(&self) {
        self.tell(signals::DISCARD, "");
    }

    /// Says goodbye as a closing page does, and takes away every timer and listener.
    pub fn destroy(&self) {
        self.tell(signals::DESTROY, "");
    }

    fn tell(&self, what: u8, text: &str) {
        self.say(what, text.into(), String::new());
    }
}

/// An object that was made here takes every member.
fn set(object: &Object, name: &str, value: &JsValue) {
    let _taken = Reflect::set(object, &name.into(), value);
}

/// JSON as the browser writes it; nothing for a unit, and for what has no JSON.
fn json(value: &impl Serialize) -> Option<String> {
    JSON::stringify(&plain(value)?).ok()?.as_string()
}

/// What serde writes, as objects and lists.
fn plain(value: &impl Serialize) -> Option<JsValue> {
    value.serialize(&serde_wasm_bindgen::Serializer::json_compatible()).ok()
}
