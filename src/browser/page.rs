//! The page, as `page.js` brings it within reach, and what its signals mean.

use crate::limits::INPUT_THROTTLE;
use crate::tracker::{Credential, Input, Request};
use js_sys::Promise;
use wasm_bindgen::prelude::*;

/// Hears which signal it is; and of an answer, to which request, its status (0: there was none), what `Retry-After` asks for in
/// milliseconds (NaN: nothing), and its text.
pub(super) type Signals = Closure<dyn Fn(u8, u32, u16, f64, Option<String>)>;

#[wasm_bindgen(module = "/src/browser/page.js")]
extern "C" {
    /// Storage, network and events of one page.
    pub(super) type Page;

    #[wasm_bindgen(js_name = openPage)]
    pub(super) fn open(endpoint: &str, namespace: &str, host: &JsValue) -> Page;

    #[wasm_bindgen(method, js_name = isVisible)]
    pub(super) fn is_visible(this: &Page) -> bool;
    #[wasm_bindgen(method, js_name = hasFocus)]
    pub(super) fn has_focus(this: &Page) -> bool;
    #[wasm_bindgen(method, js_name = deviceInfo)]
    pub(super) fn device_info(this: &Page) -> String;
    #[wasm_bindgen(method, js_name = locationInfo)]
    pub(super) fn location_info(this: &Page) -> String;

    #[wasm_bindgen(method, js_name = listen)]
    fn listen_throttled(this: &Page, signals: &Signals, input_throttle: u32);
    #[wasm_bindgen(method)]
    pub(super) fn close(this: &Page);

    #[wasm_bindgen(method)]
    pub(super) fn load(this: &Page, prefix: &str) -> String;
    #[wasm_bindgen(method)]
    pub(super) fn keep(this: &Page, name: &str, text: &str);

    #[wasm_bindgen(method, js_name = canFetchLater)]
    pub(super) fn can_fetch_later(this: &Page) -> bool;
    #[wasm_bindgen(method)]
    pub(super) fn later(this: &Page, path: &str, body: &str);
    #[wasm_bindgen(method)]
    pub(super) fn lead(this: &Page);
    #[wasm_bindgen(method)]
    pub(super) fn unlead(this: &Page);
    #[wasm_bindgen(method)]
    pub(super) fn soon(this: &Page);

    #[wasm_bindgen(method, js_name = post)]
    fn post_as(this: &Page, id: u32, path: &str, body: &str, keepalive: bool, who: u8);
    #[wasm_bindgen(method)]
    pub(super) fn cancel(this: &Page);
    #[wasm_bindgen(method, js_name = handOver)]
    fn hand_over_as(this: &Page, path: &str, body: &str, who: u8) -> bool;
    #[wasm_bindgen(method, js_name = readStats)]
    pub(super) fn read_stats(this: &Page, days_back: u32, user: &str, visitor: &str) -> Promise;

    /// Tells the host.
    #[wasm_bindgen(method)]
    pub(super) fn tell(this: &Page, what: u8, text: &str, rest: &str);
}

impl Page {
    /// Tells every signal until the page is closed.
    pub(super) fn listen(&self, signals: &Signals) {
        self.listen_throttled(signals, INPUT_THROTTLE.0 as u32);
    }

    /// Sends a request; its answer is a signal.
    pub(super) fn post(&self, request: &Request) {
        self.post_as(request.id.0, request.route.path(), &request.body, request.keepalive, who(request));
    }

    /// Gives a request to the browser as the page leaves. False if the browser did not take it.
    pub(super) fn hand_over(&self, request: &Request) -> bool {
        self.hand_over_as(request.route.path(), &request.body, who(request))
    }
}

fn who(request: &Request) -> u8 {
    match request.credential {
        Credential::InBody => 0,
        Credential::Bearer => 1,
        Credential::FreshBearer => 2,
    }
}

/// The signal that a request was answered, or failed.
pub(super) const ANSWERED: u8 = 9;

/// What `load` found, as names and texts.
pub(super) fn entries(joined: &str) -> Vec<(String, String)> {
    let mut entries = Vec::new();
    let mut rest = joined;
    while let Some((name, after)) = cut(rest)
        && let Some((text, after)) = cut(after)
    {
        entries.push((name.into(), text.into()));
        rest = after;
    }
    entries
}

/// What is before a zero character, and what is after it. (`str::split` would bring a searcher of half a kilobyte.)
fn cut(text: &str) -> Option<(&str, &str)> {
    let at = text.bytes().position(|byte| byte == 0)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// What any other signal says has happened.
pub(super) fn meaning(signal: u8) -> Option<Input> {
    Some(match signal {
        1 => Input::Visible(false),
        2 => Input::Visible(true),
        3 => Input::Leaving,
        4 => Input::Returned,
        5 => Input::Online,
        6 => Input::Focused(true),
        7 => Input::Focused(false),
        8 => Input::Activity,
        10 | 13 => Input::Wake,
        11 => Input::Led(true),
        12 => Input::Led(false),
        _ => return None,
    })
}
