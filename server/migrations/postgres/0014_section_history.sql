-- The last 50 sections of a session as its metadata, from the events that tell of them: a copy in the row would be written anew at each change.

create or replace view public.user_sessions_v1 with (security_invoker = true) as
select id, user_id, id as session_id, platform, started_at as session_start, ended_at as session_end, app_section, device_info,
  coalesce(metadata, '{}') || jsonb_build_object('section_history', (
    select coalesce(jsonb_agg(jsonb_build_object('section', section, 'timestamp', occurred_at) order by occurred_at, event_id), '[]')
    from (
      select section, occurred_at, event_id from public.session_events e
      where e.user_id = s.user_id and e.session_id = s.id and event_type in ('session_start', 'section_change') and section is not null
      order by occurred_at desc, event_id desc limit 50
    ) latest)) as metadata,
  location_info, user_agent, ip_address, last_activity_at, last_heartbeat_at, total_duration_seconds, active_seconds, activity_count,
  status, end_reason, created_at, updated_at
from public.user_sessions s;
comment on view public.user_sessions_v1 is 'user_sessions with session_start and session_end, and the last 50 sections as metadata.section_history';

call session_internal.applied(14);
