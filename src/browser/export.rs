//! The tracker as JavaScript reaches it: one method, for each costs a page some hundred bytes. The package's `SessionTracker` wraps it with
//! promises, subscribers and options of every type; what crosses here is text and numbers. Whoever writes a front end in Rust finds
//! the same in `front.rs`.

use super::Driver;
use wasm_bindgen::prelude::*;

/// Tracks one person's visit: who is there, where, and for how long.
#[wasm_bindgen]
pub struct SessionTracker {
    pub(super) driver: Driver,
}

#[wasm_bindgen]
impl SessionTracker {
    /// Makes a tracker. It sends nothing until it is started; events logged before are held.
    ///
    /// `host.options` are the application's, checked already. `host.getToken()` gives its bearer, and `host.hear(what, text)` is told 0 a debug
    /// message, 1 an error, 2 that the backend has the session, 3 that all was tried that could be, 4 the state that follows the last one,
    /// as JSON, 5 that a session ended, 6 that it soon will, 7 that the backend does not answer as it should. While `host.isPending()` nothing
    /// is read from storage. `host.carry(body)` may give another `body` to be sent in place of a request's, and `heard(answer)` to hear what comes
    /// of it. What the page calls by `host.signal(what, text, more)` is to be passed on to `say`. The host is given
    /// `readStats(daysBack, user, visitor)`, which rejects when the backend cannot be reached.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(host: &JsValue) -> Self {
        Self { driver: Driver::new(host) }
    }

    /// Tells the tracker what happened, or asks it something: `signals.rs` has the numbers, and what comes with each.
    pub fn say(&self, what: u8, text: String, more: String) -> String {
        self.driver.say(what, text, more)
    }
}
