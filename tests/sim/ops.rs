//! What can happen, one thing at a time, in a form that a file can hold. An operation names pages and visitors by numbers that wrap
//! around, so leaving one out never makes another meaningless. This room knows nothing of the tracker.

use crate::network::Fault;
use serde::{Deserialize, Serialize};

/// What becomes of a visitor's storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Harm {
    /// Somebody cleared it.
    Cleared,
    /// Somebody wrote nonsense over an entry.
    Corrupted,
    /// It neither gives nor takes anything.
    Blocked,
    /// It gives what it has, and takes nothing that is longer than what was there.
    Full,
    /// It works again, with what it held.
    Mended,
}

/// One thing that happens. Where a page is named, it is one for which the operation makes sense; if there is none, nothing happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Op {
    /// A visitor opens a tab, whose page starts its tracker; what was in view is hidden.
    Open { visitor: u8, user: u8 },
    /// A visitor opens a tab behind the one in view.
    OpenBehind { visitor: u8, user: u8 },
    /// The browser opens several tabs at the same moment, as it does after a restart.
    OpenTogether { visitor: u8, tabs: u8 },
    /// A tab is duplicated.
    Duplicate { page: u8 },
    /// A page starts its tracker again, as after a logout.
    Start { page: u8 },
    /// The application logs one event.
    Log { page: u8, bytes: u16 },
    /// The application logs many events at once.
    Burst { page: u8, count: u8, bytes: u16 },
    /// The person goes to another section.
    Go { page: u8, section: u8, at_once: bool },
    /// The application wants everything sent.
    Flush { page: u8 },
    /// The application ends the session.
    End { page: u8, logout: bool },
    /// The page comes into view, or is hidden, whatever the other tabs do: it has a window of its own.
    Show { page: u8, visible: bool },
    /// The person turns to this tab: it is in view and has the focus, and the visitor's other tabs are hidden.
    Switch { page: u8 },
    /// The window gets or loses the focus.
    Focus { page: u8, focused: bool },
    /// The person touches something.
    Act { page: u8 },
    /// The browser says that the network is back.
    Online { page: u8 },
    /// The page goes into the back/forward cache; its beacons may hold so many bytes.
    Leave { page: u8, quota: u32 },
    /// A page that was cached or frozen comes back; what its tab shows instead is cached.
    Return { page: u8 },
    /// The browser freezes a hidden page.
    Freeze { page: u8 },
    /// The browser throws a page away that is hidden, frozen or cached, without a word.
    Discard { page: u8 },
    /// The tab goes on to another page; the browser keeps this one in its cache, or not. A reload is the latter.
    Navigate { page: u8, quota: u32, cached: bool },
    /// The person closes the tab.
    CloseTab { page: u8, quota: u32 },
    /// The application is done with the tracker.
    Destroy { page: u8 },
    /// Another person logs in: the application is done with the tracker and makes another one in the same page.
    Login { page: u8, user: u8 },
    /// The application says that the person is somebody else, in the middle of whatever waits.
    Identify { page: u8, user: u8 },
    /// The page is there no more, and never said so.
    Crash { page: u8 },
    /// The visitor's browser is there no more.
    CrashAll { visitor: u8 },
    /// Time passes.
    Pass { millis: u32 },
    /// The visitor's device sleeps.
    Sleep { visitor: u8, minutes: u16 },
    /// Every device sleeps.
    Night { hours: u8 },
    /// The visitor's clock is set.
    Jump { visitor: u8, seconds: i32 },
    /// The next request meets this.
    Meet(Fault),
    /// Nobody reaches the backend.
    Outage { seconds: u16 },
    /// Something happens to a visitor's storage.
    Storage { visitor: u8, harm: Harm },
    /// The backend believes no token that it has given so far.
    NewKeys,
    /// Somebody else ends a visitor's sessions.
    EndElsewhere { visitor: u8 },
}
