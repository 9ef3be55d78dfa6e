//! The tracker: a value to which things happen (`handle`) and which says what to do next (`poll`). It has no clock, no network and no page;
//! the driver brings all three.
//!
//! Rule 1: every transition of the machine is in this room, of which this file is the front: what the application and the page do.
//! `tracker/sessions.rs` is which session the page is in, `tracker/answers.rs` what the backend does, `tracker/exit.rs` leaving and coming back,
//! `tracker/requests.rs` what is sent next, `tracker/together.rs` what several tabs are to each other, `tracker/keeping.rs` what is kept in
//! storage. `tracker/io.rs` holds the words for all of it.
//! Rule 2: after every input, `poll` is called until it says `Sleep`; the driver's pump is the only caller of both.

mod answers;
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
use crate::event::{Event, EventData, EventType, What};
use crate::flights::Flights;
use crate::id::Id;
use crate::ledger::{DropReason, Ledger, Refusal};
use crate::limits::{FLUSH_BURST, FLUSH_COUNT, QUEUE_BYTES, QUEUE_EVENTS};
use crate::outbox::Outbox;
use crate::presence::{Person, Presence};
use crate::random::Random;
use crate::retry::Retry;
use crate::section::{Section, Sections};
use crate::session::{EndReason, Ending, Key, Session};
use crate::tabs::Tabs;
use crate::time::{Millis, Mono, Now, Wall};
use crate::timers::{Timer, Timers};
use crate::wire;
use exit::Page;
use uuid::Uuid;

/// Where the machine stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Idle,
    Starting,
    Live,
    Ended(EndReason),
    Inert(&'static str),
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
    over: Vec<(Id, u64)>,
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

    /// Takes in an event of the application. Gives its id, or nothing if the queue is full (the event is then counted as dropped).
    ///
    /// # Errors
    /// A [`Refusal`], which the ledger has counted.
    pub fn log(&mut self, kind: String, data: Option<String>, now: Now) -> Result<Option<Uuid>, Refusal> {
        self.presence.count(now.mono, self.settings.longest_interval());
        self.obey_limits(now);
        self.wake(now);
        let what = self.parse(kind, data).inspect_err(|refusal| self.ledger.refuse(*refusal))?;
        self.open(false, now);
        self.act(now);
        if !self.is_sampled() {
            self.ledger.refuse(Refusal::Sampled);
            return Err(Refusal::Sampled);
        }
        Ok(self.admit(what, now))
    }

    fn start(&mut self, now: Now) {
        match self.phase {
            Phase::Idle => {}
            Phase::Ended(_) => self.retire(),
            Phase::Starting | Phase::Live | Phase::Inert(_) => return,
        }
        self.phase = Phase::Starting;
        self.meet_profile();
        self.open(true, now);
        self.looks_around = true;
        self.meet(now);
        self.renew(now);
        self.unsettled = true;
        self.events_due = true;
        self.record_due = true;
    }

    fn go_to(&mut self, section: Section, at_once: bool, now: Now) {
        if let Phase::Inert(_) = self.phase {
            return;
        }
        if !self.sections.propose(section) {
            self.timers.stop(Timer::Debounce);
        } else if at_once || self.page != Page::Open {
            self.settle_section(now);
        } else {
            // Not in the same task: a router that replaces the entry it has just pushed goes to one place.
            self.timers.set(Timer::Debounce, now.mono.after(Millis(self.settings.debounce.0.max(1))));
        }
    }

    /// What failed may well succeed at once, unless it was the backend that asked for time.
    fn hurry(&mut self) {
        if !self.retry.is_asked() {
            self.timers.stop(Timer::Retry);
        }
    }

    fn flush(&mut self) {
        self.flush_due = true;
        self.unsettled = true;
    }

    fn end(&mut self, reason: EndReason, now: Now) {
        self.unsettled = true;
        if self.phase == Phase::Ended(EndReason::Timeout) {
            // Nobody shall wake it any more.
            self.phase = Phase::Ended(reason);
        }
        if !self.is_running() {
            return;
        }
        self.settle_section(now);
        if let Some(session) = self.current_mut() {
            session.ending = Ending::Owed(reason, now.wall);
        }
        self.finish(reason);
    }

    /// The session is over for the application, whatever the backend is still to be told.
    fn finish(&mut self, reason: EndReason) {
        self.disarm();
        self.phase = Phase::Ended(reason);
        self.beat_due = false;
        for timer in [Timer::Idle, Timer::Flush] {
            self.timers.stop(timer);
        }
        self.stop_leading();
        self.record_due = true;
        self.outputs.push(Output::Notify(Notice::Ended(reason)));
    }

    fn show(&mut self, visible: bool, now: Now) {
        self.presence.show(visible, now.mono);
        if self.page != Page::Open {
            return;
        }
        if visible {
            self.act(now);
            self.renew(now);
        } else {
            self.disarm();
            self.settle_section(now);
            self.stop_leading();
            self.flush_due = true;
        }
        self.record_due = true;
        // Hiding says so once, for a hidden page does not beat; coming back says so at once.
        self.beat_due |= self.phase == Phase::Live;
    }

    fn act(&mut self, now: Now) {
        self.wake(now);
        let was_idle = self.presence.act();
        if self.phase == Phase::Live {
            self.timers.set(Timer::Idle, now.mono.after(self.settings.idle));
            self.beat_due |= was_idle;
            self.record_due |= was_idle;
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
                if self.config.persistent {
                    self.look_around();
                }
                self.retry_keeping();
                self.forget_settled();
                self.renew(now);
            }
            Timer::Retry | Timer::Arm => {}
            Timer::Reply => self.give_up_waiting(now),
        }
    }

    fn settle_section(&mut self, now: Now) {
        self.timers.stop(Timer::Debounce);
        let Some(section) = self.sections.settle() else { return };
        // Before there is a session this is merely where its start will say it began, and after it nobody asks.
        if self.current().is_some() && !matches!(self.phase, Phase::Ended(_) | Phase::Inert(_)) {
            self.presence.act();
            self.admit(What::Moved(section, self.presence.dwelt()), now);
            self.record_due = true;
        }
    }

    fn parse(&self, kind: String, data: Option<String>) -> Result<What, Refusal> {
        if matches!(self.phase, Phase::Ended(_) | Phase::Inert(_)) {
            return Err(Refusal::Ended);
        }
        Ok(What::Logged {
            kind: EventType::parse(kind)?,
            data: data.map(EventData::parse).transpose()?,
            section: self.sections.current().clone(),
        })
    }

    /// Gives an event its id and its number, and a place in the queue if there is one.
    fn admit(&mut self, what: What, now: Now) -> Option<Uuid> {
        self.open(false, now);
        let (mut events, mut bytes) = (0, 0);
        for session in &self.sessions {
            events += session.queue.len();
            bytes += session.queue.bytes();
        }
        let id = self.random.uuid(now.wall);
        let session = self.sessions.last_mut()?;
        session.last_seq += 1;
        self.ledger.accept(1);
        let (seq, is_move) = (session.last_seq, matches!(what, What::Moved(..)));
        let event = Event { seq, is_move, text: wire::spell(id, seq, now.wall, &what), kept: None };
        if events >= QUEUE_EVENTS || bytes + event.bytes() > QUEUE_BYTES {
            session.losses.add(DropReason::QueueFull, event.seq);
            self.ledger.give_up(DropReason::QueueFull, 1);
            self.outputs.push(Output::Notify(Notice::Dropped));
            return None;
        }
        if is_move {
            self.presence.dwell(Millis(0));
        }
        self.gathered = (self.gathered.0 + 1, self.gathered.1 + event.bytes());
        session.queue.push(event);
        self.events_due = true;
        self.schedule_flush(now);
        Some(id)
    }

    fn schedule_flush(&mut self, now: Now) {
        let (events, _) = self.gathered;
        self.timers.set_by(Timer::Flush, now.mono.after(self.settings.flush));
        if events >= FLUSH_COUNT {
            self.timers.set_by(Timer::Flush, now.mono.after(FLUSH_BURST));
        }
    }

    fn settle(&mut self) {
        if core::mem::take(&mut self.unsettled) {
            self.outputs.push(Output::Notify(Notice::Settled));
        }
    }
}
