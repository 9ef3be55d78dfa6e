//! A tracker in the page of a test (`page.js`), and how to wait for what it does: by condition, with an end.

use js_sys::{JSON, Object, Promise, Reflect};
use serde_json::{Value, json};
use session_tracker::SessionTracker;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen(module = "/tests/web/page.js")]
extern "C" {
    /// The page, and what the tracker did to it.
    pub type Page;

    #[wasm_bindgen(js_name = openPage)]
    pub fn open_page() -> Page;
    #[wasm_bindgen(method)]
    fn close(this: &Page);

    /// The next fetch is answered so; without this it is answered as a backend of the full profile does.
    #[wasm_bindgen(method, js_name = answer)]
    fn answer_with(this: &Page, status: u16, headers: &str, body: &str);
    /// The next fetch fails, as without a network.
    #[wasm_bindgen(method)]
    pub fn fail(this: &Page);
    #[wasm_bindgen(method, js_name = refuseBeaconsOver)]
    pub fn refuse_beacons_over(this: &Page, bytes: u32);
    /// From here on this room travels with every request.
    #[wasm_bindgen(method)]
    pub fn carry(this: &Page, room: &str);
    /// Whether the person has yet to agree.
    #[wasm_bindgen(method, js_name = holdConsent)]
    pub fn hold_consent(this: &Page, is_pending: bool);
    #[wasm_bindgen(method, js_name = breakBeacons)]
    pub fn break_beacons(this: &Page);
    #[wasm_bindgen(method, js_name = requests)]
    fn requests_json(this: &Page) -> String;

    #[wasm_bindgen(method, getter)]
    pub fn host(this: &Page) -> Object;
    /// What the tracker gave the host for reading statistics.
    #[wasm_bindgen(method, js_name = readStats)]
    fn read_stats(this: &Page, days_back: u32, user: &str, visitor: &str) -> Promise;
    #[wasm_bindgen(method, js_name = heard)]
    fn heard_json(this: &Page) -> String;
    #[wasm_bindgen(method, js_name = giveTokens)]
    fn give_tokens(this: &Page, tokens: &str);
    #[wasm_bindgen(method, js_name = throwAtTokens)]
    pub fn throw_at_tokens(this: &Page);
    #[wasm_bindgen(method, js_name = throwWhenTold)]
    pub fn throw_when_told(this: &Page);
    #[wasm_bindgen(method, js_name = tokensAsked)]
    pub fn tokens_asked(this: &Page) -> u32;

    #[wasm_bindgen(method, js_name = setHidden)]
    pub fn set_hidden(this: &Page, hidden: bool);
    #[wasm_bindgen(method, js_name = setDiscarded)]
    pub fn set_discarded(this: &Page, discarded: bool);
    #[wasm_bindgen(method)]
    pub fn dispatch(this: &Page, target: &str, name: &str);
    #[wasm_bindgen(method, js_name = dispatchTransition)]
    pub fn dispatch_transition(this: &Page, name: &str, persisted: bool);
    /// An input at a time of the page's clock, at the window or inside the document.
    #[wasm_bindgen(method, js_name = dispatchInput)]
    pub fn dispatch_input(this: &Page, name: &str, milliseconds: f64, inside: bool);

    #[wasm_bindgen(method, js_name = blockStorage)]
    pub fn block_storage(this: &Page);
    #[wasm_bindgen(method, js_name = fillStorage)]
    pub fn fill_storage(this: &Page);
    #[wasm_bindgen(method)]
    pub fn store(this: &Page, key: &str, text: &str);
    #[wasm_bindgen(method)]
    pub fn stored(this: &Page, key: &str) -> Option<String>;
    #[wasm_bindgen(method, js_name = storedKeys)]
    fn stored_keys_json(this: &Page) -> String;

    #[wasm_bindgen(method)]
    pub fn timers(this: &Page) -> u32;
    /// From here on no timer rings: what happens then has another cause.
    #[wasm_bindgen(method, js_name = stopTimers)]
    pub fn stop_timers(this: &Page);
    /// The shortest delay of the timers that run, in milliseconds.
    #[wasm_bindgen(method, js_name = soonestTimer)]
    pub fn soonest_timer(this: &Page) -> f64;
    #[wasm_bindgen(method)]
    pub fn listeners(this: &Page) -> u32;
    #[wasm_bindgen(method)]
    fn moment(this: &Page) -> Promise;
    #[wasm_bindgen(method, js_name = uncaught)]
    fn uncaught_json(this: &Page) -> Promise;
}

impl Page {
    pub fn answer(&self, status: u16, body: Value) {
        self.answer_with(status, "{}", &body.to_string());
    }

    pub fn answer_text(&self, status: u16, headers: Value, body: &str) {
        self.answer_with(status, &headers.to_string(), body);
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<Value> {
        serde_json::from_str(&self.requests_json()).unwrap()
    }

    /// What the host was told so far: `[what, text]` each.
    pub fn heard(&self) -> Value {
        serde_json::from_str(&self.heard_json()).unwrap()
    }

    pub fn stored_keys(&self) -> Value {
        serde_json::from_str(&self.stored_keys_json()).unwrap()
    }

    /// All that is stored.
    pub fn stored_entries(&self) -> Vec<(String, String)> {
        let keys: Vec<String> = serde_json::from_value(self.stored_keys()).unwrap();
        keys.into_iter().filter_map(|key| self.stored(&key).map(|text| (key, text))).collect()
    }

    /// Waits until it holds; fails with what was awaited after some seconds.
    pub async fn until(&self, what: &str, holds: impl Fn() -> bool) {
        for _ in 0..1_000 {
            if holds() {
                return;
            }
            JsFuture::from(self.moment()).await.unwrap();
        }
        panic!("this did not happen: {what}; requests: {:#?}", self.requests());
    }

    /// The request of this number, from 0, as soon as there is one.
    pub async fn request(&self, number: usize) -> Value {
        self.until(&format!("request {number}"), || self.requests().len() > number).await;
        self.requests().swap_remove(number)
    }

    /// Nothing was thrown into the page, and no promise was left rejected.
    pub async fn is_unharmed(&self) {
        let uncaught = JsFuture::from(self.uncaught_json()).await.unwrap();
        assert_eq!(uncaught.as_string().unwrap(), "[]", "what nobody caught");
    }
}

/// A tracker in a page; it is destroyed and the page closed when it goes.
pub struct Visit {
    pub page: Page,
    pub tracker: Rc<SessionTracker>,
    _signal: Closure<dyn Fn(u8, String, String)>,
}

impl Visit {
    /// A tracker that has not been started, its events sent without waiting for company.
    pub fn open(options: Value) -> Self {
        Self::open_in(open_page(), options)
    }

    pub fn open_in(page: Page, given: Value) -> Self {
        let host = page.host();
        let options = JSON::parse(&options(given).to_string()).unwrap();
        Reflect::set(&host, &"options".into(), &options).unwrap();
        let (tracker, signal) = SessionTracker::attached(&host);
        Self { page, tracker, _signal: signal }
    }

    /// The host gives these bearers, one after the other.
    pub fn open_with_tokens(given: Value, tokens: Value) -> Self {
        let page = open_page();
        page.give_tokens(&tokens.to_string());
        Self::open_in(page, given)
    }

    /// A tracker whose session the backend has.
    pub async fn live(options: Value) -> Self {
        let visit = Self::open(options);
        visit.start().await;
        visit
    }

    pub async fn start(&self) {
        self.tracker.initialize_session();
        self.page.until("the session is live", || self.state()["status"] == "live").await;
    }

    /// Logs an event with its data and gives its id.
    pub fn log(&self, kind: &str, data: Value) -> String {
        self.tracker.log_event(kind.into(), Some(data.to_string())).expect("the event is taken in")
    }

    /// The state that the host heard last.
    pub fn state(&self) -> Value {
        let heard = self.page.heard();
        let last = heard.as_array().unwrap().iter().rfind(|heard| heard[0] == 4);
        last.map_or(json!({ "status": "idle" }), |heard| serde_json::from_str(heard[1].as_str().unwrap()).unwrap())
    }

    /// Reads the statistics as the package does.
    pub fn stats(&self, days_back: u32, names_user: bool) -> Promise {
        let (user, visitor) = self.tracker.who();
        self.page.read_stats(days_back, if names_user { &user } else { "" }, &visitor)
    }

    pub fn ledger(&self) -> Value {
        serde_json::from_str(&self.tracker.ledger()).unwrap()
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.tracker.destroy();
        self.page.close();
    }
}

/// The options, with those that every test has.
pub fn options(given: Value) -> Value {
    let mut all = json!({ "endpoint": "/api/sessions", "flushSeconds": 0 });
    all.as_object_mut().unwrap().extend(given.as_object().unwrap().clone());
    all
}

/// A value of JavaScript as JSON.
pub fn plain(value: &JsValue) -> Value {
    serde_json::from_str(&String::from(JSON::stringify(value).unwrap())).unwrap()
}
