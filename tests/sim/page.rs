//! A page with a tracker in it: what it is, and what a host, its network and its person could see of it. `page/pump.rs` runs the tracker,
//! `page/sent.rs` is what it does, `page/seen.rs` what was seen of it. It judges nothing; `checks.rs` does.

mod pump;
mod seen;
mod sent;

pub(crate) use seen::Seen;
pub(crate) use sent::{Did, Sent, made};

use crate::lies::{self, Lie};
use crate::parsing::{config_of, joined};
use crate::said::Said;
use crate::storage::Storage;
use serde_json::json;
use session_tracker::queue::RequestId;
use session_tracker::record::RECORDS;
use session_tracker::session::State;
use session_tracker::time::{Mono, Now, Wall};
use session_tracker::tracker::{Surroundings, Tracker};
use session_tracker::wire::Route;
use std::cell::RefCell;
use std::rc::Rc;

/// 2026-03-01T12:00:00Z: when a simulated world begins.
pub(crate) const NOON: u64 = 1_772_366_400_000;
/// What the pages of one document's origin may have in flight that outlives them (Fetch standard, keepalive).
pub(crate) const WHOLE_QUOTA: u32 = 65_536;
/// A hidden page's timers are aligned to a second, and after so long to a minute (Chromium's intensive throttling).
const INTENSIVE: u64 = 5 * 60_000;

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
    /// The session as it was last asked for, which is after every step.
    named: RefCell<Option<Rc<str>>>,
    /// How many of its events it forgot, where that is the lie.
    forgotten: u64,
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
        let config = config_of(json!({ "userId": &*user, "persistence": persistence }));
        let around = Surroundings {
            can_fetch_later,
            seed: [seed, clock, wall, 17],
            stored: if is_persistent {
                joined(read(lie, &storage.borrow(), RECORDS, clock, tab, late))
            } else {
                String::new()
            },
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
            named: RefCell::default(),
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
        let id = made(self.tracker.session_id()?.as_str());
        let named = &mut *self.named.borrow_mut();
        if named.as_deref() != Some(id) {
            *named = Some(id.into());
        }
        named.clone()
    }
}

fn read(lie: Option<Lie>, storage: &Storage, prefix: &str, clock: u64, tab: usize, late: u64) -> Vec<(String, String)> {
    if lie == Some(Lie::StorageForgets) { Vec::new() } else { storage.read(prefix, clock, tab, late) }
}
