-- Sessions, their events, and what the server itself must remember.
-- Times are RFC 3339 in UTC with milliseconds and ids are lower-case UUIDs, both as text: readable in any SQLite shell, and sorted as written.
-- Keys begin with user_id: no row is ever found without saying whose it is.

CREATE TABLE user_sessions (
    change_order           INTEGER NOT NULL,             -- grows with every change of any session: the admin feed's cursor
    user_id                TEXT NOT NULL,                -- the verified subject
    id                     TEXT NOT NULL,                -- UUID version 7
    given_id               TEXT,                         -- the client's id, where its time could not be believed
    device_id              TEXT,                         -- a random id in the client's storage
    previous_id            TEXT,                         -- the session before
    platform               TEXT NOT NULL DEFAULT 'web',
    app_section            TEXT,                         -- where the person is
    section_changed_at     TEXT NOT NULL,                -- since when, on the device's time line
    started_at             TEXT NOT NULL,
    last_heartbeat_at      TEXT NOT NULL,                -- the last contact: start, heartbeat or update
    last_activity_at       TEXT NOT NULL,                -- the last thing the person did
    ended_at               TEXT,                         -- the leave time, else the last contact; NULL while it goes on
    status                 TEXT NOT NULL CHECK (status IN ('active', 'idle', 'ended', 'timeout')),
    end_reason             TEXT CHECK (end_reason IN ('logout', 'timeout', 'manual', 'app_close', 'crash', 'replaced')),
    epoch                  INTEGER NOT NULL CHECK (epoch >= 1),  -- the highest of any contact
    end_epoch              INTEGER,                      -- the epoch of the end: a higher one takes app_close back
    total_duration_seconds INTEGER CHECK (total_duration_seconds >= 0),
    active_seconds         INTEGER NOT NULL DEFAULT 0 CHECK (active_seconds >= 0),
    activity_count         INTEGER NOT NULL DEFAULT 0 CHECK (activity_count >= 0),
    device_info            TEXT CHECK (device_info IS NULL OR json_type(device_info) = 'object'),
    location_info          TEXT CHECK (location_info IS NULL OR json_type(location_info) = 'object'),
    metadata               TEXT CHECK (metadata IS NULL OR json_type(metadata) = 'object'),
    user_agent             TEXT,
    ip_address             TEXT,                         -- a network (/24 or /48), never an address
    consent                TEXT,                         -- what the person agreed to, where the application says so
    created_at             TEXT NOT NULL,
    updated_at             TEXT NOT NULL,
    PRIMARY KEY (user_id, id),
    CHECK ((ended_at IS NULL) = (status IN ('active', 'idle'))),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
    CHECK ((ended_at IS NULL) = (end_epoch IS NULL)),
    CHECK ((ended_at IS NULL) = (total_duration_seconds IS NULL))
) STRICT;

CREATE UNIQUE INDEX user_sessions_change ON user_sessions (change_order);
CREATE UNIQUE INDEX user_sessions_given ON user_sessions (user_id, given_id) WHERE given_id IS NOT NULL;
CREATE INDEX user_sessions_started ON user_sessions (user_id, started_at DESC);
CREATE INDEX user_sessions_live ON user_sessions (user_id) WHERE ended_at IS NULL;

CREATE TABLE session_events (
    row_order   INTEGER PRIMARY KEY AUTOINCREMENT,       -- never given twice: the admin feed's cursor
    user_id     TEXT NOT NULL,
    session_id  TEXT NOT NULL,
    event_id    TEXT NOT NULL,                           -- made by the client, so that a repeated request finds it
    tab_id      TEXT,
    seq         INTEGER,                                 -- counts from 1 in its tab and session; gaps are losses
    event_type  TEXT NOT NULL,
    event_data  TEXT CHECK (event_data IS NULL OR json_valid(event_data)),
    section     TEXT,                                    -- where it happened
    occurred_at TEXT NOT NULL,                           -- corrected where the device's clock is far off
    client_ts   TEXT,                                    -- the device's own value
    sent_at     TEXT,                                    -- by the device's clock
    received_at TEXT NOT NULL,
    UNIQUE (user_id, session_id, event_id),
    FOREIGN KEY (user_id, session_id) REFERENCES user_sessions (user_id, id) ON DELETE CASCADE
) STRICT;

CREATE TABLE session_tabs (
    user_id    TEXT NOT NULL,
    session_id TEXT NOT NULL,
    tab_id     TEXT NOT NULL,
    last_seq   INTEGER NOT NULL DEFAULT 0,               -- the highest sequence number it has given
    dropped    TEXT NOT NULL DEFAULT '[]' CHECK (json_type(dropped) = 'array'),
    epoch      INTEGER NOT NULL,                         -- the highest it has written at
    PRIMARY KEY (user_id, session_id, tab_id),
    FOREIGN KEY (user_id, session_id) REFERENCES user_sessions (user_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE signing_keys (
    key_id     TEXT PRIMARY KEY,
    secret     BLOB NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE job_runs (
    job         TEXT NOT NULL,
    started_at  TEXT NOT NULL,
    finished_at TEXT,
    rows        INTEGER,
    error       TEXT,
    PRIMARY KEY (job, started_at)
) STRICT;
