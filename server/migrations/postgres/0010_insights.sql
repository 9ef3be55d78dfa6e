-- An operator's questions about everybody's sessions. The answers are counts, but for who is online.

create or replace function session_internal.online(p_now timestamptz, p_heard_since timestamptz, p_timeout interval, p_limit bigint)
returns jsonb language sql stable
set search_path = '' set timezone = 'UTC'
as $$
  with live as materialized (
    select s.*, last_heartbeat_at > greatest(p_heard_since, p_now - p_timeout) as heard from public.user_sessions s
    where ended_at is null and last_heartbeat_at > p_now - p_timeout and started_at > p_now - interval '24 hours'
  )
  select jsonb_build_object(
    'active_sessions', count(*), 'idle_sessions', count(*) filter (where status = 'idle'),
    'online_sessions', count(*) filter (where heard), 'online_users', count(distinct user_id) filter (where heard),
    'sections', (select coalesce(jsonb_object_agg(app_section, count), '{}') from (
      select app_section, count(*) from live where heard and app_section is not null group by app_section) sections),
    'newest', (select coalesce(jsonb_agg(to_jsonb(n) order by n.started_at desc, n.id desc), '[]') from (
      select * from live where heard order by started_at desc, id desc limit p_limit) n))
  from live;
$$;

create or replace function session_internal.summary(p_from timestamptz, p_to timestamptz)
returns jsonb language sql stable
set search_path = '' set timezone = 'UTC'
as $$
  with began as materialized (
    select *, coalesce(total_duration_seconds, public.calculate_session_duration(started_at, last_heartbeat_at)) as length
    from public.user_sessions where started_at >= p_from and started_at < p_to
  ), tabs as (
    select t.last_seq, (select coalesce(sum((d ->> 'count')::numeric), 0) from jsonb_array_elements(t.dropped) d) as dropped,
      e.received, e.last_received
    from began s join public.session_tabs t on t.user_id = s.user_id and t.session_id = s.id
    cross join lateral (
      select count(distinct e.seq) as received, coalesce(max(e.seq), 0) as last_received from public.session_events e
      where e.user_id = t.user_id and e.session_id = t.session_id and e.tab_id = t.tab_id) e
  ), accounts as (
    select greatest(last_seq, last_received) as given, received, dropped, greatest(0, greatest(last_seq, last_received) - received - dropped) as missing
    from tabs
  )
  select jsonb_build_object(
    'sessions', (select count(*) from began),
    'users', (select count(distinct user_id) from began),
    'total_seconds', (select coalesce(sum(length), 0) from began),
    'active_seconds', (select coalesce(sum(active_seconds), 0) from began),
    'hours', (select coalesce(jsonb_object_agg(hour, count), '{}') from (
      select extract(hour from started_at)::integer as hour, count(*) from began group by 1) g),
    'lengths', (select coalesce(jsonb_object_agg(length, count), '{}') from (select length, count(*) from began group by 1) g),
    'end_reasons', (select coalesce(jsonb_object_agg(end_reason, count), '{}') from (
      select end_reason, count(*) from began where end_reason is not null group by 1) g),
    'platforms', (select coalesce(jsonb_object_agg(platform, count), '{}') from (select platform, count(*) from began group by 1) g),
    'sections', (select coalesce(jsonb_agg(jsonb_build_array(section, entries) order by entries desc, section), '[]') from (
      select e.section, count(*) as entries from began s
      join public.session_events e on e.user_id = s.user_id and e.session_id = s.id
      where e.event_type in ('session_start', 'section_change') and e.section is not null
      group by 1 order by entries desc, e.section limit 100) g),
    'event_types', (select coalesce(jsonb_agg(jsonb_build_array(event_type, events) order by events desc, event_type), '[]') from (
      select event_type, count(*) as events from public.session_events where received_at >= p_from and received_at < p_to
      group by 1 order by events desc, event_type limit 100) g),
    'delivery', (select jsonb_build_object('tabs', count(*), 'tabs_with_gaps', count(*) filter (where missing > 0),
      'given', coalesce(sum(given), 0), 'received', coalesce(sum(received), 0), 'dropped', coalesce(sum(dropped), 0),
      'missing', coalesce(sum(missing), 0)) from accounts));
$$;

-- Of the users whose first session ever began in a span, how many began one so many times 24 hours later.
create or replace function session_internal.retention(p_from timestamptz, p_to timestamptz, p_day integer)
returns table (users bigint, returned bigint) language sql stable
set search_path = ''
as $$
  select count(*), count(*) filter (where exists (
    select from public.user_sessions s where s.user_id = f.user_id
      and s.started_at >= f.first + make_interval(hours => 24 * p_day)
      and s.started_at < f.first + make_interval(hours => 24 * (p_day + 1))))
  from (select user_id, min(started_at) as first from public.user_sessions group by user_id) f
  where f.first >= p_from and f.first < p_to;
$$;

-- What began and came in each bucket that is not empty.
create or replace function session_internal.timeline(p_from timestamptz, p_to timestamptz, p_bucket text)
returns table (at text, sessions bigint, users bigint, events bigint) language sql stable
set search_path = '' set timezone = 'UTC'
as $$
  select to_jsonb(bucket) #>> '{}', coalesce(s.sessions, 0), coalesce(s.users, 0), coalesce(e.events, 0)
  from (select date_trunc(p_bucket, started_at) as bucket, count(*) as sessions, count(distinct user_id) as users
        from public.user_sessions where started_at >= p_from and started_at < p_to group by 1) s
  full join (select date_trunc(p_bucket, received_at) as bucket, count(*) as events
        from public.session_events where received_at >= p_from and received_at < p_to group by 1) e using (bucket)
  order by bucket;
$$;

do $$
declare
  function text;
begin
  foreach function in array array['online(timestamptz, timestamptz, interval, bigint)', 'summary(timestamptz, timestamptz)',
    'retention(timestamptz, timestamptz, integer)', 'timeline(timestamptz, timestamptz, text)']
  loop
    call session_internal.allow_as_writer('session_internal.' || function, 'session_writer', 'session_backend');
  end loop;
end $$;

call session_internal.applied(10);
