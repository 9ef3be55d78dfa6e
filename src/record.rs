//! What each tab leaves in storage for the other tabs of its origin and for the next page: one entry, which it alone writes. Whoever reads
//! several merges them (the greatest, the union); nothing here is decided by who wrote last, for another process's storage may be read
//! half a second late. It is JSON, for a reader that must believe nothing: what does not parse is as if it were not there.

use crate::id::Id;
use crate::ledger::DropReason;
use crate::limits::CLOCK_TOLERANCE;
use crate::presence::Person;
use crate::section::Section;
use crate::session::{EndReason, Ending, Key, Profile, Session, Standing};
use crate::time::{Millis, Wall};
use crate::wire::{self, Json, Value};

/// Another version's record is not read.
const VERSION: u64 = 2;

/// How the names of all records begin.
pub const RECORDS: &str = "tab:";

/// The name of a tab's record.
#[must_use]
pub fn record_name(tab: &Id) -> String {
    [RECORDS, tab.as_str()].concat()
}

/// How the names of a tab's stored events begin.
#[must_use]
pub fn events_name(tab: &Id) -> String {
    ["out:", tab.as_str(), ":"].concat()
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
    /// When it last sent a heartbeat.
    pub beaten: Wall,
    /// Whether it has left: another tab may do what it could not finish.
    pub left: bool,
    /// What its person is doing.
    pub person: Person,
    /// Where they are.
    pub section: String,
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
    /// Reads the entry of this name. One that is no record is that of a tab which left with nothing.
    #[must_use]
    pub fn read(name: &str, text: &str) -> Option<Self> {
        let place = Id::parse(name.strip_prefix(RECORDS)?)?;
        let record = Value::object(text).filter(|record| number(*record, "version") == VERSION).unwrap_or_default();
        let mut read = Self {
            device: id(record.get("device")),
            visitor: text_of(record, "visitor"),
            seen: Wall(number(record, "seen")),
            beaten: Wall(number(record, "beaten")),
            left: record.get("left").is_some() || record.get("seen").is_none(),
            person: Person::parse(&text_of(record, "person")),
            section: text_of(record, "section"),
            activities: number(record, "activities"),
            active: Millis(number(record, "active")),
            ended: reason(record, "ended"),
            claims: Vec::new(),
            over: Vec::new(),
            sessions: Vec::new(),
            place,
        };
        for claim in record.list("claims") {
            read.claims.extend(id(Some(claim)));
        }
        for over in record.list("over") {
            read.over.extend(id(Some(over)));
        }
        for session in record.list("sessions") {
            read.sessions.extend(read_session(session, &read.place));
        }
        Some(read)
    }

    /// Writes it, with these sessions.
    #[must_use]
    pub fn write<'a>(&self, sessions: impl Iterator<Item = &'a Session>) -> String {
        let mut json = Json::open();
        json.number("version", VERSION);
        json.text_if_any("device", self.device.as_ref().map_or("", Id::as_str));
        json.text_if_any("visitor", &self.visitor);
        json.number("seen", self.seen.0);
        json.number("beaten", self.beaten.0);
        if self.left {
            json.number("left", 1);
        }
        json.text("person", self.person.name());
        json.text("section", &self.section);
        json.number("activities", self.activities);
        json.number("active", self.active.0);
        json.text_if_any("ended", self.ended.map_or("", EndReason::name));
        for (name, ids) in [("claims", &self.claims), ("over", &self.over)] {
            json.list(name);
            for id in ids {
                json.text_item(id.as_str());
            }
            json.end(']');
        }
        json.list("sessions");
        for session in sessions {
            json.item();
            write_session(&mut json, session);
            json.end('}');
        }
        json.end(']');
        json.close()
    }

    /// The session that the tab is in.
    #[must_use]
    pub fn current(&self) -> Option<&Session> {
        self.sessions.last().filter(|session| !session.is_past)
    }
}

fn write_session(json: &mut Json, session: &Session) {
    json.number("key", u64::from(session.key.0));
    json.text("tab", session.tab.as_str());
    json.text("id", session.id.as_str());
    json.text("name", session.name.as_str());
    json.text("user", &session.user);
    json.number("epoch", session.epoch);
    json.number("started", session.started.0);
    json.text("entry", session.entry.as_str());
    json.text("token", &session.token);
    json.number("lastSeq", session.last_seq);
    // What is only in memory is lost if nothing more is heard of the tab.
    let mut losses = session.losses.clone();
    for event in session.queue.events().filter(|event| event.kept.is_none()) {
        losses.add(DropReason::NotStored, event.seq);
    }
    wire::write_losses(json, &losses);
    if session.is_past {
        json.number("past", 1);
    }
    if session.standing == Standing::Announced {
        let batch = if let Profile::Full { events, .. } = session.profile { events } else { 0 };
        json.number("batch", batch as u64);
    }
    if let Some((previous, ended)) = &session.previous {
        json.text("previous", previous.as_str());
        json.text_if_any("previousEnd", ended.map_or("", EndReason::name));
    }
    // A provisional end that a beacon took is not said twice: should it be lost, the server's own timeout comes to the same.
    match session.ending {
        Ending::None | Ending::Settled | Ending::Parted(EndReason::AppClose, _) => {}
        Ending::Owed(reason, at) | Ending::Parted(reason, at) => {
            json.text("end", reason.name());
            json.number("endedAt", at.0);
        }
    }
}

fn read_session(session: Value<'_>, place: &Id) -> Option<Session> {
    let tab = id(session.get("tab")).unwrap_or_else(|| place.clone());
    let key = Key(number(session, "key") as u32);
    let entry = Section::parse(&text_of(session, "entry")).unwrap_or_else(Section::home);
    let mut read = Session::new(key, tab, id(session.get("id"))?, Wall(number(session, "started")), entry);
    read.name = id(session.get("name")).unwrap_or_else(|| read.id.clone());
    read.user = text_of(session, "user");
    read.epoch = number(session, "epoch");
    read.token = text_of(session, "token");
    read.last_seq = number(session, "lastSeq");
    read.losses = wire::read_losses(session);
    read.is_past = session.get("past").is_some();
    if session.get("batch").is_some() {
        read.standing = Standing::Announced;
        let events = number(session, "batch") as usize;
        read.profile = if events > 0 { Profile::Full { events, bytes: usize::MAX } } else { Profile::Core };
    }
    read.previous = id(session.get("previous")).map(|id| (id, reason(session, "previousEnd")));
    if let Some(reason) = reason(session, "end") {
        read.ending = Ending::Owed(reason, Wall(number(session, "endedAt")));
    }
    Some(read)
}

// What is missing, or not of its kind, is nothing: a record has no more to lose than the one member.

fn id(value: Option<Value<'_>>) -> Option<Id> {
    Id::parse(&value?.text()?)
}

fn text_of(object: Value<'_>, name: &str) -> String {
    object.get(name).and_then(Value::text).unwrap_or_default()
}

fn number(object: Value<'_>, name: &str) -> u64 {
    object.get(name).and_then(Value::whole).unwrap_or_default()
}

fn reason(object: Value<'_>, name: &str) -> Option<EndReason> {
    EndReason::parse(&text_of(object, name))
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
