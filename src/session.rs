//! One session as this page knows it: who it is, how far the backend knows of it, what is still owed to the backend. Which of these
//! changes when is decided in `tracker.rs`.

use crate::id::Id;
use crate::ledger::Losses;
use crate::presence::Person;
use crate::queue::Queue;
use crate::section::Section;
use crate::time::Wall;

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The person logged out.
    Logout,
    /// The application ended it.
    Manual,
    /// The page left. Provisional: a page that comes back within the resume window takes it back.
    AppClose,
    /// Nothing was heard for the timeout, or it reached its longest duration.
    Timeout,
    /// Another session took its place.
    Replaced,
    /// The page vanished without a word.
    Crash,
}

impl EndReason {
    const ALL: [Self; 6] = [Self::Logout, Self::Manual, Self::AppClose, Self::Timeout, Self::Replaced, Self::Crash];

    /// The word for it, on the wire and in the state.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::Manual => "manual",
            Self::AppClose => "app_close",
            Self::Timeout => "timeout",
            Self::Replaced => "replaced",
            Self::Crash => "crash",
        }
    }

    /// The reason of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

/// How far the backend knows of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its start is still to be sent (or to be sent again, for a new token).
    Unannounced,
    /// Its start travels.
    Announcing,
    /// Its start was answered.
    Announced,
}

/// What the backend is still to be told of the session's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It has not ended.
    None,
    /// It ended, and the backend does not know.
    Owed(EndReason, Wall),
    /// It was told in a request whose answer nobody hears.
    Parted(EndReason, Wall),
    /// The backend knows, or will never take it.
    Settled,
}

/// Which routes the backend has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// The five routes that every backend has: one request an event.
    Core,
    /// Batches and heartbeats too, with so much in one request.
    Full {
        /// Events in a request.
        events: usize,
        /// Bytes in a request.
        bytes: usize,
    },
}

/// Names a session for as long as the page lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Key(pub u32);

/// One session.
#[derive(Clone, Debug)]
pub struct Session {
    /// Names it in this page for good; the backend may choose another id.
    pub key: Key,
    /// In whose sequence its events are numbered.
    pub tab: Id,
    /// The tab that left it unfinished, and its key there; nothing if it is this one's own.
    pub origin: Option<(Id, Key)>,
    /// Its id, as the tab that began it made it: by it tabs know it from others.
    pub id: Id,
    /// What the backend calls it.
    pub name: Id,
    /// Whether it is over here, and only kept for what it owes.
    pub is_past: bool,
    /// Whether all that is known of it is what another origin tells.
    pub is_heard: bool,
    /// The session before it, and how that one ended if this page had to find out.
    pub previous: Option<(Id, Option<EndReason>)>,
    /// When it began, by the device's clock.
    pub started: Wall,
    /// Grows with every start and return: the server orders contacts by it.
    pub epoch: u64,
    /// How far the backend knows of it.
    pub standing: Standing,
    /// How often in a row its start was repeated because a token or the session itself was not known, or a goodbye was taken back.
    pub renewals: u32,
    /// The host's name for its person; empty if it gave none.
    pub user: String,
    /// Whose it is, as the bearer that announced it or else the backend says; empty until one of them did.
    pub subject: String,
    /// What authorises writing to it; if empty, the host's own bearer must.
    pub token: String,
    /// Which routes the backend has.
    pub profile: Profile,
    /// The highest sequence number given in this tab.
    pub last_seq: u64,
    /// Its unacknowledged events.
    pub queue: Queue,
    /// What was given up of it.
    pub losses: Losses,
    /// What is owed of its end.
    pub ending: Ending,
    /// Where its start says the person was.
    pub entry: Section,
}

impl Session {
    /// A session that begins.
    #[must_use]
    pub fn new(key: Key, tab: Id, id: Id, started: Wall, entry: Section) -> Self {
        Self {
            key,
            tab,
            origin: None,
            name: id.clone(),
            id,
            is_past: false,
            is_heard: false,
            previous: None,
            started,
            epoch: 1,
            standing: Standing::Unannounced,
            renewals: 0,
            user: String::new(),
            subject: String::new(),
            token: String::new(),
            profile: Profile::Core,
            last_seq: 0,
            queue: Queue::default(),
            losses: Losses::default(),
            ending: Ending::None,
            entry,
        }
    }

    /// Becomes a session of another tab, as one of this tab's.
    pub fn inherit(&mut self, theirs: &Self) {
        self.id = theirs.id.clone();
        self.name = theirs.name.clone();
        self.started = theirs.started;
        self.entry = theirs.entry.clone();
        self.epoch = theirs.epoch.saturating_add(1);
        self.user.clone_from(&theirs.user);
        self.subject.clone_from(&theirs.subject);
        self.token.clone_from(&theirs.token);
        self.previous.clone_from(&theirs.previous);
    }

    /// Whether it is the one that was kept in this place under this key: by a tab that left it unfinished, or by this one before it went away.
    #[must_use]
    pub fn comes_from(&self, place: &Id, tab: &Id, key: Key) -> bool {
        match &self.origin {
            Some((origin, known)) => origin == place && *known == key,
            None => self.key == key && place.as_str().starts_with(tab.as_str()),
        }
    }

    /// Whether the backend is still to be told anything.
    #[must_use]
    pub fn owes(&self) -> bool {
        !self.queue.is_empty() || self.owes_end()
    }

    /// Whether the backend is still to be told of its end.
    #[must_use]
    pub fn owes_end(&self) -> bool {
        matches!(self.ending, Ending::Owed(..))
    }
}

/// What the host may know, as a value: two equal states are the same to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Not started.
    Idle,
    /// Started here, not yet at the backend.
    Starting(Here),
    /// Running.
    Live(Here, Person),
    /// Over.
    Ended(Option<Id>, EndReason),
    /// Nothing is tracked, for this reason.
    Inert(&'static str),
}

/// Which session, and where in the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Here {
    /// The session's id.
    pub id: Id,
    /// When it began.
    pub started: Wall,
    /// Where the person is.
    pub section: Section,
}
