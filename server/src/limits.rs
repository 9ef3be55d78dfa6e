//! Every bound of the server, in one place, each with its reason. `api/README.md` names those a client can meet.

use std::time::Duration;

/// A request's body, plain or inflated. Some ten times a full live flush, small enough to hold in memory a thousand times over.
pub const BODY_BYTES: usize = 524_288;

/// The `text/plain` body of a request that says one thing. Browsers let at most 64 KiB of keepalive requests be in flight.
pub const BEACON_BYTES: usize = 65_536;

/// How much of an oversized body is read and thrown away, so that its sender sees the 413 and not a reset connection.
pub const DRAINED_BYTES: usize = 4 * 1024 * 1024;

/// Events in one request: one group's worth, so that a single request cannot hold up everybody's commit.
pub const BATCH_EVENTS: usize = 500;

/// One event's `eventData`, in bytes of its JSON text. The figure other trackers use for a whole event.
pub const EVENT_DATA_BYTES: usize = 32_768;

/// `metadata`, `deviceInfo` and `locationInfo`, each, their numbers with all digits: they are rewritten with the session's row.
pub const OBJECT_BYTES: usize = 8_192;

/// How deep JSON may nest, so that whoever reads it back may recurse.
pub const JSON_DEPTH: usize = 32;

/// Digits that the exponents of one JSON text may stand for: `1e308`, which is five bytes, has 309, and PostgreSQL writes out each. With half as
/// many behind a point, still below the 16,383 where its numbers end.
pub const NUMBER_DIGITS: usize = 8_192;

/// Characters of `eventType` and `section`, which are names and not texts.
pub const NAME_CHARS: usize = 200;

/// Characters of a `userId`: the longest subject that identity providers issue.
pub const USER_ID_CHARS: usize = 128;

/// Characters of a `platform`.
pub const PLATFORM_CHARS: usize = 50;

/// Characters kept of a `User-Agent` header; the rest is cut off.
pub const USER_AGENT_CHARS: usize = 512;

/// Characters of a token: several times the length of one of ours, to be refused before any cryptography.
pub const TOKEN_CHARS: usize = 4_096;

/// Characters of a request's id that a proxy has given.
pub const REQUEST_ID_CHARS: usize = 64;

/// Characters of a bearer: what proxies commonly let through as a header, and twice what identity providers issue.
pub const BEARER_CHARS: usize = 8_192;

/// How long a visitor who does not come back is known: as long as browsers keep a cookie.
pub const VISITOR_TOKEN: Duration = Duration::from_secs(400 * 86_400);

/// For so long a start whose reply was lost may be repeated without a token, by the client that made it: as long as a session can last.
pub const START_REPEATS: Duration = MAX_SESSION;

/// How far the clock of an identity provider may be off.
pub const LEEWAY: Duration = Duration::from_secs(60);

/// How often the age of the server's own keys is looked at.
pub const KEY_CHECK: Duration = Duration::from_secs(3_600);

/// How often a token with an unknown key makes the store be asked for the server's own keys.
pub const KEY_RELOAD: Duration = Duration::from_secs(30);

/// How often a token with an unknown key makes its issuer be asked. Issuers publish a key long before they sign with it.
pub const JWKS_PAUSE: Duration = Duration::from_secs(30);

/// For how long published keys are kept: what the issuer says, within these.
pub const JWKS_FRESH: std::ops::RangeInclusive<Duration> = Duration::from_secs(300)..=Duration::from_secs(86_400);

/// How long published keys serve on while their issuer is away. What was withdrawn is believed for so long at most.
pub const JWKS_AGE: Duration = Duration::from_secs(2 * 86_400);

/// How long an issuer may take to answer: a visitor waits for it.
pub const JWKS_TIMEOUT: Duration = Duration::from_secs(5);

/// The answer of an issuer. A dozen keys have some 10 kB.
pub const JWKS_BYTES: usize = 262_144;

/// The greatest `seq`, `lastSeq`, `epoch` or total: the last whole number that JavaScript and SQLite both hold exactly.
pub const COUNT: u64 = (1 << 53) - 1;

/// Reasons in `dropped`. The tracker has fewer.
pub const DROPPED_REASONS: usize = 16;

/// Ranges of one reason in `dropped`, and ranges named as missing in an answer.
pub const RANGES: usize = 64;

/// How long after its end a session still takes events: as long as a closed page's stored events are kept by the tracker.
pub const LATE_EVENTS: Duration = Duration::from_secs(7 * 86_400);

/// How long a session may last, gaps included.
pub const MAX_SESSION: Duration = Duration::from_secs(86_400);

/// Up to this much disagreement a device's clock is believed as it stands: correcting it by the length of the request would add noise.
pub const CLOCK_SKEW: Duration = Duration::from_secs(150);

/// The greatest age that a `startedAt` or `endedAt` is believed to have: what is older was measured across a jump of the clock.
pub const BELIEVED_AGE: Duration = Duration::from_secs(7 * 86_400);

/// How far an id's embedded time may lie before and after its receipt.
pub const ID_AGE: Duration = Duration::from_secs(7 * 86_400);
/// See [`ID_AGE`].
pub const ID_LEAD: Duration = Duration::from_secs(86_400);

/// Users that a room takes at once, where its owner does not say.
pub const ROOM_PARTICIPANTS_DEFAULT: u32 = 100;
/// Users that a room can take: its list of participants is one answer, and each of them reads it.
pub const ROOM_PARTICIPANTS: std::ops::RangeInclusive<u64> = 1..=1_000;

/// Rooms that one heartbeat can speak for. Nobody follows more at a time.
pub const BEAT_ROOMS: usize = 32;

/// Beats for which somebody in a room counts as there after the last one: one may be late, and one lost.
pub const PRESENT_BEATS: u32 = 3;

/// A `prompt` and a `response`, each, in bytes: both fit into a body even where their JSON escapes half of it.
pub const AI_TEXT_BYTES: usize = 131_072;

/// Points of a series: what a chart can show one beside the other, and a day by its minutes.
pub const SERIES_POINTS: i64 = 1_500;

/// Sessions in the list of who is online.
pub const ONLINE_SESSIONS: u32 = 100;

/// Rows read at a time while a person's own data are sent: some hundred kilobytes in memory, whatever there is in all.
pub const EXPORT_ROWS: u32 = 200;

/// Rows of an admin feed, or events of a session, in one answer.
pub const PAGE_ROWS: u32 = 500;
/// The same, when the caller names no number.
pub const PAGE_ROWS_DEFAULT: u32 = 100;

/// What `since` may be: more rows than any store holds, in the digits that `openapi.yaml` gives it.
pub const CURSORS: std::ops::RangeInclusive<i64> = 0..=999_999_999_999_999_999;

/// Days that `stats` looks back.
pub const DAYS_BACK: std::ops::RangeInclusive<u32> = 1..=365;

/// Writes waiting for their group. Beyond it the answer is 503 at once, which costs the caller less than a timeout.
pub const QUEUE_WRITES: usize = 4_096;

/// Rows of one group. A bigger one commits hardly quicker by the row and keeps its callers waiting.
pub const GROUP_ROWS: usize = 2_000;

/// How long a group waits for company: far below what a caller notices, and several requests' worth at full load.
pub const GROUP_WAIT: Duration = Duration::from_millis(2);

/// How often SQLite's log is copied into the file while there are writes: each time costs two waits for the disk.
pub const CHECKPOINT_EVERY: Duration = Duration::from_millis(250);

/// Pages of SQLite's log (4 KiB each) from which a commit copies what is left of it, and the log begins anew. About a second's at full load.
pub const LOG_PAGES: &str = "4000";

/// What SQLite's writing connection keeps in memory, as its `cache_size` says it: the pages that a hundred thousand sessions write to.
pub const PAGE_CACHE_KIB: &str = "-32768";

/// What `Retry-After` says when the queue is full or the store does not answer.
pub const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Sessions ended by one run of the job, so that it never holds the store for long.
pub const JOB_ROWS: u32 = 5_000;

/// How often it is looked whether a job is due: as often as the most frequent one is.
pub const JOB_TICK: Duration = Duration::from_secs(60);

/// For how long a step of a job holds its lock. A server that died in it delays the next run by no more.
pub const JOB_LEASE: Duration = Duration::from_secs(300);

/// How old an hour is when it is counted for good: a start may tell of a week ago ([`BELIEVED_AGE`]), and a session lasts a day.
pub const ROLLUP_AGE: Duration = Duration::from_secs(9 * 86_400);

/// For how long counts by the hour are kept: longer than any question looks back ([`DAYS_BACK`]).
pub const ROLLUP_KEPT: Duration = Duration::from_secs(400 * 86_400);

/// Rows of no month from which the operator is warned: far more than were under way when a month changed.
pub const UNPLACED_ROWS: i64 = 100_000;

/// Runs of jobs in one answer.
pub const JOB_RUNS: u32 = 50;

/// How long a shutdown may take before what is still open is dropped.
pub const SHUTDOWN: Duration = Duration::from_secs(10);
