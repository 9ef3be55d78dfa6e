//! The driver: it brings what happens in the page to the core and does what the core says. It decides nothing.
//!
//! The pump is here, and it is the only caller of the core. Two rules keep it right: after every input the core is polled until it sleeps, and
//! nothing of the host's is called while the core is borrowed, for the host may call back.

mod alarm;
mod clock;
mod device;
mod export;
mod host;
mod net;
mod options;
mod page;
mod storage;
mod types;
mod views;

use crate::config::Config;
use crate::ledger::Refusal;
use crate::session::State;
use crate::time::Now;
use crate::tracker::{Input, Notice, Output, Surroundings, Tracker};
use alarm::Alarm;
use host::Host;
use js_sys::{Function, Promise};
use net::Net;
use page::Page;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use storage::Storage;
use wasm_bindgen::JsValue;

/// One tracker in one page, and the browser around it.
pub(crate) struct Driver {
    tracker: RefCell<Tracker>,
    told: RefCell<State>,
    host: Host,
    net: Net,
    storage: Storage,
    alarm: Alarm,
    page: Page,
    is_closed: Cell<bool>,
}

impl Driver {
    pub(crate) fn new(config: Config, host: Host) -> Rc<Self> {
        let storage = Storage::new(&config);
        let around = Surroundings {
            seed: clock::seed(),
            stored: storage.load(),
            visible: page::is_visible(),
            focused: page::is_focused(),
            device_info: device::device_info(),
            location_info: device::location_info(),
        };
        let net = Net::new(&config);
        let tracker = Tracker::new(config, around, clock::now());
        Rc::new_cyclic(|driver| Self {
            told: RefCell::new(tracker.state()),
            tracker: RefCell::new(tracker),
            host,
            net,
            storage,
            alarm: Alarm::new(driver.clone()),
            page: Page::listen(driver.clone()),
            is_closed: Cell::new(false),
        })
    }

    /// Something happened.
    pub(crate) fn put(self: &Rc<Self>, input: Input) {
        let now = clock::now();
        self.tracker.borrow_mut().handle(input, now);
        self.pump(now);
    }

    /// The application logged an event. `data` is its JSON, or why there is none.
    pub(crate) fn log(self: &Rc<Self>, kind: String, data: Result<Option<String>, Refusal>) -> Option<uuid::Uuid> {
        let now = clock::now();
        let logged = match data {
            Ok(data) => self.tracker.borrow_mut().log(kind, data, now),
            Err(refusal) => {
                self.tracker.borrow_mut().refuse(refusal);
                Err(refusal)
            }
        };
        self.pump(now);
        match logged {
            Ok(Some(id)) => Some(id),
            Ok(None) => {
                self.host.debug("event dropped: 10,000 events or 4 MiB are waiting for the backend already");
                None
            }
            Err(refusal) => {
                self.host.debug(refusal.advice());
                None
            }
        }
    }

    /// What the application may know of the core.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Tracker) -> T) -> T {
        look(&self.tracker.borrow())
    }

    /// A promise of the session's id.
    pub(crate) fn started(&self) -> Promise {
        self.host.started()
    }

    /// A promise that all was tried that could be.
    pub(crate) fn settled(&self) -> Promise {
        self.host.settled()
    }

    pub(crate) async fn stats(&self, days_back: u32) -> Option<JsValue> {
        self.net.stats(self, days_back).await
    }

    pub(crate) fn subscribe(&self, listener: Function) -> u32 {
        self.host.subscribe(listener)
    }

    pub(crate) fn unsubscribe(&self, subscriber: u32) {
        self.host.unsubscribe(subscriber);
    }

    pub(crate) fn debug(&self, message: &str) {
        self.host.debug(message);
    }

    /// The application is done.
    pub(crate) fn close(self: &Rc<Self>) {
        if self.is_closed.replace(true) {
            return;
        }
        self.put(Input::Close);
        self.page.stop();
        self.alarm.stop();
        self.host.forget();
    }

    fn pump(self: &Rc<Self>, now: Now) {
        let mut notices = Vec::new();
        loop {
            let output = self.tracker.borrow_mut().poll(now);
            match output {
                Output::Send(request) if request.parting => {
                    let id = request.id;
                    let taken = self.net.hand_over(request);
                    self.tracker.borrow_mut().handle(Input::Handed(id, taken), now);
                }
                Output::Send(request) => self.net.send(self, request),
                Output::Cancel(id) => self.net.cancel(id),
                Output::Save(text) => self.storage.save(&text),
                Output::Notify(notice) => notices.push(notice),
                Output::Sleep(deadline) => {
                    self.alarm.set(deadline.map(|(at, _)| at), now.mono);
                    break;
                }
            }
        }
        self.tell(notices);
    }

    fn tell(&self, notices: Vec<Notice>) {
        let state = self.tracker.borrow().state();
        let is_new = *self.told.borrow() != state;
        if is_new {
            *self.told.borrow_mut() = state;
        }
        for notice in notices {
            let id = self.tracker.borrow().session_id();
            self.host.hear(notice, id);
        }
        if is_new {
            self.host.changed();
        }
    }
}
