//! What pages of one origin leave for each other in storage: the device's id, and the session they share. Written as lines of text, for
//! a reader that must believe nothing: what does not parse is as if it were not there.

use crate::session::EndReason;
use crate::time::{Millis, Wall};
use uuid::Uuid;

/// The first line: another version's record is not read.
const VERSION: &str = "1";

/// All that is stored under one namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// A random name for this browser profile.
    pub device: Option<Uuid>,
    /// The session that a next page may take up.
    pub session: Option<StoredSession>,
}

/// A session as the last page left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSession {
    /// Its id.
    pub id: Uuid,
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
    /// Where the person was; empty if unknown.
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
        let mut lines = text.split('\n');
        if lines.next() != Some(VERSION) {
            return Self::default();
        }
        let device = lines.next().and_then(|line| Uuid::try_parse(line).ok());
        Self { device, session: read_session(&mut lines) }
    }

    /// Writes it for storage.
    #[must_use]
    pub fn write(&self) -> String {
        let mut text = String::from(VERSION);
        let mut line = |value: &str| {
            text.push('\n');
            text.push_str(value);
        };
        line(&self.device.map(|id| id.to_string()).unwrap_or_default());
        if let Some(session) = &self.session {
            line(&session.id.to_string());
            line(&session.user);
            for number in [session.epoch, session.started.0, session.contact.0] {
                line(&number.to_string());
            }
            line(if session.left { "left" } else { "open" });
            line(&session.section);
            line(&session.activities.to_string());
            line(&session.active.0.to_string());
            line(&session.token);
        }
        text
    }
}

fn read_session<'a>(lines: &mut impl Iterator<Item = &'a str>) -> Option<StoredSession> {
    let id = Uuid::try_parse(lines.next()?).ok()?;
    let user = lines.next()?.into();
    let epoch = lines.next()?.parse().ok()?;
    let started = Wall(lines.next()?.parse().ok()?);
    let contact = Wall(lines.next()?.parse().ok()?);
    let left = match lines.next()? {
        "left" => true,
        "open" => false,
        _ => return None,
    };
    let section = lines.next()?.into();
    let activities = lines.next()?.parse().ok()?;
    let active = Millis(lines.next()?.parse().ok()?);
    let token = lines.next()?.into();
    Some(StoredSession { id, user, epoch, started, contact, left, section, activities, active, token })
}

/// What becomes of a stored session when a page opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Succession {
    /// The page takes it up.
    Resume(StoredSession),
    /// A new one begins, which names the old one and, if no page of it said goodbye, how it ended.
    Follow {
        /// The old one.
        previous: Uuid,
        /// `crash`, or nothing.
        ended: Option<EndReason>,
    },
    /// A new one begins, with nothing before it.
    Begin,
}

impl StoredSession {
    /// Decides by comparing times alone. A time in the future is not believed: the clock was set back, and nobody knows how far.
    #[must_use]
    pub fn succession(self, user: &str, now: Wall, resume: Millis, longest: Millis, tolerance: Millis) -> Succession {
        let is_future = self.contact.since(now) > tolerance || self.started.since(now) > tolerance;
        if self.user != user || is_future {
            return Succession::Follow { previous: self.id, ended: None };
        }
        let recent = now.since(self.contact) <= resume && now.since(self.started) < longest;
        if recent {
            return Succession::Resume(self);
        }
        Succession::Follow { previous: self.id, ended: (!self.left).then_some(EndReason::Crash) }
    }
}
