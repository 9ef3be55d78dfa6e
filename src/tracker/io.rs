//! What goes into the machine and what comes out of it: the vocabulary that the driver and the core share.

use crate::queue::RequestId;
use crate::section::Section;
use crate::session::EndReason;
use crate::time::Mono;
use crate::timers::Timer;
use crate::wire::{Route, Verdict};

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// The application begins (or takes up) a session.
    Start,
    /// The application knows the person by this name from here on. If they had another one, or none, the session goes no further.
    Identify(String),
    /// Whom the host's bearer is for, as it says itself.
    Bearer(String),
    /// The application says where the person is; it counts at once or after the debounce time.
    Section {
        /// Where.
        section: Section,
        /// Whether it counts at once.
        at_once: bool,
    },
    /// The application wants everything sent.
    Flush,
    /// The application ends the session.
    End(EndReason),
    /// The page came into view or left it.
    Visible(bool),
    /// The window got or lost the focus.
    Focused(bool),
    /// The person did something: pointer, key, scroll or touch.
    Activity,
    /// The page leaves, perhaps for ever.
    Leaving,
    /// The page that left is back.
    Returned,
    /// What storage holds by now under all names that begin so, as names and texts in turn (see [`pairs`](crate::flat::pairs)). Comes when asked for, before `Start`, `Leaving`, `Returned` and `Close`, and when
    /// another tab has written its record.
    Loaded(String, String),
    /// Storage did not take what was to be kept under this name.
    Unkept(String),
    /// Whether this tab got the lead.
    Led(bool),
    /// The network is back.
    Online,
    /// A request was answered, or failed.
    Answered(RequestId, Verdict),
    /// A parting request was taken by the browser, or refused.
    Handed(RequestId, bool),
    /// The alarm went off.
    Wake,
    /// The application is done with the tracker.
    Close,
}

/// Something to do.
#[derive(Clone, Debug)]
pub enum Output {
    /// Send a request.
    Send(Request),
    /// Stop waiting for the answer of the request that was sent last.
    Cancel,
    /// Keep a text in storage under a name.
    Write(String, String),
    /// Erase what storage holds under a name.
    Erase(String),
    /// Say what storage holds under all names that begin so.
    Load(String),
    /// Hold this request, in place of the last one, and send it if the page dies without a word; an empty one is none.
    Later(Route, String),
    /// Take the lead among the tabs if it is free, and say whether it was; never wait for it.
    Lead,
    /// Give the lead back.
    Unlead,
    /// Tell the application.
    Notify(Notice),
    /// Nothing, until the next input or this moment.
    Sleep(Option<(Mono, Timer)>),
}

/// A request, ready to send.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its name, for the answer.
    pub id: RequestId,
    /// Where to.
    pub route: Route,
    /// Its JSON.
    pub body: String,
    /// What authorises it.
    pub credential: Credential,
    /// Whether it shall outlive the page.
    pub keepalive: bool,
    /// Whether the page is leaving: hand it to the browser now and report at once whether it was taken.
    pub parting: bool,
}

/// What authorises a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// The write token in its body.
    InBody,
    /// The host's bearer, if it has one, as last given.
    Bearer,
    /// The host's bearer, asked for anew: the last one was refused.
    FreshBearer,
}

/// What the application may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The backend has the session.
    Started,
    /// The session is over.
    Ended(EndReason),
    /// The session will be over in five minutes, if nothing happens.
    Expiring,
    /// What could be sent was sent and answered, or the backend could not be reached: nothing more will happen by itself for now.
    Settled,
    /// The backend refused something for good, with this explanation.
    Refused(String),
    /// The backend refused the session itself, with this explanation: nothing is tracked.
    StartFailed(String),
    /// The backend could not be reached, or did not answer as the API says.
    Unreachable,
    /// The queue was full, and an event was given up.
    Dropped,
}

/// What the driver knows of the page at its beginning.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// 256 bits from the browser's generator.
    pub seed: [u64; 4],
    /// The records of other tabs that storage holds, as [`Input::Loaded`] has them.
    pub stored: String,
    /// Whether the browser can hold a request for a page that dies.
    pub can_fetch_later: bool,
    /// Whether the page is in view.
    pub visible: bool,
    /// Whether the window has the focus.
    pub focused: bool,
    /// A JSON object about the device; empty if nothing is known.
    pub device_info: String,
    /// A JSON object about time zone and language; empty if nothing is known.
    pub location_info: String,
}
