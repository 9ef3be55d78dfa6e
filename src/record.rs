//! What pages of one origin leave for each other in storage: the device's id, and the session they share. It is JSON, for a reader that
//! must believe nothing: what does not parse is as if it were not there.

use crate::id::Id;
use crate::session::EndReason;
use crate::time::{Millis, Wall};
use crate::wire::{Json, Value};

/// Another version's record is not read.
const VERSION: u64 = 1;

/// All that is stored under one namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// A random name for this browser profile.
    pub device: Option<Id>,
    /// The session that a next page may take up.
    pub session: Option<StoredSession>,
}

/// A session as the last page left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSession {
    /// Its id.
    pub id: Id,
    /// The host's name for its person; empty if there was none.
    pub user: String,
    /// The highest epoch a page gave it.
    pub epoch: u64,
    /// When it began.
    pub started: Wall,
    /// When a page of it last ran.
    pub contact: Wall,
    /// Whether the last page said goodbye.
    pub left: bool,
    /// Where the person was.
    pub section: String,
    /// How often they did something.
    pub activities: u64,
    /// How long they were active.
    pub active: Millis,
    /// The write token; empty if the backend gave none.
    pub token: String,
}

impl Record {
    /// Reads what storage held.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let record = Value::object(text).filter(|record| number(*record, "version") == Some(VERSION));
        let Some(record) = record else { return Self::default() };
        Self {
            device: read_text(record, "device").and_then(|id| Id::parse(&id)),
            session: record.get("session").and_then(read_session),
        }
    }

    /// Writes it for storage.
    #[must_use]
    pub fn write(&self) -> String {
        let mut json = Json::open();
        json.number("version", VERSION);
        if let Some(device) = &self.device {
            json.text("device", device.as_str());
        }
        if let Some(session) = &self.session {
            json.object("session", |json| write_session(json, session));
        }
        json.close()
    }
}

fn write_session(json: &mut Json, session: &StoredSession) {
    json.text("id", session.id.as_str());
    json.text("user", &session.user);
    json.number("epoch", session.epoch);
    json.number("started", session.started.0);
    json.number("contact", session.contact.0);
    json.number("left", u64::from(session.left));
    json.text("section", &session.section);
    json.number("activities", session.activities);
    json.number("active", session.active.0);
    json.text("token", &session.token);
}

fn read_session(session: Value<'_>) -> Option<StoredSession> {
    Some(StoredSession {
        id: Id::parse(&read_text(session, "id")?)?,
        user: read_text(session, "user")?,
        epoch: number(session, "epoch")?,
        started: Wall(number(session, "started")?),
        contact: Wall(number(session, "contact")?),
        left: number(session, "left")? > 0,
        section: read_text(session, "section")?,
        activities: number(session, "activities")?,
        active: Millis(number(session, "active")?),
        token: read_text(session, "token")?,
    })
}

fn read_text(object: Value<'_>, name: &str) -> Option<String> {
    object.get(name)?.text()
}

fn number(object: Value<'_>, name: &str) -> Option<u64> {
    object.get(name)?.whole()
}

/// What becomes of a stored session when a page opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Succession {
    /// The page takes it up.
    Resume,
    /// A new one begins, which names the old one and, if no page of it said goodbye, that it crashed.
    Follow(Option<EndReason>),
}

impl StoredSession {
    /// Decides by comparing times alone. A time in the future is not believed: the clock was set back, and nobody knows how far.
    #[must_use]
    pub fn succession(&self, user: &str, now: Wall, resume: Millis, longest: Millis, tolerance: Millis) -> Succession {
        let is_future = self.contact.since(now) > tolerance || self.started.since(now) > tolerance;
        if self.user != user || is_future {
            Succession::Follow(None)
        } else if now.since(self.contact) <= resume && now.since(self.started) < longest {
            Succession::Resume
        } else {
            Succession::Follow((!self.left).then_some(EndReason::Crash))
        }
    }
}
