//! A page with a tracker in it, and a clock that is turned by hand; what becomes of its requests is said in `backend.rs`. It knows how a driver
//! behaves and nothing about how the tracker decides.

use crate::parsing::{config_of, joined};
pub(crate) use crate::storage::Storage;
use serde_json::{Value, json};
use session_tracker::queue::RequestId;
use session_tracker::section::Section;
use session_tracker::session::{EndReason, State};
use session_tracker::time::{Millis, Mono, Now, Wall};
use session_tracker::tracker::{Input, Notice, Output, Request, Surroundings, Tracker};

/// 2026-03-01T12:00:00Z.
pub(crate) const NOON: u64 = 1_772_366_400_000;

pub(crate) struct Page {
    pub(crate) tracker: Tracker,
    pub(crate) now: Now,
    pub(crate) sent: Vec<Request>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) cancelled: Vec<RequestId>,
    pub(crate) storage: Storage,
    /// What the browser sends if the page dies.
    pub(crate) held: Option<String>,
    number: u64,
    /// What `sendBeacon` says: how many bytes the browser still takes.
    pub(crate) beacon_quota: usize,
    pub(crate) beacons: Vec<Request>,
    /// How many it did not take.
    pub(crate) refused: usize,
    /// What it asked for: the names that it wants to know from storage begin so, or the lead.
    pub(crate) asked: Vec<String>,
    /// Under what name it keeps its record.
    pub(crate) record: String,
}

impl Page {
    pub(crate) fn open() -> Self {
        Self::open_with(json!({}), Storage::default(), NOON)
    }

    pub(crate) fn open_with(options: Value, storage: Storage, wall: u64) -> Self {
        let number = storage.pages.get() + 7;
        storage.pages.set(storage.pages.get() + 1);
        let config = config_of(options);
        let around = Surroundings {
            seed: [wall, number, 11, 13],
            stored: joined(storage.load("tab:")),
            can_fetch_later: true,
            visible: true,
            focused: true,
            device_info: r#"{"os":"Linux"}"#.into(),
            location_info: r#"{"timezone":"Europe/Vienna"}"#.into(),
        };
        let now = Now { mono: Mono(1_000), wall: Wall(wall) };
        Self {
            tracker: Tracker::new(config, around, now),
            now,
            sent: Vec::new(),
            notices: Vec::new(),
            cancelled: Vec::new(),
            storage,
            held: None,
            number,
            beacon_quota: 65_536,
            beacons: Vec::new(),
            refused: 0,
            asked: Vec::new(),
            record: String::new(),
        }
    }

    /// A page whose session the full backend has taken.
    pub(crate) fn live() -> Self {
        let mut page = Self::open();
        page.start();
        page.accept_start();
        page
    }

    /// A page whose session a backend with only the core profile has taken.
    pub(crate) fn live_core() -> Self {
        let mut page = Self::open();
        page.start();
        let id = page.session();
        page.answer(200, &format!(r#"{{"sessionId":"{id}"}}"#));
        page
    }

    /// Another tab of the same visit, which the backend knows too.
    pub(crate) fn another(&self) -> Self {
        let mut page = self.open_another(json!({}));
        page.start();
        page.accept_all();
        page
    }

    pub(crate) fn open_another(&self, options: Value) -> Self {
        let mut page = Self::open_with(options, self.storage.clone(), self.now.wall.0);
        page.now = self.now;
        page
    }

    pub(crate) fn start(&mut self) {
        self.load("tab:".into());
        self.put(Input::Start);
    }

    pub(crate) fn log(&mut self, kind: &str) -> Option<uuid::Uuid> {
        let id = self.tracker.log(kind.into(), None, self.now).expect("the test's event is good");
        self.drain();
        id
    }

    pub(crate) fn go_to(&mut self, section: &str) {
        self.put(Input::Section { section: Section::parse(section).expect("a name"), at_once: false });
    }

    pub(crate) fn end(&mut self, reason: EndReason) {
        self.put(Input::End(reason));
    }

    pub(crate) fn leave(&mut self) {
        self.load("tab:".into());
        self.put(Input::Leaving);
    }

    /// Restored from the back/forward cache.
    pub(crate) fn come_back(&mut self) {
        self.load("tab:".into());
        self.put(Input::Returned);
    }

    /// Another tab has written its record.
    pub(crate) fn look_around(&mut self) {
        self.load("tab:".into());
        self.drain();
    }

    fn load(&mut self, prefix: String) {
        let entries = self.storage.load(&prefix);
        self.tracker.handle(Input::Loaded(prefix, joined(entries)), self.now);
    }

    /// The tab is gone without a word.
    pub(crate) fn crash(self) {
        self.unlead();
    }

    fn lead(&mut self) {
        let mut lead = self.storage.lead.borrow_mut();
        let leads = *lead.get_or_insert(self.number) == self.number;
        drop(lead);
        self.tracker.handle(Input::Led(leads), self.now);
    }

    fn unlead(&self) {
        let mut lead = self.storage.lead.borrow_mut();
        *lead = lead.filter(|leader| *leader != self.number);
    }

    pub(crate) fn put(&mut self, input: Input) {
        self.tracker.handle(input, self.now);
        self.drain();
    }

    /// Does what the tracker says until it sleeps, in a bounded number of steps.
    fn drain(&mut self) -> Option<Mono> {
        for _ in 0..1_000 {
            match self.tracker.poll(self.now) {
                Output::Send(request) if request.parting => {
                    let taken = request.body.len() <= self.beacon_quota;
                    let id = request.id;
                    if taken {
                        self.beacon_quota -= request.body.len();
                        self.beacons.push(request);
                    } else {
                        self.refused += 1;
                    }
                    self.tracker.handle(Input::Handed(id, taken), self.now);
                }
                Output::Send(request) => self.sent.push(request),
                Output::Cancel => self.cancelled.extend(self.sent.pop().map(|request| request.id)),
                Output::Write(name, _) if !self.storage.has_room_for(&name) => {
                    self.tracker.handle(Input::Unkept(name), self.now);
                }
                Output::Write(name, text) => {
                    if let Some(domain) = &self.storage.domain {
                        domain.tell(&name, &text);
                    }
                    if name.starts_with("tab:") {
                        self.record.clone_from(&name);
                    }
                    self.storage.entries.borrow_mut().insert(name, text);
                }
                Output::Erase(name) => {
                    self.storage.entries.borrow_mut().remove(&name);
                }
                Output::Later(_, body) => self.held = (!body.is_empty()).then_some(body),
                Output::Load(prefix) => {
                    self.asked.push(prefix.clone());
                    self.load(prefix);
                }
                Output::Lead => {
                    self.asked.push("lead".into());
                    self.lead();
                }
                Output::Unlead => self.unlead(),
                Output::Notify(notice) => self.notices.push(notice),
                Output::Sleep(deadline) => return deadline.map(|(at, _)| at),
            }
        }
        panic!("the tracker does not come to rest");
    }

    /// Lets time pass, waking the tracker whenever it asked for it.
    pub(crate) fn pass(&mut self, duration: Millis) {
        let end = self.now.mono.after(duration);
        while let Some(at) = self.drain().filter(|at| *at <= end) {
            let step = at.since(self.now.mono);
            self.now = Now { mono: self.now.mono.after(step), wall: Wall(self.now.wall.0 + step.0) };
            self.put(Input::Wake);
        }
        let rest = end.since(self.now.mono);
        self.now = Now { mono: end, wall: Wall(self.now.wall.0 + rest.0) };
        self.put(Input::Wake);
    }

    pub(crate) fn seconds(&mut self, seconds: u64) {
        self.pass(Millis::from_seconds(seconds));
    }

    /// The device slept: the calendar went on, the page's own clock did not.
    pub(crate) fn sleep(&mut self, duration: Millis) {
        self.now.wall = Wall(self.now.wall.0 + duration.0);
    }

    pub(crate) fn session(&self) -> String {
        self.tracker.session_id().expect("there is a session").as_str().into()
    }

    pub(crate) fn state(&self) -> State {
        self.tracker.state()
    }
}

pub(crate) fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("the tracker writes JSON")
}

/// The types of the events in a body, in order; a section change shows where it went.
pub(crate) fn events(body: &Value) -> Vec<String> {
    let list = body["events"].as_array().cloned().unwrap_or_default();
    list.iter()
        .map(|event| match event["eventType"].as_str().expect("a type") {
            "section_change" => format!("-> {}", event["section"].as_str().expect("a section")),
            kind => kind.into(),
        })
        .collect()
}
