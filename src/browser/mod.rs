//! The driver: it brings what happens in the page to the core and does what the core says. It decides nothing.
//!
//! The pump is here, and it is the only caller of the core. Two rules keep it right: after every input the core is polled until it sleeps, and
//! nothing of the host's is called while the core is borrowed, for the host may call back.

mod alarm;
#[cfg(feature = "npm")]
mod alloc;
mod clock;
mod export;
pub mod front;
mod page;
mod types;

pub use export::SessionTracker;

use crate::config::Config;
use crate::queue::RequestId;
use crate::record::RECORDS;
use crate::time::{Millis, Now};
use crate::tracker::{Glimpse, Input, Notice, Output, Surroundings, Tracker};
use crate::wire;
use alarm::Alarm;
use page::{Page, Signals};
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use wasm_bindgen::prelude::*;

/// What the host hears, as a number and, with some, a text.
#[derive(Clone, Copy)]
enum Heard {
    Debug = 0,
    Error = 1,
    Started = 2,
    Settled = 3,
    Changed = 4,
    Ended = 5,
}

/// One tracker in one page, and the browser around it.
struct Driver {
    tracker: RefCell<Tracker>,
    told: Cell<Glimpse>,
    is_discarded: Cell<bool>,
    page: Page,
    alarm: Alarm,
    _signals: Signals,
    /// The pump runs at the end of the present task.
    is_due: Cell<bool>,
}

impl Driver {
    fn new(config: Config, page: Page) -> Rc<Self> {
        let around = Surroundings {
            seed: clock::seed(),
            stored: page::entries(&page.load(RECORDS)),
            can_fetch_later: page.can_fetch_later(),
            visible: page.is_visible(),
            focused: page.has_focus(),
            device_info: page.device_info(),
            location_info: page.location_info(),
        };
        let tracker = Tracker::new(config, around, clock::now());
        Rc::new_cyclic(|driver: &Weak<Self>| {
            let weak = driver.clone();
            let signals = Closure::new(move |signal, number, status, after, text| {
                let Some(driver) = weak.upgrade() else { return };
                let input = match signal {
                    page::ANSWERED => driver.answer(RequestId(number), status, after, text),
                    _ => {
                        driver.learn(text);
                        page::meaning(signal)
                    }
                };
                if let Some(input) = input {
                    driver.put(input);
                }
            });
            page.listen(&signals);
            Self {
                told: Cell::new(tracker.glimpse()),
                is_discarded: Cell::new(false),
                tracker: RefCell::new(tracker),
                page,
                alarm: Alarm::new(driver.clone()),
                _signals: signals,
                is_due: Cell::new(false),
            }
        })
    }

    /// What storage holds of the tabs, before something happens for which that matters.
    fn learn(&self, records: Option<String>) {
        if let Some(records) = records {
            self.tracker.borrow_mut().handle(Input::Loaded(RECORDS.into(), page::entries(&records)), clock::now());
        }
    }

    /// Begins, or goes on.
    fn start(self: &Rc<Self>) {
        self.learn(Some(self.page.load(RECORDS)));
        self.put(Input::Start);
    }

    /// Something happened.
    fn put(self: &Rc<Self>, input: Input) {
        let now = clock::now();
        self.tracker.borrow_mut().handle(input, now);
        self.pump(now);
    }

    /// The application logged an event, with its data as JSON. Gives the event's id. What follows from it follows at the end of the task, once
    /// for all events of the task: a page logs them by the dozen.
    fn log(self: &Rc<Self>, kind: String, data: Option<String>) -> Option<uuid::Uuid> {
        let now = clock::now();
        let logged = self.tracker.borrow_mut().log(kind, data, now);
        if !self.is_due.replace(true) {
            self.page.soon();
        }
        logged.unwrap_or_else(|refusal| {
            self.advise(refusal.advice());
            None
        })
    }

    /// The application is done.
    fn close(self: &Rc<Self>) {
        self.put(Input::Close);
        self.page.close();
        self.alarm.stop();
    }

    /// The person does not want to be tracked: whatever waits or travels is forgotten.
    fn discard(&self) {
        self.is_discarded.set(true);
        self.page.cancel();
        self.page.close();
        self.alarm.stop();
    }

    fn pump(self: &Rc<Self>, now: Now) {
        self.is_due.set(false);
        if self.is_discarded.get() {
            return;
        }
        let mut notices = Vec::new();
        loop {
            let output = self.tracker.borrow_mut().poll(now);
            match output {
                Output::Send(request) if request.parting => {
                    let taken = self.page.hand_over(&request);
                    self.tracker.borrow_mut().handle(Input::Handed(request.id, taken), now);
                }
                Output::Send(request) => self.page.post(&request),
                Output::Cancel => self.page.cancel(),
                Output::Write(name, text) => self.page.keep(&name, &text),
                Output::Erase(name) => self.page.keep(&name, ""),
                Output::Load(prefix) => {
                    let entries = page::entries(&self.page.load(&prefix));
                    self.tracker.borrow_mut().handle(Input::Loaded(prefix, entries), now);
                }
                Output::Later(route, body) => self.page.later(route.path(), &body),
                Output::Lead => self.page.lead(),
                Output::Unlead => self.page.unlead(),
                Output::Notify(notice) => notices.push(notice),
                Output::Sleep(deadline) => {
                    self.alarm.set(deadline.map(|(at, _)| at), now.mono);
                    break;
                }
            }
        }
        // The state before what led to it: whoever hears of a session may ask for it.
        let glimpse = self.tracker.borrow().glimpse();
        if self.told.replace(glimpse) != glimpse {
            let state = self.tracker.borrow().describe_state();
            self.page.tell(Heard::Changed as u8, &state, "");
        }
        for notice in notices {
            self.pass_on(notice);
        }
    }

    /// What an answer means to the request it is for, if that is still awaited.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts of floats saturate")]
    fn answer(&self, id: RequestId, status: u16, after: f64, text: Option<String>) -> Option<Input> {
        let route = self.tracker.borrow().route_of(id)?;
        let after = (!after.is_nan()).then_some(Millis(after as u64));
        Some(Input::Answered(id, wire::read(route, status, after, &text.unwrap_or_default())))
    }

    fn pass_on(&self, notice: Notice) {
        let (what, prefix, text) = match &notice {
            Notice::Started => {
                (Heard::Started, "", if self.tracker.borrow().is_resumed() { "resumed" } else { "started" })
            }
            Notice::Settled => (Heard::Settled, "", ""),
            Notice::Ended(reason) => (Heard::Ended, "", reason.name()),
            Notice::Refused(why) => (Heard::Error, "the backend refused a request: ", &**why),
            Notice::StartFailed(why) => (Heard::Error, "[SessionTracking] Failed to start session: ", &**why),
            Notice::Unreachable => {
                (Heard::Debug, "the backend does not answer as the session API says; trying again", "")
            }
            Notice::Dropped => (Heard::Debug, "event dropped: 10,000 events or 4 MiB are waiting already", ""),
        };
        self.page.tell(what as u8, prefix, text);
    }

    /// Tells the developer.
    fn advise(&self, text: &str) {
        self.page.tell(Heard::Debug as u8, text, "");
    }
}
