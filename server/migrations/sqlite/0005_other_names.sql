-- Sessions and events under the names that other documents use.

-- The last 50 sections of a session as its metadata, from the events that tell of them: a copy in the row would be written anew at each change.
CREATE VIEW user_sessions_v1 AS
SELECT id, user_id, id AS session_id, platform, started_at AS session_start, ended_at AS session_end, app_section, device_info,
       json_set(coalesce(metadata, '{}'), '$.section_history', (
           SELECT json_group_array(json_object('section', section, 'timestamp', occurred_at))
           FROM (SELECT section, occurred_at, event_id
                 FROM (SELECT section, occurred_at, event_id FROM session_events e
                       WHERE e.user_id = s.user_id AND e.session_id = s.id AND event_type IN ('session_start', 'section_change') AND section IS NOT NULL
                       ORDER BY occurred_at DESC, event_id DESC LIMIT 50)
                 ORDER BY occurred_at, event_id))) AS metadata,
       location_info, user_agent, ip_address, last_activity_at, last_heartbeat_at, total_duration_seconds, active_seconds, activity_count,
       status, end_reason, created_at, updated_at
FROM user_sessions s;

CREATE VIEW user_interactions AS
SELECT event_id AS id, user_id, session_id, event_type, event_type AS interaction_type, event_data, section, occurred_at AS timestamp,
       received_at AS created_at
FROM session_events;

CREATE VIEW active_sessions_summary AS
SELECT platform, count(*) AS active_count,
       round(avg((julianday('now') - julianday(started_at)) * 1440), 1) AS avg_session_minutes,
       min(started_at) AS oldest_session, max(last_activity_at) AS latest_activity
FROM user_sessions WHERE ended_at IS NULL GROUP BY platform;
