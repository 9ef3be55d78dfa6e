-- Rooms that people are in together, and conversations with a model.
-- Rooms are keyed by their own id, for people of many subjects meet in one; all else begins with user_id.

CREATE TABLE collab_sessions (
    id               TEXT NOT NULL PRIMARY KEY,
    owner_id         TEXT NOT NULL,                      -- who made it
    is_active        INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),  -- 0: its owner closed it
    max_participants INTEGER NOT NULL CHECK (max_participants >= 1),
    created_at       TEXT NOT NULL,
    updated_at       TEXT NOT NULL                       -- the last join, leave or close; never a mere presence
) STRICT, WITHOUT ROWID;

CREATE INDEX collab_sessions_updated ON collab_sessions (updated_at);
CREATE INDEX collab_sessions_owner ON collab_sessions (owner_id);

CREATE TABLE session_participants (
    session_id    TEXT NOT NULL,                         -- the room
    user_id       TEXT NOT NULL,
    device_id     TEXT NOT NULL,                         -- the nil UUID where the client names none
    is_active     INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),  -- 0: has left
    access_method TEXT NOT NULL CHECK (access_method IN ('invite', 'direct')),
    joined_at     TEXT NOT NULL,
    last_seen_at  TEXT NOT NULL,                         -- only ever later
    PRIMARY KEY (session_id, user_id, device_id),
    FOREIGN KEY (session_id) REFERENCES collab_sessions (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX session_participants_active ON session_participants (session_id) WHERE is_active = 1;
CREATE INDEX session_participants_user ON session_participants (user_id);

CREATE VIEW reading_sessions AS
SELECT id, is_active, created_at, updated_at,
       (SELECT count(DISTINCT user_id) FROM session_participants p WHERE p.session_id = r.id AND p.is_active = 1) AS participant_count
FROM collab_sessions r;

CREATE TABLE ai_sessions (
    user_id    TEXT NOT NULL,
    id         TEXT NOT NULL,
    session_id TEXT,                                     -- the session it began in; outlives it
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,                            -- the last interaction
    PRIMARY KEY (user_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX ai_sessions_updated ON ai_sessions (updated_at);

CREATE TABLE ai_interactions (
    user_id       TEXT NOT NULL,
    ai_session_id TEXT NOT NULL,
    id            TEXT NOT NULL,                         -- made by the client, so that a repeated request finds it
    prompt        TEXT NOT NULL,
    response      TEXT,
    model_used    TEXT,
    tokens_used   INTEGER CHECK (tokens_used >= 0),
    created_at    TEXT NOT NULL,
    PRIMARY KEY (user_id, ai_session_id, id),
    FOREIGN KEY (user_id, ai_session_id) REFERENCES ai_sessions (user_id, id) ON DELETE CASCADE
) STRICT;

CREATE INDEX ai_interactions_created ON ai_interactions (created_at);
