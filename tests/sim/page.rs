//! A page with a tracker in it, as the browser's driver runs it: it brings what happens to the core, does what the core says,
//! and notes what a host and its network could see of that. It judges nothing; `checks.rs` does.

use crate::checks::Lie;
use serde_json::{Value, json};
use session_tracker::config::{Config, Source};
use session_tracker::queue::RequestId;
use session_tracker::section::Section;
use session_tracker::time::{Mono, Now, Wall};
use session_tracker::tracker::{Input, Notice, Output, Request, Surroundings, Tracker};
use session_tracker::wire::Route;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// 2026-03-01T12:00:00Z: when a simulated world begins.
pub(crate) const NOON: u64 = 1_772_366_400_000;

/// Whether there is anybody in the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// It runs.
    Open,
    /// It has left, and may come back.
    Left,
    /// It left for good.
    Gone,
    /// It vanished without a word.
    Crashed,
}

/// A request that set out, with what its body says.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) page: usize,
    pub(crate) id: RequestId,
    pub(crate) route: Route,
    pub(crate) body: String,
    pub(crate) said: Value,
    pub(crate) events: Vec<String>,
    pub(crate) parting: bool,
    pub(crate) keepalive: bool,
    /// Whether the browser took it; always so unless it is a parting one.
    pub(crate) taken: bool,
}

/// What a page did, for the world to act on, in order.
#[derive(Clone, Debug)]
pub(crate) enum Did {
    Sent(Rc<Sent>),
    Cancelled,
    Saved(String),
    Told(Notice),
}

pub(crate) struct Page {
    pub(crate) visitor: usize,
    pub(crate) user: String,
    pub(crate) tracker: Tracker,
    pub(crate) life: Life,
    /// What the world's clock said when the page was loaded.
    pub(crate) opened: u64,
    /// How long its device has slept since.
    pub(crate) slept: u64,
    pub(crate) visible: bool,
    /// When the core wants to be woken, by the page's own clock.
    pub(crate) alarm: Option<Mono>,
    /// How many bytes `sendBeacon` still takes.
    pub(crate) quota: usize,
    /// The request whose answer it waits for.
    pub(crate) awaited: Option<RequestId>,
    pub(crate) seen: Seen,
}

/// What was seen of a page, for the checks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Every event that was sent, by its id: its tab, session and number.
    pub(crate) numbers: BTreeMap<String, (String, u64)>,
    /// Who has which number.
    pub(crate) holders: BTreeMap<(String, u64), String>,
    /// The events that `log` took, each with its session and its type.
    pub(crate) logged: BTreeMap<String, (String, String)>,
    /// What an answer said was stored.
    pub(crate) acknowledged: BTreeSet<String>,
    /// What was given up after an answer that spoke of it.
    pub(crate) given_up: BTreeSet<String>,
    /// What travelled in requests that the backend did not take.
    pub(crate) lost_on_the_way: BTreeSet<String>,
    /// What waited, and what travelled, when the page died.
    pub(crate) at_death: (usize, usize),
    /// Before this no request may go.
    pub(crate) not_before: Option<Mono>,
    /// Sessions that the page knows to be over for good.
    pub(crate) over: BTreeSet<String>,
    /// Where the person was said to go, and when.
    pub(crate) proposed: Option<(String, Mono)>,
    /// When requests failed lately, by the world's clock.
    pub(crate) failures: Vec<u64>,
    /// Parting requests since it left.
    pub(crate) partings: usize,
    /// The epoch of the last goodbye of each session.
    pub(crate) goodbyes: BTreeMap<String, u64>,
    /// Whether one of them was refused.
    pub(crate) was_refused: bool,
    /// Sessions whose end has been handed over since it left.
    pub(crate) parted: BTreeSet<String>,
}

struct Options(Value);

impl Source for Options {
    fn text(&self, option: &'static str) -> Option<String> {
        self.0[option].as_str().map(String::from)
    }
    fn number(&self, option: &'static str) -> Option<f64> {
        self.0[option].as_f64()
    }
}

impl Page {
    pub(crate) fn load(visitor: usize, user: String, stored: Option<String>, clock: u64, wall: u64, seed: u64) -> Self {
        let options = Options(json!({ "endpoint": "/api/sessions", "userId": user }));
        let config = Config::parse(&options, Section::home()).expect("the options are good");
        let around = Surroundings {
            seed: [seed, clock, wall, 17],
            stored,
            visible: true,
            focused: true,
            device_info: String::new(),
            location_info: String::new(),
        };
        let now = Now { mono: Mono(1_000), wall: Wall(wall) };
        Self {
            visitor,
            user,
            tracker: Tracker::new(config, around, now),
            life: Life::Open,
            opened: clock,
            slept: 0,
            visible: true,
            alarm: None,
            quota: 65_536,
            awaited: None,
            seen: Seen::default(),
        }
    }

    /// The page's own clock, which stands still while the device sleeps.
    pub(crate) fn mono(&self, clock: u64) -> Mono {
        Mono(1_000 + clock - self.opened - self.slept)
    }

    /// When the alarm rings, by the world's clock. Browsers wake hidden pages once a second at most.
    pub(crate) fn wakes_at(&self) -> Option<u64> {
        let at = self.alarm.filter(|_| self.life == Life::Open)?;
        let at = if self.visible { at.0 } else { at.0.next_multiple_of(1_000) };
        Some(at.saturating_sub(1_000) + self.opened + self.slept)
    }

    pub(crate) fn put(&mut self, page: usize, input: Input, now: Now, lie: Option<Lie>) -> Result<Vec<Did>, String> {
        let now = self.told(now, lie);
        self.tracker.handle(input, now);
        self.pump(page, now)
    }

    /// Gives the event's id, if it got one.
    pub(crate) fn log(
        &mut self,
        page: usize,
        kind: &str,
        bytes: usize,
        now: Now,
        lie: Option<Lie>,
    ) -> Result<(Option<String>, Vec<Did>), String> {
        let now = self.told(now, lie);
        let data = (bytes > 0).then(|| format!("\"{}\"", "x".repeat(bytes)));
        let before = (lie == Some(Lie::PageForgetsAnEvent)).then(|| self.tracker.clone());
        let logged = self.tracker.log(kind.into(), data, now);
        if let Some(before) = before {
            self.tracker = before;
        }
        let id = logged.ok().flatten().map(|id| id.to_string());
        Ok((id, self.pump(page, now)?))
    }

    fn told(&self, now: Now, lie: Option<Lie>) -> Now {
        // A clock that runs ahead makes every wait shorter than it looks.
        let ahead = if lie == Some(Lie::PageClockRunsFast) { now.mono.0 } else { 0 };
        Now { mono: Mono(now.mono.0 + ahead), ..now }
    }

    fn pump(&mut self, page: usize, now: Now) -> Result<Vec<Did>, String> {
        let mut did = Vec::new();
        for _ in 0..2_000 {
            match self.tracker.poll(now) {
                Output::Send(request) => {
                    let taken = !request.parting || request.body.len() <= self.quota;
                    if request.parting {
                        self.quota -= if taken { request.body.len() } else { 0 };
                        self.tracker.handle(Input::Handed(request.id, taken), now);
                    }
                    did.push(Did::Sent(Rc::new(sent(page, request, taken))));
                }
                Output::Cancel => did.push(Did::Cancelled),
                Output::Save(text) => did.push(Did::Saved(text)),
                Output::Notify(notice) => did.push(Did::Told(notice)),
                Output::Sleep(alarm) => {
                    self.alarm = alarm.map(|(at, _)| at);
                    return Ok(did);
                }
            }
        }
        Err("rest: the tracker does not come to rest in 2,000 steps".into())
    }
}

fn sent(page: usize, request: Request, taken: bool) -> Sent {
    let said: Value = serde_json::from_str(&request.body).expect("the tracker writes JSON");
    let listed = said["events"].as_array().map(Vec::as_slice).unwrap_or_default();
    let single = said["eventId"].as_str().map(String::from);
    let ids = listed.iter().filter_map(|event| event["eventId"].as_str().map(String::from));
    Sent {
        page,
        id: request.id,
        route: request.route,
        events: ids.chain(single).collect(),
        said,
        parting: request.parting,
        keepalive: request.keepalive,
        body: request.body,
        taken,
    }
}
