//! What each tab leaves in storage for the other tabs of its origin and for the next page: one entry, which it alone writes. Whoever reads
//! several merges them (the greatest, the union); nothing here is decided by who wrote last, for another process's storage may be read
//! half a second late. What does not stand as it was written is as if it were not there.

use crate::id::Id;
use crate::ledger::DropReason;
use crate::limits::CLOCK_TOLERANCE;
use crate::lines::Lines;
use crate::presence::Person;
use crate::section::Section;
use crate::session::{EndReason, Ending, Key, Profile, Session, Standing};
use crate::time::{Millis, Wall};

/// Another version's record is not read, and neither are its events. `pkg/src/record.ts` knows it too, and the order of what is in one.
pub const VERSION: &str = "3";

/// How the names of all records begin.
pub const RECORDS: &str = "tab:";

/// The name of a tab's record.
#[must_use]
pub fn record_name(tab: &Id) -> String {
    name(RECORDS, tab, "")
}

/// How the names of a tab's stored events begin.
#[must_use]
pub fn events_name(tab: &Id) -> String {
    name("out:", tab, ":")
}

fn name(before: &str, tab: &Id, after: &str) -> String {
    let mut name = String::from(before);
    name.push_str(tab.as_str());
    name.push_str(after);
    name
}

/// One tab's record.
#[derive(Clone, Debug)]
pub struct Record {
    /// Under what name its tab keeps its entries.
    pub place: Id,
    /// A random name for this browser profile.
    pub device: Option<Id>,
    /// By what the backend knows an anonymous visitor again; empty if it gave nothing.
    pub visitor: String,
    /// When the tab last ran.
    pub seen: Wall,
    /// When it, or another one, last sent a heartbeat, as far as it knows.
    pub beaten: Wall,
    /// Whether it has left: another tab may do what it could not finish.
    pub left: bool,
    /// What its person is doing.
    pub person: Person,
    /// Where they are.
    pub section: String,
    /// How long they used that.
    pub dwelt: Millis,
    /// How often they did something.
    pub activities: u64,
    /// How long they were active.
    pub active: Millis,
    /// How its current session ended, if it did for good.
    pub ended: Option<EndReason>,
    /// The tabs whose unfinished business it has taken over.
    pub claims: Vec<Id>,
    /// The sessions it was in that are over.
    pub over: Vec<Id>,
    /// What it still keeps of sessions. The last is the current one, unless it is past.
    pub sessions: Vec<Session>,
}

impl Record {
    /// Reads the entry of this name. One that is no record is that of a tab which was never seen, and had nothing.
    #[must_use]
    pub fn read(name: &str, text: &str) -> Option<Self> {
        let mut record = Self::of(Id::parse(name.strip_prefix(RECORDS)?)?);
        let Some(mut lines) = Lines::read(VERSION, text) else { return Some(record) };
        record.carry(&mut lines);
        while lines.has_more() {
            let place = record.place.clone();
            let mut session = Session::new(Key(0), place.clone(), place, Wall::default(), Section::home());
            carry_session(&mut lines, &mut session);
            record.sessions.push(session);
        }
        Some(record)
    }

    /// Writes it, with these sessions.
    #[must_use]
    pub fn write<'a>(&mut self, sessions: impl Iterator<Item = &'a mut Session>) -> String {
        let mut lines = Lines::default();
        self.carry(&mut lines);
        for session in sessions {
            carry_session(&mut lines, session);
        }
        lines.close(VERSION)
    }

    /// The record of a tab that has done nothing.
    #[must_use]
    pub fn of(place: Id) -> Self {
        Self {
            place,
            device: None,
            visitor: String::new(),
            seen: Wall::default(),
            beaten: Wall::default(),
            left: false,
            person: Person::Hidden,
            section: String::new(),
            dwelt: Millis::default(),
            activities: 0,
            active: Millis::default(),
            ended: None,
            claims: Vec::new(),
            over: Vec::new(),
            sessions: Vec::new(),
        }
    }

    /// Its members but for the sessions, in the order of the entry.
    fn carry(&mut self, lines: &mut Lines<'_>) {
        lines.id(&mut self.device);
        lines.text(&mut self.visitor);
        lines.number(&mut self.seen.0);
        lines.number(&mut self.beaten.0);
        lines.flag(&mut self.left);
        let mut person = self.person.name().into();
        lines.text(&mut person);
        self.person = Person::parse(&person);
        lines.text(&mut self.section);
        for number in [&mut self.dwelt.0, &mut self.activities, &mut self.active.0] {
            lines.number(number);
        }
        carry_reason(lines, &mut self.ended);
        lines.ids(&mut self.claims);
        lines.ids(&mut self.over);
    }

    /// Whether it stands for another origin, of whose tabs only this much is told (`pkg/src/site.ts`). No tab's place begins so, for it begins as a UUID.
    #[must_use]
    pub fn is_elsewhere(&self) -> bool {
        self.place.as_str().starts_with("at-")
    }

    /// The session that the tab is in.
    #[must_use]
    pub fn current(&self) -> Option<&Session> {
        self.sessions.last().filter(|session| !session.is_past)
    }
}

/// A session's members, in the order of the entry.
fn carry_session(lines: &mut Lines<'_>, session: &mut Session) {
    let mut key = session.key.0.into();
    lines.number(&mut key);
    session.key = Key(key as u32);
    for id in [&mut session.tab, &mut session.id, &mut session.name] {
        let mut text = Some(id.clone());
        lines.id(&mut text);
        *id = text.unwrap_or_else(|| id.clone());
    }
    for text in [&mut session.user, &mut session.subject, &mut session.token] {
        lines.text(text);
    }
    for number in [&mut session.epoch, &mut session.started.0, &mut session.last_seq] {
        lines.number(number);
    }
    lines.flag(&mut session.is_past);
    let mut entry = session.entry.as_str().into();
    lines.text(&mut entry);
    carry_losses(lines, session);
    let (mut is_announced, mut batch) = (session.standing == Standing::Announced, 0);
    if let Profile::Full { events, .. } = session.profile {
        batch = events as u64;
    }
    lines.flag(&mut is_announced);
    lines.number(&mut batch);
    let (mut previous, mut previous_end) = match &session.previous {
        Some((id, end)) => (Some(id.clone()), *end),
        None => (None, None),
    };
    lines.id(&mut previous);
    carry_reason(lines, &mut previous_end);
    // A provisional end that a beacon took is not said twice: should it be lost, the server's own timeout comes to the same.
    let (mut end, mut ended) = match session.ending {
        Ending::None | Ending::Settled | Ending::Parted(EndReason::AppClose, _) => (None, Wall::default()),
        Ending::Owed(reason, at) | Ending::Parted(reason, at) => (Some(reason), at),
    };
    carry_reason(lines, &mut end);
    lines.number(&mut ended.0);
    if lines.is_reading() {
        session.entry = Section::parse(&entry).unwrap_or_else(Section::home);
        if is_announced {
            session.standing = Standing::Announced;
        }
        if batch > 0 {
            session.profile = Profile::Full { events: batch as usize, bytes: usize::MAX };
        }
        session.previous = previous.map(|id| (id, previous_end));
        session.ending = end.map_or(Ending::None, |reason| Ending::Owed(reason, ended));
    }
}

/// What was given up, to which is added what is only in memory: it is lost if nothing more is heard of the tab.
fn carry_losses(lines: &mut Lines<'_>, session: &mut Session) {
    let mut losses = session.losses.clone();
    for event in session.queue.events().filter(|event| event.kept.is_none()) {
        losses.add(DropReason::NotStored, event.seq);
    }
    losses.carry(lines);
    if lines.is_reading() {
        session.losses = losses;
    }
}

fn carry_reason(lines: &mut Lines<'_>, reason: &mut Option<EndReason>) {
    let mut name = reason.map_or("", EndReason::name).into();
    lines.text(&mut name);
    *reason = EndReason::parse(&name);
}

/// What becomes of a stored session when a page opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Succession {
    /// The page takes it up.
    Resume,
    /// A new one begins, which names the old one and, if no page of it said goodbye, that it crashed.
    Follow(Option<EndReason>),
}

impl Record {
    /// Decides by comparing times alone. A time in the future is not believed: the clock was set back, and nobody knows how far.
    #[must_use]
    pub fn succession(&self, session: &Session, user: &str, now: Wall, resume: Millis, longest: Millis) -> Succession {
        let is_future = self.seen.since(now) > CLOCK_TOLERANCE || session.started.since(now) > CLOCK_TOLERANCE;
        if session.user != user || is_future {
            Succession::Follow(None)
        } else if now.since(self.seen) <= resume && now.since(session.started) < longest {
            Succession::Resume
        } else {
            Succession::Follow((!self.left).then_some(EndReason::Crash))
        }
    }
}
