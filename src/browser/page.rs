//! The page, as `page.js` brings it within reach.

use crate::config::Config;
use crate::flat::Flat;
use crate::limits::INPUT_THROTTLE;
use crate::tracker::{Credential, Request, Surroundings};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/browser/page.js")]
extern "C" {
    #[wasm_bindgen(js_name = openPage)]
    fn open_page(input_throttle: u32, host: &JsValue) -> String;
    #[wasm_bindgen(js_name = load)]
    fn load_entries(page: u32, prefix: &str) -> String;
    fn act(page: u32, deed: u8, first: u32, second: u32, text: &str, more: &str) -> bool;
}

/// What a page can be made to do, in the order of `deeds` in `page.js`.
#[derive(Clone, Copy)]
enum Deed {
    Tell,
    Keep,
    Post,
    Cancel,
    HandOver,
    Later,
    Lead,
    Unlead,
    Soon,
    SetAlarm,
    Close,
}

/// Storage, network and events of one page.
#[derive(Clone, Copy)]
pub(super) struct Page(u32);

impl Page {
    /// Opens the page, which from here on signals to the host what happens. Gives it, what the host chose, and what the page is like, but for the seed.
    pub(super) fn open(host: &JsValue) -> (Self, Config, Surroundings) {
        let said = open_page(INPUT_THROTTLE.0 as u32, host);
        let said = Flat::object(&said).unwrap_or_default();
        let page = Self(said.whole(".page").unwrap_or_default() as u32);
        let around = Surroundings {
            seed: [0; 4],
            stored: page.load(crate::record::RECORDS),
            can_fetch_later: said.is_true(".canFetchLater"),
            visible: said.is_true(".visible"),
            focused: said.is_true(".focused"),
            device_info: said.text(".deviceInfo").unwrap_or_default().into(),
            location_info: said.text(".locationInfo").unwrap_or_default().into(),
        };
        (page, Config::read(said), around)
    }

    /// What storage holds under names that begin so.
    pub(super) fn load(self, prefix: &str) -> String {
        load_entries(self.0, prefix)
    }

    /// Tells the host.
    pub(super) fn tell(self, what: u8, text: &str, rest: &str) {
        self.act(Deed::Tell, what.into(), 0, text, rest);
    }

    /// Keeps a text under a name; an empty one is erased.
    pub(super) fn keep(self, name: &str, text: &str) -> bool {
        self.act(Deed::Keep, 0, 0, name, text)
    }

    /// Sends a request; its answer is a signal.
    pub(super) fn post(self, request: &Request) {
        const KEEPALIVE: u32 = 4;
        let how = who(request) + if request.keepalive { KEEPALIVE } else { 0 };
        self.act(Deed::Post, request.id.0, how, request.route.path(), &request.body);
    }

    /// Stops waiting for the answer to the last request.
    pub(super) fn cancel(self) {
        self.act(Deed::Cancel, 0, 0, "", "");
    }

    /// Gives a request to the browser as the page leaves. False if the browser did not take it.
    pub(super) fn hand_over(self, request: &Request) -> bool {
        self.act(Deed::HandOver, 0, who(request), request.route.path(), &request.body)
    }

    /// Has the browser hold a request in place of the last one, and send it when the page is no more; an empty one is none.
    pub(super) fn later(self, path: &str, body: &str) {
        self.act(Deed::Later, 0, 0, path, body);
    }

    /// Takes the lead among the tabs if it is free, and signals whether it was.
    pub(super) fn lead(self) {
        self.act(Deed::Lead, 0, 0, "", "");
    }

    /// Gives the lead back.
    pub(super) fn unlead(self) {
        self.act(Deed::Unlead, 0, 0, "", "");
    }

    /// Wakes at the end of the present task.
    pub(super) fn soon(self) {
        self.act(Deed::Soon, 0, 0, "", "");
    }

    /// Rings after so many milliseconds, and not as it was last set; never if they are none.
    pub(super) fn set_alarm(self, milliseconds: u32) {
        self.act(Deed::SetAlarm, milliseconds, 0, "", "");
    }

    /// Takes away every listener and timer.
    pub(super) fn close(self) {
        self.act(Deed::Close, 0, 0, "", "");
    }

    fn act(self, deed: Deed, first: u32, second: u32, text: &str, more: &str) -> bool {
        act(self.0, deed as u8, first, second, text, more)
    }
}

fn who(request: &Request) -> u32 {
    match request.credential {
        Credential::InBody => 0,
        Credential::Bearer => 1,
        Credential::FreshBearer => 2,
    }
}
