-- Figures by the hour, which outlive what they count, and the platforms that sessions name.

CREATE TABLE session_rollups_hourly (
    bucket         TEXT NOT NULL,                        -- the hour in which they began
    platform       TEXT NOT NULL,
    app_section    TEXT NOT NULL DEFAULT '',             -- where they were last
    sessions       INTEGER NOT NULL,
    ended          INTEGER NOT NULL,
    total_seconds  INTEGER NOT NULL,
    active_seconds INTEGER NOT NULL,
    PRIMARY KEY (bucket, platform, app_section)
) STRICT, WITHOUT ROWID;

CREATE TABLE event_rollups_hourly (
    bucket     TEXT NOT NULL,                            -- the hour in which they came
    event_type TEXT NOT NULL,
    events     INTEGER NOT NULL,
    PRIMARY KEY (bucket, event_type)
) STRICT, WITHOUT ROWID;

-- Hours before this one are counted for good: reads take them from the rollups, and later ones from the rows themselves.
CREATE TABLE rollups_until (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    until    TEXT NOT NULL
) STRICT;

CREATE TABLE platforms (
    name  TEXT PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 50),
    title TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO platforms (name, title) VALUES
    ('web', 'Web pages'),
    ('ios-external', 'iOS app, released'),
    ('ios-internal', 'iOS app, internal'),
    ('ios-widget', 'iOS widget'),
    ('macos-internal', 'macOS app, internal');
