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
mod signals;
mod types;

pub use export::SessionTracker;

use crate::flat::Flat;
use crate::id::Id;
use crate::queue::RequestId;
use crate::record::RECORDS;
use crate::time::{Millis, Now};
use crate::tracker::{Glimpse, Input, Notice, Output, Surroundings, Tracker};
use crate::wire;
use alarm::Alarm;
use page::Page;
use std::cell::{Cell, RefCell};
use wasm_bindgen::prelude::*;

/// What the host hears, as a number (`pkg/src/heard.ts` has the same) and, with some, a text.
#[derive(Clone, Copy)]
enum Heard {
    Debug = 0,
    Error = 1,
    Started = 2,
    Settled = 3,
    Changed = 4,
    Ended = 5,
    Expiring = 6,
    Unreachable = 7,
}

/// One tracker in one page, and the browser around it.
struct Driver {
    tracker: RefCell<Tracker>,
    told: Cell<Glimpse>,
    is_discarded: Cell<bool>,
    page: Page,
    alarm: Alarm,
    /// The pump runs at the end of the present task.
    is_due: Cell<bool>,
}

impl Driver {
    fn new(host: &JsValue) -> Self {
        let (page, config, around) = Page::open(host);
        let around = Surroundings { seed: clock::seed(), ..around };
        let tracker = Tracker::new(config, around, clock::now());
        Self {
            told: Cell::new(tracker.glimpse()),
            is_discarded: Cell::new(false),
            tracker: RefCell::new(tracker),
            page,
            alarm: Alarm::default(),
            is_due: Cell::new(false),
        }
    }

    /// The application or the page says something (see `signals.rs`), and may get an answer.
    fn say(&self, what: u8, text: String, more: String) -> String {
        match what {
            signals::LOG => return self.log(text, more).map_or(String::new(), |id| Id::from(id).as_str().into()),
            signals::LEDGER => return self.tracker.borrow().describe_ledger(),
            signals::WHO => {
                let tracker = self.tracker.borrow();
                let mut who = String::from(tracker.user());
                who.push('\0');
                who.push_str(tracker.visitor());
                who.push('\0');
                who.push_str(tracker.device());
                return who;
            }
            signals::IS_DOWN => return if self.tracker.borrow().is_down() { "down".into() } else { String::new() },
            signals::DISCARD => self.discard(),
            signals::START => {
                if !text.is_empty() {
                    self.tracker.borrow_mut().handle(Input::Identify(text.clone()), clock::now());
                }
                self.learn(self.page.load(RECORDS));
            }
            signals::DESTROY => self.learn(self.page.load(RECORDS)),
            signals::RANG => self.alarm.rang(),
            _ if signals::brings_records(what) => self.learn(text.clone()),
            _ => {}
        }
        let input = if what == signals::ANSWERED { self.answer(&text, &more) } else { signals::meaning(what, &text) };
        match input {
            Some(input) => self.put(input),
            None if matches!(what, signals::SECTION | signals::SECTION_AT_ONCE) => {
                self.advise("section ignored: it must be a text of 1 to 200 characters");
            }
            None => {}
        }
        if what == signals::DESTROY {
            self.page.close();
        }
        String::new()
    }

    /// What storage holds of the tabs, before something happens for which that matters.
    fn learn(&self, records: String) {
        self.tracker.borrow_mut().handle(Input::Loaded(RECORDS.into(), records), clock::now());
    }

    /// Something happened.
    fn put(&self, input: Input) {
        let now = clock::now();
        self.tracker.borrow_mut().handle(input, now);
        self.pump(now);
    }

    /// The application logged an event, with its data as JSON. Gives the event's id. What follows from it follows at the end of the task, once
    /// for all events of the task: a page logs them by the dozen.
    fn log(&self, kind: String, data: String) -> Option<uuid::Uuid> {
        let now = clock::now();
        let data = (!data.is_empty()).then_some(data);
        let logged = self.tracker.borrow_mut().log(kind, data, now);
        if !self.is_due.replace(true) {
            self.page.soon();
        }
        logged.unwrap_or_else(|refusal| {
            self.advise(refusal.advice());
            None
        })
    }

    /// The person does not want to be tracked: whatever waits or travels is forgotten.
    fn discard(&self) {
        self.is_discarded.set(true);
        self.page.cancel();
        self.page.close();
    }

    fn pump(&self, now: Now) {
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
                Output::Write(name, text) => {
                    if !self.page.keep(&name, &text) {
                        self.tracker.borrow_mut().handle(Input::Unkept(name), now);
                    }
                }
                Output::Erase(name) => {
                    self.page.keep(&name, "");
                }
                Output::Load(prefix) => {
                    let entries = self.page.load(&prefix);
                    self.tracker.borrow_mut().handle(Input::Loaded(prefix, entries), now);
                }
                Output::Later(route, body) => self.page.later(route.path(), &body),
                Output::Lead => self.page.lead(),
                Output::Unlead => self.page.unlead(),
                Output::Notify(notice) => notices.push(notice),
                Output::Sleep(deadline) => {
                    self.alarm.set(deadline.map(|(at, _)| at), now.mono, self.page);
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

    /// What an answer means to the request it is for, if that is still awaited. Its status is 0 if there was none.
    fn answer(&self, facts: &str, text: &str) -> Option<Input> {
        let facts = Flat::object(facts)?;
        let id = RequestId(facts.whole(".id")? as u32);
        let route = self.tracker.borrow().route_of(id)?;
        let status = facts.whole(".status")? as u16;
        Some(Input::Answered(id, wire::read(route, status, facts.whole(".after").map(Millis), text)))
    }

    fn pass_on(&self, notice: Notice) {
        let (what, prefix, text) = match &notice {
            Notice::Started => {
                (Heard::Started, "", if self.tracker.borrow().is_resumed() { "resumed" } else { "started" })
            }
            Notice::Settled => (Heard::Settled, "", ""),
            Notice::Expiring => (Heard::Expiring, "", "Session will expire in 5 minutes"),
            Notice::Ended(reason) => (Heard::Ended, "", reason.name()),
            Notice::Refused(why) => (Heard::Error, "the backend refused a request: ", &**why),
            Notice::StartFailed(why) => (Heard::Error, "[SessionTracking] Failed to start session: ", &**why),
            Notice::Unreachable => (Heard::Unreachable, "", ""),
            Notice::Dropped => (Heard::Debug, "event dropped: 10,000 events or 4 MiB are waiting already", ""),
        };
        self.page.tell(what as u8, prefix, text);
    }

    /// Tells the developer.
    fn advise(&self, text: &str) {
        self.page.tell(Heard::Debug as u8, text, "");
    }
}
