//! A page with a tracker in it, as the browser's driver runs it: it brings what happens to the core, does what the core says,
//! and notes what a host and its network could see of that. It judges nothing; `checks.rs` does. Where a lie is to be told to
//! the tracker or about it, it is told here.

use crate::book::OUTBOX;
use crate::lies::{self, Lie};
use crate::said::Said;
use crate::storage::Storage;
use serde_json::json;
use session_tracker::config::Config;
use session_tracker::ledger::DropReason;
use session_tracker::queue::RequestId;
use session_tracker::record::RECORDS;
use session_tracker::session::State;
use session_tracker::time::{Mono, Now, Wall};
use session_tracker::tracker::{Input, Notice, Output, Request, Surroundings, Tracker};
use session_tracker::wire::Route;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use uuid::Uuid;

/// 2026-03-01T12:00:00Z: when a simulated world begins.
pub(crate) const NOON: u64 = 1_772_366_400_000;
/// What the pages of one document's origin may have in flight that outlives them (Fetch standard, keepalive).
pub(crate) const WHOLE_QUOTA: u32 = 65_536;
/// A hidden page's timers are aligned to a second, and after so long to a minute (Chromium's intensive throttling).
const INTENSIVE: u64 = 5 * 60_000;
/// What one input may make the tracker do.
const STEPS: usize = 2_000;

/// Whether there is anybody in the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// It runs.
    Open,
    /// It has left, or is frozen, and may come back.
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
    pub(crate) said: Said,
    /// Whom the page's bearer names as it sets out.
    pub(crate) bearer: Rc<str>,
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
    /// Wrote an entry of the storage, which took it or not; or erased it, if there is no text.
    Wrote {
        name: String,
        text: Option<String>,
        taken: bool,
    },
    /// Wants the lead.
    Lead,
    /// Gives it back.
    Unlead,
    Told(Notice),
}

pub(crate) struct Page {
    pub(crate) visitor: usize,
    pub(crate) tab: usize,
    pub(crate) tracker: Tracker,
    pub(crate) life: Life,
    /// What the world's clock said when the page was loaded.
    pub(crate) opened: u64,
    /// How long its clock has stood still since, while the device slept.
    pub(crate) slept: u64,
    pub(crate) visible: bool,
    pub(crate) focused: bool,
    hidden_since: u64,
    /// When the core wants to be woken, by the page's own clock.
    alarm: Option<Mono>,
    /// How many bytes `sendBeacon` still takes.
    pub(crate) quota: usize,
    /// What the browser sends if the page dies.
    pub(crate) held: Option<(Route, String)>,
    /// The request whose answer it waits for.
    pub(crate) awaited: Option<RequestId>,
    pub(crate) seen: Seen,
    storage: Rc<RefCell<Storage>>,
    /// So much later than others it sees what they wrote.
    pub(crate) late: u64,
    lie: Option<Lie>,
    said: lies::Said,
    /// How many of its events it forgot, where that is the lie.
    forgotten: u64,
}

/// What was seen of a page, for the checks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// What it calls itself.
    pub(crate) tab: Option<Rc<str>>,
    /// Under what name it keeps its entries, since it was loaded or back.
    pub(crate) place: Rc<str>,
    /// How many of its events an answer said were stored.
    pub(crate) acknowledged: u64,
    /// Before this no request may go.
    pub(crate) not_before: Option<Mono>,
    /// Sessions that the page knows to be over for good.
    pub(crate) over: BTreeSet<Rc<str>>,
    /// Where the person was said to go, and when.
    pub(crate) proposed: Option<(&'static str, Mono)>,
    /// When requests failed lately, by the world's clock, and of which tab and session they spoke.
    pub(crate) failures: Vec<(u64, Rc<str>, Rc<str>)>,
    /// What waited and what travelled when the page was gone.
    pub(crate) at_death: (usize, usize),
    /// How often it still waits to hear whether it leads.
    pub(crate) asked_to_lead: u32,
    /// When it was gone or left last, by the world's clock.
    pub(crate) died_at: u64,
    /// Parting requests since it left.
    pub(crate) partings: usize,
    /// Whether one of them was refused.
    pub(crate) was_refused: bool,
    /// Sessions whose end has been handed over since it left.
    pub(crate) parted: BTreeSet<Rc<str>>,
    /// The same, of the time that its device was awake.
    pub(crate) died_awake: u64,
    /// When it was back last, by the same.
    pub(crate) returned_awake: u64,
    /// When it was loaded, by the same.
    pub(crate) loaded_awake: u64,
    /// Storage did not take its last word: the others cannot know that it left.
    pub(crate) is_unheard: bool,
    /// When storage last refused one of its texts.
    pub(crate) refused: Option<Mono>,
    /// Whether storage refused the last record that it wrote.
    pub(crate) is_unproven: bool,
    /// The epoch of the last goodbye of each session.
    pub(crate) goodbyes: BTreeMap<Rc<str>, u64>,
    /// Up to when its time in use has been added up, by the world's clock.
    pub(crate) used_to: u64,
    /// Whether its device has slept since then, with the page's clock running on.
    pub(crate) has_slept: bool,
}

/// How a page comes to be.
pub(crate) struct Loading {
    pub(crate) visitor: usize,
    pub(crate) tab: usize,
    pub(crate) user: Rc<str>,
    pub(crate) storage: Rc<RefCell<Storage>>,
    pub(crate) is_persistent: bool,
    pub(crate) late: u64,
    pub(crate) visible: bool,
    pub(crate) focused: bool,
    pub(crate) clock: u64,
    pub(crate) wall: u64,
    pub(crate) seed: u64,
    pub(crate) can_fetch_later: bool,
    pub(crate) lie: Option<Lie>,
}

impl Page {
    pub(crate) fn open(loading: Loading) -> Self {
        let Loading { visitor, tab, user, storage, is_persistent, late, visible, focused, .. } = loading;
        let Loading { clock, wall, seed, can_fetch_later, lie, .. } = loading;
        let persistence = if is_persistent { "local" } else { "none" };
        let options = json!({ "endpoint": "/api/sessions", "userId": &*user, "persistence": persistence });
        let config = Config::read(&options.to_string());
        let around = Surroundings {
            can_fetch_later,
            seed: [seed, clock, wall, 17],
            stored: if is_persistent { read(lie, &storage.borrow(), RECORDS, clock, tab, late) } else { Vec::new() },
            visible,
            focused,
            device_info: String::new(),
            location_info: String::new(),
        };
        let now = Now { mono: Mono(1_000), wall: Wall(wall) };
        Self {
            visitor,
            tab,
            tracker: Tracker::new(config, around, now),
            life: Life::Open,
            opened: clock,
            slept: 0,
            visible,
            focused,
            hidden_since: clock,
            alarm: None,
            quota: WHOLE_QUOTA as usize,
            held: None,
            awaited: None,
            seen: Seen { used_to: clock, ..Seen::default() },
            storage,
            late,
            lie,
            said: lies::Said::default(),
            forgotten: 0,
        }
    }

    /// The page's own clock.
    pub(crate) fn mono(&self, clock: u64) -> Mono {
        Mono(1_000 + clock - self.opened - self.slept)
    }

    /// When the alarm rings, by the world's clock.
    pub(crate) fn wakes_at(&self, clock: u64) -> Option<u64> {
        let at = self.alarm.filter(|_| self.life == Life::Open)?;
        let at = match (self.visible, clock.saturating_sub(self.hidden_since)) {
            (true, _) => at.0,
            (false, 0..INTENSIVE) => at.0.next_multiple_of(1_000),
            (false, _) => at.0.next_multiple_of(60_000),
        };
        Some((at.saturating_sub(1_000) + self.opened + self.slept).max(clock))
    }

    /// The page is dead: what the browser had been given for that sets out.
    pub(crate) fn last_words(&mut self, page: usize) -> Option<Sent> {
        let (route, body) = self.held.take()?;
        let said = Said::read(&body).ok()?;
        let (id, bearer) = (RequestId(u32::MAX), self.user());
        Some(Sent { page, id, route, body, said, bearer, parting: true, keepalive: true, taken: true })
    }

    /// Whether its tracker does anything: the backend has not refused it.
    pub(crate) fn tracks(&self) -> bool {
        !matches!(self.tracker.state(), State::Inert(_))
    }

    /// Whether it has a session that goes on.
    pub(crate) fn is_running(&self) -> bool {
        matches!(self.tracker.state(), State::Starting(_) | State::Live(..))
    }

    /// Whether the person is using it.
    pub(crate) fn is_in_use(&self) -> bool {
        self.life == Life::Open && self.visible && self.focused
    }

    /// It comes into view or is hidden; the tracker has still to be told.
    pub(crate) fn show(&mut self, visible: bool, clock: u64) {
        if self.visible && !visible {
            self.hidden_since = clock;
        }
        self.visible = visible;
    }

    /// Who is logged in: another tab's login reaches this one too.
    pub(crate) fn user(&self) -> Rc<str> {
        self.tracker.config().user_id.as_str().into()
    }

    /// The session that the page is in, by the id under which it was made.
    pub(crate) fn session(&self) -> Option<Rc<str>> {
        self.tracker.session_id().map(|id| made(id.as_str()).into())
    }

    pub(crate) fn put(&mut self, page: usize, input: Input, now: Now, clock: u64) -> Result<Vec<Did>, String> {
        let now = lies::told(self.lie, &input, now);
        let again = self.said.again(self.lie, &input);
        if let Some(input) = lies::heard(self.lie, input) {
            if self.tracker.config().persistent
                && matches!(input, Input::Start | Input::Leaving | Input::Returned | Input::Close)
            {
                self.tracker.handle(self.load(RECORDS.into(), clock), now);
            }
            self.tracker.handle(input, now);
        }
        let mut did = self.pump(page, now, clock)?;
        did.extend(again);
        Ok(did)
    }

    /// Gives the event's id, if it got one. The tracker acts on it at the end of the task.
    pub(crate) fn log(&mut self, kind: &str, bytes: usize, now: Now) -> Option<Uuid> {
        let data = (bytes > 0).then(|| format!("\"{}\"", "x".repeat(bytes)));
        let before = self.forgets().then(|| self.tracker.clone());
        let id = self.tracker.log(kind.into(), data, now).ok().flatten();
        if let Some(before) = before {
            self.tracker = before;
        }
        id
    }

    /// What storage holds under all names that begin so, as the tracker hears it.
    pub(crate) fn load(&self, prefix: String, clock: u64) -> Input {
        let entries = read(self.lie, &self.storage.borrow(), &prefix, clock, self.tab, self.late);
        Input::Loaded(prefix, entries)
    }

    fn write(&mut self, name: String, text: Option<String>, now: Now, clock: u64) -> Did {
        let taken = self.storage.borrow_mut().write(clock, self.tab, &name, text.clone());
        if !taken && text.is_some() {
            self.tracker.handle(Input::Unkept(name.clone()), now);
        }
        Did::Wrote { name, text, taken }
    }

    fn forgets_to_keep(&self) -> bool {
        match self.lie {
            Some(Lie::PageKeepsNothing) => true,
            Some(Lie::PageGivesStorageUp) => self.seen.refused.is_some(),
            _ => false,
        }
    }

    /// Whether the event that is logged now is to be forgotten.
    fn forgets(&mut self) -> bool {
        let given_up = self.tracker.ledger().dropped().filter(|(reason, _)| *reason == DropReason::NoSession.name());
        match self.lie {
            Some(Lie::PageForgetsAnEvent) => true,
            Some(Lie::PageForgetsForEachThatItGivesUp)
                if given_up.map(|(_, count)| count).sum::<u64>() > self.forgotten =>
            {
                self.forgotten += 1;
                true
            }
            _ => false,
        }
    }

    fn pump(&mut self, page: usize, now: Now, clock: u64) -> Result<Vec<Did>, String> {
        let mut did = Vec::new();
        for _ in 0..STEPS {
            match self.tracker.poll(now) {
                Output::Send(request) => {
                    let taken = !request.parting || request.body.len() <= self.quota;
                    if request.parting {
                        self.quota -= if taken { request.body.len() } else { 0 };
                        self.tracker.handle(Input::Handed(request.id, taken), now);
                    }
                    let sent = Rc::new(lies::sent(self.lie, &self.seen, sent(page, request, self.user(), taken)?));
                    self.said.remember(&sent);
                    if self.lie == Some(Lie::PageSendsTwice) && !sent.parting {
                        did.push(Did::Sent(sent.clone()));
                    }
                    did.push(Did::Sent(sent));
                }
                Output::Cancel => did.push(Did::Cancelled),
                Output::Write(name, _) if self.forgets_to_keep() && name.starts_with(OUTBOX) => {}
                Output::Write(name, text) => did.push(self.write(name, Some(text), now, clock)),
                Output::Erase(name) => did.push(self.write(name, None, now, clock)),
                Output::Load(prefix) => self.tracker.handle(self.load(prefix, clock), now),
                Output::Lead => did.push(Did::Lead),
                Output::Unlead => did.push(Did::Unlead),
                Output::Later(_, body) if body.is_empty() && self.lie == Some(Lie::PageKeepsItsHand) => {}
                Output::Later(route, body) => self.held = (!body.is_empty()).then_some((route, body)),
                Output::Notify(notice) => did.push(Did::Told(notice)),
                Output::Sleep(_) if self.lie == Some(Lie::PageNeverRests) => self.tracker.handle(Input::Wake, now),
                Output::Sleep(alarm) => {
                    self.alarm = alarm.map(|(at, _)| at);
                    return Ok(did);
                }
            }
        }
        Err(format!("the tracker does not come to rest in {STEPS} steps"))
    }
}

fn read(lie: Option<Lie>, storage: &Storage, prefix: &str, clock: u64, tab: usize, late: u64) -> Vec<(String, String)> {
    if lie == Some(Lie::StorageForgets) { Vec::new() } else { storage.read(prefix, clock, tab, late) }
}

/// A session's id as the page made it, whatever the backend stores it under.
pub(crate) fn made(id: &str) -> &str {
    id.strip_prefix("mapped-").unwrap_or(id)
}

fn sent(page: usize, request: Request, bearer: Rc<str>, taken: bool) -> Result<Sent, String> {
    Ok(Sent {
        page,
        id: request.id,
        route: request.route,
        said: Said::read(&request.body).map_err(|error| format!("{error} in {}", request.body))?,
        bearer,
        parting: request.parting,
        keepalive: request.keepalive,
        body: request.body,
        taken,
    })
}
