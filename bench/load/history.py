"""history.py DATABASE USERS SESSIONS EVENTS: writes a history into the server's SQLite file: so many users with so many sessions each, of so many
events. One of the users has it all in the last 90 days. Then it explains how SQLite finds one user's figures among them.

The server must have made the file; it need not run. Rows go in by SQL, for over HTTP nine million would take the better part of an hour.
"""

import sqlite3
import sys
import time
import uuid

EVENT = "INSERT INTO session_events (user_id, session_id, event_id, seq, event_type, section, occurred_at, received_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
SESSION = """INSERT INTO user_sessions (change_order, user_id, id, section_changed_at, started_at, last_heartbeat_at, last_activity_at, ended_at, status,
    end_reason, epoch, end_epoch, total_duration_seconds, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'ended', 'logout', 1, 1, 600, ?, ?)"""
# What GET stats asks of the events: entries of sections, by way of the user's sessions.
SECTIONS = """SELECT e.section, count(*) FROM user_sessions s JOIN session_events e ON e.user_id = s.user_id AND e.session_id = s.id
    WHERE s.user_id = ? AND s.started_at >= ? AND e.event_type IN ('session_start', 'section_change') AND e.section IS NOT NULL GROUP BY e.section"""


def text(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(seconds))


def identifier(seconds, number):
    return str(uuid.UUID(int=(int(seconds * 1000) << 80) | (7 << 76) | (0b10 << 62) | number))


def rows(users, sessions, events):
    """The events, of every user in turn, as a table that is in use has them; each session's row goes before its events."""
    now = time.time()
    for session in range(sessions):
        began = now - 89 * 86_400 * (sessions - session) / sessions
        for user in range(users):
            number = session * users + user
            name, id, at = f"reader-{user}", identifier(began, number), text(began)
            yield None, (10**9 + number, name, id, at, at, text(began + 600), at, text(began + 600), at, at)
            for event in range(events):
                kind = "session_start" if event == 0 else "section_change" if event % 3 == 0 else "button_click"
                when = text(began + event * 60)
                yield (name, id, identifier(began, number * events + event), event + 1, kind, f"section-{event % 5}", when, when), None


def main(path, users, sessions, events):
    database = sqlite3.connect(path)
    database.executescript("PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA foreign_keys = OFF;")
    batch = []
    for event, session in rows(users, sessions, events):
        if session:
            database.execute(SESSION, session)
        else:
            batch.append(event)
        if len(batch) == 50_000:
            database.executemany(EVENT, batch)
            batch.clear()
    database.executemany(EVENT, batch)
    database.commit()
    count = database.execute("SELECT count(*) FROM session_events").fetchone()[0]
    print(f"{count} events of {users} users with {sessions} sessions each")
    for row in database.execute("EXPLAIN QUERY PLAN " + SECTIONS, ("reader-0", text(0))):
        print("   ", row[3])


if __name__ == "__main__":
    main(sys.argv[1], *(int(number) for number in sys.argv[2:]))
