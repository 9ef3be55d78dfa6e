//! The driver: it brings what happens in the page to the core and does what the core says. It decides nothing.
//!
//! The pump is here, and it is the only caller of the core. Two rules keep it right: after every input the core is polled until it sleeps, and
//! nothing of the host's is called while the core is borrowed, for the host may call back.

mod alarm;
mod alloc;
mod clock;
mod export;
mod page;
mod types;
mod views;

pub use export::SessionTracker;

use crate::config::Config;
use crate::ledger::Refusal;
use crate::queue::RequestId;
use crate::session::State;
use crate::time::{Millis, Now};
use crate::tracker::{Input, Notice, Output, Request, Surroundings, Tracker};
use crate::wire::{self, Route, Verdict};
use alarm::Alarm;
use js_sys::{Array, Function};
use page::Page;
use std::cell::RefCell;
use std::rc::{Rc, Weak};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// What the host hears, as a number and, with some, a text.
#[derive(Clone, Copy)]
enum Heard {
    Debug = 0,
    Error = 1,
    Started = 2,
    Settled = 3,
    Changed = 4,
}

/// One tracker in one page, and the browser around it.
struct Driver {
    tracker: RefCell<Tracker>,
    told: RefCell<State>,
    hear: Function,
    page: Page,
    alarm: Alarm,
    _signals: Closure<dyn Fn(u8)>,
}

impl Driver {
    fn new(config: Config, page: Page, hear: Function) -> Rc<Self> {
        let around = Surroundings {
            seed: clock::seed(),
            stored: config.persistent.then(|| page.load()).flatten(),
            visible: page.is_visible(),
            focused: page.has_focus(),
            device_info: page.device_info(),
            location_info: page.location_info(),
        };
        let tracker = Tracker::new(config, around, clock::now());
        Rc::new_cyclic(|driver: &Weak<Self>| {
            let weak = driver.clone();
            let signals = Closure::new(move |signal| {
                let Some(driver) = weak.upgrade() else { return };
                if let Some(input) = page::meaning(signal, &driver.page) {
                    driver.put(input);
                }
            });
            page.listen(&signals);
            Self {
                told: RefCell::new(tracker.state()),
                tracker: RefCell::new(tracker),
                hear,
                page,
                alarm: Alarm::new(driver.clone()),
                _signals: signals,
            }
        })
    }

    /// Something happened.
    fn put(self: &Rc<Self>, input: Input) {
        let now = clock::now();
        self.tracker.borrow_mut().handle(input, now);
        self.pump(now);
    }

    /// The application logged an event, with its data as JSON. Gives the event's id.
    fn log(self: &Rc<Self>, kind: String, data: Option<String>) -> Option<uuid::Uuid> {
        let now = clock::now();
        let logged = self.tracker.borrow_mut().log(kind, data, now);
        self.pump(now);
        logged.unwrap_or_else(|refusal| {
            self.tell(Heard::Debug, refusal.advice());
            None
        })
    }

    /// The application logged an event whose data has no JSON.
    fn refuse(&self, refusal: Refusal) {
        self.tracker.borrow_mut().refuse(refusal);
        self.tell(Heard::Debug, refusal.advice());
    }

    /// The application is done.
    fn close(self: &Rc<Self>) {
        self.put(Input::Close);
        self.page.close();
        self.alarm.stop();
    }

    fn pump(self: &Rc<Self>, now: Now) {
        let mut notices = Vec::new();
        loop {
            let output = self.tracker.borrow_mut().poll(now);
            match output {
                Output::Send(request) if request.parting => {
                    let taken = self.page.hand_over(&request);
                    self.tracker.borrow_mut().handle(Input::Handed(request.id, taken), now);
                }
                Output::Send(request) => self.send(&request),
                Output::Cancel => self.page.cancel(),
                Output::Save(text) => self.page.save(&text),
                Output::Notify(notice) => notices.push(notice),
                Output::Sleep(deadline) => {
                    self.alarm.set(deadline.map(|(at, _)| at), now.mono);
                    break;
                }
            }
        }
        for notice in notices {
            self.pass_on(notice);
        }
        let state = self.tracker.borrow().state();
        if *self.told.borrow() != state {
            *self.told.borrow_mut() = state;
            self.tell(Heard::Changed, "");
        }
    }

    fn send(self: &Rc<Self>, request: &Request) {
        let answer = self.page.post(request);
        let (driver, id, route) = (self.clone(), request.id, request.route);
        spawn_local(async move {
            let answer = JsFuture::from(answer).await.ok();
            driver.answered(id, route, answer);
        });
    }

    fn answered(self: &Rc<Self>, id: RequestId, route: Route, answer: Option<JsValue>) {
        let verdict = match answer.as_ref().map(Array::from) {
            None => Verdict::TryAgain { after: None },
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts of floats saturate")]
            Some(answer) => {
                let status = answer.get(0).as_f64().unwrap_or_default() as u16;
                let after = answer.get(1).as_f64().map(|after| Millis(after as u64));
                wire::read(route, status, after, &answer.get(2).as_string().unwrap_or_default())
            }
        };
        self.put(Input::Answered(id, verdict));
    }

    fn pass_on(&self, notice: Notice) {
        let (what, prefix, text) = match &notice {
            Notice::Started => (Heard::Started, "", ""),
            Notice::Settled => (Heard::Settled, "", ""),
            Notice::Ended(reason) => (Heard::Debug, "session ended: ", reason.name()),
            Notice::Refused(why) => (Heard::Error, "the backend refused a request: ", &**why),
            Notice::StartFailed(why) => (Heard::Error, "[SessionTracking] Failed to start session: ", &**why),
            Notice::Unreachable => {
                (Heard::Debug, "the backend does not answer as the session API says; trying again", "")
            }
            Notice::Dropped => (Heard::Debug, "event dropped: 10,000 events or 4 MiB are waiting already", ""),
        };
        self.tell(what, &[prefix, text].concat());
    }

    fn tell(&self, what: Heard, text: &str) {
        let _its_own_business = self.hear.call2(&JsValue::UNDEFINED, &(what as u32).into(), &text.into());
    }
}
