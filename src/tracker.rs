//! The tracker: a value to which things happen (`handle`) and which says what to do next (`poll`). It has no clock, no network and no page;
//! the driver brings all three.
//!
//! Rule 1: every transition of the machine is in this room, of which this file is the front: its state, and who is asked for what.
//! `tracker/deeds.rs` is what the person and the application do, `tracker/admission.rs` how an event gets in,
//! `tracker/sessions.rs` is which session the page is in, `tracker/answers.rs` what the backend does, `tracker/exit.rs` leaving and coming back,
//! `tracker/requests.rs` what is sent next, `tracker/together.rs` what several tabs are to each other, `tracker/keeping.rs` what is kept in
//! storage. `tracker/io.rs` holds the words for all of it.
//! Rule 2: after every input, `poll` is called until it says `Sleep`; the driver's pump is the only caller of both.

mod admission;
mod adoption;
mod answers;
mod deeds;
mod exit;
mod io;
mod keeping;
mod later;
mod requests;
mod sessions;
mod together;
mod view;

pub use io::{Credential, Input, Notice, Output, Request, Surroundings};
pub use view::Glimpse;

use crate::config::{Config, Settings, Times};
use crate::flights::Flights;
use crate::id::Id;
use crate::ledger::Ledger;
use crate::outbox::Outbox;
use crate::presence::{Person, Presence};
use crate::random::Random;
use crate::retry::Retry;
use crate::section::Sections;
use crate::session::{EndReason, Key, Session};
use crate::tabs::Tabs;
use crate::time::{Millis, Mono, Now, Wall};
use crate::timers::{Timer, Timers};
use exit::Page;

/// Where the machine stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Idle,
    Starting,
    Live,
    Ended(EndReason),
    Inert(&'static str),
}

/// A session that is over, and how far this tab counted in it: events, activities, and time in use.
#[derive(Clone, Debug)]
struct Counted {
    session: Id,
    /// Whether it is over for everybody, and not only left for another one.
    is_final: bool,
    last_seq: u64,
    activities: u64,
    active: Millis,
}

/// The tracker of one page.
#[derive(Clone, Debug)]
pub struct Tracker {
    config: Config,
    settings: Settings,
    device_info: String,
    location_info: String,
    random: Random,
    tab: Id,
    /// Under what name it keeps its entries: its own, and another that begins so each time it comes back.
    place: Id,
    phase: Phase,
    page: Page,
    /// Oldest first. The last is the current one, unless it is past.
    sessions: Vec<Session>,
    last_key: Key,
    /// The session before the next one, and how that one ended if this page had to find out.
    previous: Option<(Id, Option<EndReason>)>,
    /// How often the backend gave a session another id.
    renamings: u32,
    device: Option<Id>,
    /// By what the backend knows an anonymous visitor again; empty if it gave nothing.
    visitor: String,
    tabs: Tabs,
    /// The dead tabs whose business this one has taken over, by their places, and from when on their records may go.
    claims: Vec<(Id, Mono)>,
    /// The sessions that this tab was in and that are over, the latest last, and how far it counted in each.
    over: Vec<Counted>,
    outbox: Outbox,
    can_fetch_later: bool,
    /// What the browser would send if the page died is not what it should be.
    arm_due: bool,
    is_armed: bool,
    /// When a tab of the session last sent a heartbeat, as far as this one knows.
    beaten: Wall,
    /// When a tab of the session last ran, before this moment.
    ran: Wall,
    /// When somebody last did something in the session.
    acted: Wall,
    /// The host was told that the session will soon be over.
    is_expiring: bool,
    sections: Sections,
    presence: Presence,
    ledger: Ledger,
    timers: Timers,
    retry: Retry,
    flights: Flights,
    /// Everything that waits is to be sent now.
    flush_due: bool,
    /// What waits to be sent, of the session that goes on: events, and their bytes.
    gathered: (usize, usize),
    /// A heartbeat is to be sent now.
    beat_due: bool,
    /// This tab's record is to be written.
    record_due: bool,
    /// This tab's record was written for the last time.
    has_last_word: bool,
    /// It looks at the other tabs' records by itself.
    looks_around: bool,
    /// Its own record was not there when it last looked.
    is_missing: bool,
    /// There are events that storage does not hold.
    events_due: bool,
    /// Storage took no more; it is asked again at the next renewal.
    is_full: bool,
    /// The last bearer was refused.
    bearer_refused: bool,
    /// Somebody waits to hear that nothing more will happen by itself.
    unsettled: bool,
    outputs: Vec<Output>,
}

impl Tracker {
    /// A tracker that has done nothing yet.
    #[must_use]
    pub fn new(config: Config, around: Surroundings, now: Now) -> Self {
        let mut random = Random::new(around.seed);
        let tab: Id = random.uuid(now.wall).into();
        let settings = Settings::new(config.chosen, Times::default());
        let mut presence = Presence::default();
        presence.focus(around.focused, now.mono);
        presence.show(around.visible, now.mono);
        let device = config.persistent.then(|| random.uuid(now.wall).into());
        let mut tabs = Tabs::default();
        tabs.learn(&tab, &tab, &around.stored, now);
        Self {
            sections: Sections::new(config.section.clone()),
            settings,
            config,
            device_info: around.device_info,
            location_info: around.location_info,
            random,
            place: tab.clone(),
            tab,
            phase: Phase::Idle,
            page: Page::Open,
            sessions: Vec::new(),
            last_key: Key::default(),
            previous: None,
            renamings: 0,
            device,
            visitor: String::new(),
            tabs,
            claims: Vec::new(),
            over: Vec::new(),
            outbox: Outbox::default(),
            can_fetch_later: around.can_fetch_later,
            arm_due: false,
            is_armed: false,
            beaten: Wall::default(),
            ran: now.wall,
            acted: now.wall,
            is_expiring: false,
            presence,
            ledger: Ledger::default(),
            timers: Timers::default(),
            retry: Retry::default(),
            flights: Flights::default(),
            flush_due: false,
            gathered: (0, 0),
            beat_due: false,
            record_due: false,
            has_last_word: false,
            looks_around: false,
            is_missing: false,
            events_due: false,
            is_full: false,
            bearer_refused: false,
            unsettled: false,
            outputs: Vec::new(),
        }
    }

    /// Takes in something that happened. Total: whatever comes, whenever it comes, the machine is in a state it knows.
    pub fn handle(&mut self, input: Input, now: Now) {
        self.presence.count(now.mono, self.settings.longest_interval());
        // Those that lived while this tab slept are asked first.
        if !matches!(input, Input::Loaded(..) | Input::Returned) {
            self.obey_limits(now);
        }
        match input {
            Input::Start => self.start(now),
            Input::Identify(user) => self.identify(user, now),
            Input::Bearer(subject) => self.bear(subject, now),
            Input::Section { section, at_once } => self.go_to(section, at_once, now),
            Input::Flush => self.flush(),
            Input::End(reason) => self.end(reason, now),
            Input::Visible(visible) => self.show(visible, now),
            Input::Focused(focused) => self.presence.focus(focused, now.mono),
            Input::Activity => self.act(now),
            Input::Leaving => self.leave(now),
            Input::Returned => self.come_back(now),
            Input::Loaded(prefix, entries) => self.loaded(&prefix, &entries, now),
            Input::Unkept(name) => self.unkept(&name),
            Input::Led(leads) => self.led(leads, now),
            Input::Online => self.hurry(),
            Input::Answered(id, verdict) => self.answered(id, verdict, now),
            Input::Handed(id, taken) => self.handed(id, taken),
            Input::Wake => {}
            Input::Close => self.close(now),
        }
    }

    /// Says what to do next.
    pub fn poll(&mut self, now: Now) -> Output {
        loop {
            if !self.outputs.is_empty() {
                return self.outputs.remove(0);
            }
            if let Some(timer) = self.timers.take_expired(now.mono) {
                self.expire(timer, now);
            } else if let Some(request) = self.next_request(now) {
                return Output::Send(request);
            } else if self.unsettled && self.flights.awaited().is_none() {
                self.settle();
            } else if self.keep(now) {
            } else if let Some(output) = self.arm(now) {
                return output;
            } else {
                return Output::Sleep(self.timers.next());
            }
        }
    }

    fn expire(&mut self, timer: Timer, now: Now) {
        match timer {
            Timer::Debounce => self.settle_section(now),
            Timer::Idle => {
                self.presence.rest();
                self.record_due = true;
                self.beat_due |= self.phase == Phase::Live && self.person() == Person::Idle;
            }
            Timer::Flush => self.flush_due = true,
            Timer::Heartbeat => self.beat_due = true,
            Timer::Renewal => {
                self.look_around();
                self.forget_settled();
                self.renew(now);
            }
            Timer::Retry | Timer::Arm => {}
            Timer::Reply => self.give_up_waiting(now),
        }
    }

    /// What failed may well succeed at once, unless it was the backend that asked for time.
    fn hurry(&mut self) {
        if !self.retry.is_asked() {
            self.timers.stop(Timer::Retry);
        }
    }

    fn settle(&mut self) {
        if core::mem::take(&mut self.unsettled) {
            self.outputs.push(Output::Notify(Notice::Settled));
        }
    }
}
