//! The page, as `page.js` brings it within reach, and what its signals mean.

use crate::limits::INPUT_THROTTLE;
use crate::tracker::{Credential, Input, Request};
use js_sys::{Function, Promise};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/browser/page.js")]
extern "C" {
    /// Storage, network and events of one page.
    pub(super) type Page;

    #[wasm_bindgen(js_name = openPage)]
    pub(super) fn open(endpoint: &str, storage_key: &str, get_token: &JsValue) -> Page;

    #[wasm_bindgen(method, js_name = isVisible)]
    pub(super) fn is_visible(this: &Page) -> bool;
    #[wasm_bindgen(method, js_name = hasFocus)]
    pub(super) fn has_focus(this: &Page) -> bool;
    #[wasm_bindgen(method, js_name = deviceInfo)]
    pub(super) fn device_info(this: &Page) -> String;
    #[wasm_bindgen(method, js_name = locationInfo)]
    pub(super) fn location_info(this: &Page) -> String;

    #[wasm_bindgen(method, js_name = listen)]
    fn listen_throttled(this: &Page, tell: &Function, input_throttle: u32);
    #[wasm_bindgen(method)]
    pub(super) fn close(this: &Page);

    #[wasm_bindgen(method)]
    pub(super) fn load(this: &Page) -> Option<String>;
    #[wasm_bindgen(method)]
    pub(super) fn save(this: &Page, text: &str);

    #[wasm_bindgen(method, js_name = post)]
    fn post_as(this: &Page, path: &str, body: &str, keepalive: bool, who: u8) -> Promise;
    #[wasm_bindgen(method)]
    pub(super) fn cancel(this: &Page);
    #[wasm_bindgen(method, js_name = handOver)]
    fn hand_over_as(this: &Page, path: &str, body: &str, who: u8) -> bool;
    #[wasm_bindgen(method)]
    pub(super) fn read(this: &Page, path: &str) -> Promise;
}

impl Page {
    /// Tells every signal until the page is closed.
    pub(super) fn listen(&self, tell: &Closure<dyn Fn(u8)>) {
        self.listen_throttled(tell.as_ref().unchecked_ref(), INPUT_THROTTLE.0 as u32);
    }

    /// Sends a request; the promise is of its answer.
    pub(super) fn post(&self, request: &Request) -> Promise {
        self.post_as(request.route.path(), &request.body, request.keepalive, who(request))
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

/// What a signal says has happened.
pub(super) fn meaning(signal: u8, page: &Page) -> Option<Input> {
    Some(match signal {
        1 => Input::Visible(false),
        2 => Input::Visible(true),
        3 => Input::Leaving,
        4 => Input::Returned(page.load()),
        5 => Input::Online,
        6 => Input::Focused(true),
        7 => Input::Focused(false),
        8 => Input::Activity,
        _ => return None,
    })
}
