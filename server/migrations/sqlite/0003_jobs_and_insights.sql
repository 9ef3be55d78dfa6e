-- Who runs which job, and indexes for questions about everybody: by when a session began or ended, and when an event came.
-- None of them is on a column that a heartbeat writes.

CREATE TABLE job_leases (
    job    TEXT PRIMARY KEY,
    holder TEXT NOT NULL,                                -- a server, by an id it makes when it starts
    until  TEXT NOT NULL                                 -- a holder that died holds it no longer than this
) STRICT;

CREATE TABLE feed_positions (
    feed TEXT PRIMARY KEY,
    last INTEGER NOT NULL                                -- the greatest number that was ever deleted: it is not given again
) STRICT;

CREATE INDEX user_sessions_began ON user_sessions (started_at);
CREATE INDEX user_sessions_ended ON user_sessions (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX session_events_received ON session_events (received_at, event_type);
