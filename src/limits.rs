//! Every bound and every built-in default of the tracker, each with its reason. A number that limits anything stands here and
//! nowhere else. The defaults equal the server's, whose start reply may change those it names.

use crate::time::Millis;

/// How often a visible page says that it is there. The server's timeout is 120 of these.
pub const HEARTBEAT: Millis = Millis::from_seconds(30);
/// How long a section must hold before it counts as visited: shorter is a slip of the finger or a redirect.
pub const DEBOUNCE: Millis = Millis(1_000);
/// How long an event may wait for company.
pub const FLUSH: Millis = Millis::from_seconds(5);
/// How long the burst that filled a batch may go on before it is sent.
pub const FLUSH_BURST: Millis = Millis(1_000);
/// How many waiting events start the shorter wait above.
pub const FLUSH_COUNT: usize = 20;
/// How many waiting bytes are sent at once. A request takes over a millisecond of a page's main thread, whatever its size (measured in
/// Chromium), so a busy page makes few of them; two of these still leave room in what a tab stores.
pub const FLUSH_BYTES: usize = 96 * 1024;
/// Without input for this long the person counts as idle.
pub const IDLE: Millis = Millis::from_seconds(5 * 60);
/// A page that left is taken up again within this time; later a new session starts.
pub const RESUME: Millis = Millis::from_seconds(30 * 60);
/// A session of whose tabs none ran for this long is over: nobody was there, and the server heard nothing either.
pub const TIMEOUT: Millis = Millis::from_seconds(60 * 60);
/// How long before its end a session is announced as expiring.
pub const EXPIRY_WARNING: Millis = Millis::from_seconds(5 * 60);
/// The longest a session may last.
pub const MAX_SESSION: Millis = Millis::from_seconds(24 * 60 * 60);
/// A stored time may lie this far ahead (two processes round differently); beyond it the clock was set back and the record is not believed.
pub const CLOCK_TOLERANCE: Millis = Millis::from_seconds(60);
/// A request without an answer for this long is given up and sent again.
pub const REPLY_WAIT: Millis = Millis::from_seconds(30);
/// The first retry waits up to this long.
pub const RETRY_FIRST: Millis = Millis::from_seconds(1);
/// No retry waits longer than this by itself.
pub const RETRY_LONGEST: Millis = Millis::from_seconds(60);
/// `Retry-After` is honoured up to this long; a server that names a year has made a mistake.
pub const RETRY_AFTER_LONGEST: Millis = Millis::from_seconds(10 * 60);

/// How far a page goes ahead of another one that said goodbye for both: that one raised the epoch with every page of a long visit.
pub const EPOCH_LEAP: u64 = 100;

/// A tab that has not renewed its record for this long is gone: a hidden tab's timers ring at least once a minute (Chromium's intensive
/// throttling), and it renews its record as often.
pub const TAB_SILENCE: Millis = Millis::from_seconds(120);
/// So much of the time between two looks at the others' records counts as their silence: a throttled tab looks as seldom, and in a longer time
/// the device slept, and they with it.
pub const TAB_LOOK: Millis = Millis::from_seconds(60);
/// How often a tab renews its record and looks at the others'.
pub const TAB_RENEWAL: Millis = Millis::from_seconds(30);
/// What one tab stores of its events, in UTF-8: a page's storage is 5 MiB for all scripts and tabs together.
pub const OUTBOX_BYTES: usize = 256 * 1024;
/// What one tab stores, and has taken over from tabs that are gone: a fifth of what all scripts of the origin have.
pub const NAMESPACE_BYTES: usize = 1024 * 1024;
/// The tabs that are gone whose business one tab takes over at a time.
pub const CLAIMS: usize = 32;

/// Events in memory: at 200 bytes each, half of the bytes below.
pub const QUEUE_EVENTS: usize = 10_000;
/// Bytes of events in memory: what a page can lend without noticing.
pub const QUEUE_BYTES: usize = 4 * 1024 * 1024;
/// Sessions that have ended here but still have something to send. Each costs a failed 410 first, so few ever exist.
pub const PAST_SESSIONS: usize = 8;
/// Sessions that are over and that a tab still knows itself to have been in: it must not give a number of one of them twice, should other tabs
/// that slept draw it back there. A tab that stays open for weeks leaves one or two a day.
pub const LEFT_SESSIONS: usize = 32;
/// One event's data as JSON text. The API's own limit, so that a too large event fails here, where it is explained.
pub const EVENT_BYTES: usize = 32_768;
/// An event's type and a section's name, in characters (API limit).
pub const NAME_CHARS: usize = 200;
/// A session's, tab's or device's id, in characters; a UUID has 36.
pub const ID_CHARS: usize = 64;
/// The API's address.
pub const ENDPOINT_BYTES: usize = 2_048;
/// A user's id, in characters (API limit).
pub const USER_CHARS: usize = 128;
/// Metadata as JSON text (API limit).
pub const METADATA_BYTES: usize = 8_192;
/// Events in one request, until the server names its own limit.
pub const BATCH_EVENTS: usize = 500;
/// One request as the page leaves: a quarter of the quota, for other scripts on the page share it (w3c/beacon issue 38).
pub const PARTING_BYTES: usize = 16 * 1024;
/// The request that the browser holds for a page that dies is written anew at most this often.
pub const LATER_PAUSE: Millis = Millis(1_000);
/// Requests as the page leaves, refused and halved ones included: an exit must end.
pub const PARTING_REQUESTS: usize = 16;
/// What a backend with only the core profile is asked for as the page leaves, at one event a request.
pub const PARTING_REQUESTS_CORE: usize = 8;
/// Bytes of all keepalive requests in flight together (Fetch standard: 64 KiB), less room for what else the page sends.
pub const KEEPALIVE_BYTES: usize = 60 * 1024;
/// Sequence ranges declared for one reason of dropping; further drops are only counted.
pub const DROP_RANGES: usize = 64;
/// Input events (pointer, key, scroll, touch) closer together than this are one activity.
pub const INPUT_THROTTLE: Millis = Millis(1_000);
