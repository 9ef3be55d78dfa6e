-- An operator's questions about everybody's sessions. The answers are counts, but for who is online. Hours in which nothing changes any more are
-- counted once, and outlive what they count.

create table if not exists public.session_rollups_hourly (
  bucket         timestamptz not null,
  platform       text        not null,
  app_section    text        not null default '',
  sessions       bigint      not null,
  ended          bigint      not null,
  total_seconds  bigint      not null,
  active_seconds bigint      not null,
  primary key (bucket, platform, app_section)
);
comment on table public.session_rollups_hourly is 'Sessions by the hour they began in, their platform and the section they were last in';
create table if not exists public.event_rollups_hourly (
  bucket     timestamptz not null,
  event_type text        not null,
  events     bigint      not null,
  primary key (bucket, event_type)
);
comment on table public.event_rollups_hourly is 'Events by the hour they came in, and their type';
alter table public.session_rollups_hourly enable row level security;
alter table public.event_rollups_hourly enable row level security;
call session_internal.let_writer_write('session_rollups_hourly');
call session_internal.let_writer_write('event_rollups_hourly');

-- Hours before this one are counted for good: reads take them from the rollups, and later ones from the rows themselves.
create table if not exists session_internal.rollups_until (
  only_row boolean     primary key default true check (only_row),
  until    timestamptz not null
);
alter table session_internal.rollups_until enable row level security;
drop policy if exists writer_writes on session_internal.rollups_until;
create policy writer_writes on session_internal.rollups_until to session_writer using (true) with check (true);
grant select, insert, update on session_internal.rollups_until to session_writer;

create or replace function session_internal.rolled_up_until()
returns timestamptz language sql stable
set search_path = ''
as $$
  select coalesce((select until from session_internal.rollups_until), '-infinity');
$$;

-- Counts the hours up to this one that are not counted yet, and forgets what is older than any question. How many rows were made.
create or replace function session_internal.roll_up(p_until timestamptz, p_kept_since timestamptz)
returns bigint language plpgsql
set search_path = '' set timezone = 'UTC'
as $$
declare
  since  timestamptz;
  reach  timestamptz := date_trunc('hour', p_until);
  hours  bigint;
  events bigint;
begin
  perform pg_advisory_xact_lock(hashtext('session_internal.roll_up'));
  since := session_internal.rolled_up_until();
  if reach <= since then
    return 0;
  end if;
  insert into public.session_rollups_hourly (bucket, platform, app_section, sessions, ended, total_seconds, active_seconds)
  select date_trunc('hour', started_at), platform, coalesce(app_section, ''), count(*), count(ended_at),
    sum(coalesce(total_duration_seconds, public.calculate_session_duration(started_at, last_heartbeat_at))), sum(active_seconds)
  from public.user_sessions where started_at >= since and started_at < reach group by 1, 2, 3;
  get diagnostics hours = row_count;
  insert into public.event_rollups_hourly (bucket, event_type, events)
  select date_trunc('hour', received_at), event_type, count(*)
  from public.session_events where received_at >= since and received_at < reach group by 1, 2;
  get diagnostics events = row_count;
  delete from public.session_rollups_hourly where bucket < p_kept_since;
  delete from public.event_rollups_hourly where bucket < p_kept_since;
  insert into session_internal.rollups_until as r (until) values (reach)
  on conflict (only_row) do update set until = excluded.until;
  return hours + events;
end $$;

-- Events by type, from the rollups as far as they reach.
create or replace function session_internal.events_by_type(p_from timestamptz, p_to timestamptz)
returns table (event_type text, events bigint) language sql stable
set search_path = ''
as $$
  with reach as (
    -- The first whole hour of the span, and where the rollups end; where they do not reach into it, both are its beginning.
    select first, greatest(first, least(session_internal.rolled_up_until(), date_trunc('hour', p_to, 'UTC'))) as until
    from (select date_trunc('hour', p_from + interval '1 hour' - interval '1 microsecond', 'UTC') as first) f
  )
  select event_type, sum(events)::bigint from (
    select r.event_type, r.events from public.event_rollups_hourly r, reach where r.bucket >= reach.first and r.bucket < reach.until
    union all
    select e.event_type, count(*) from public.session_events e, reach
    where e.received_at >= p_from and e.received_at < least(reach.first, p_to) group by 1
    union all
    select e.event_type, count(*) from public.session_events e, reach
    where e.received_at >= reach.until and e.received_at < p_to group by 1) counted
  group by event_type;
$$;

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
      select event_type, events from session_internal.events_by_type(p_from, p_to) order by events desc, event_type limit 100) g),
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

-- What began and came in each bucket that is not empty: hours and days from the rollups as far as they reach. Users are told apart by their
-- rows, so there are none where history has ended.
create or replace function session_internal.timeline(p_from timestamptz, p_to timestamptz, p_bucket text)
returns table (at text, sessions bigint, users bigint, events bigint) language sql stable
set search_path = '' set timezone = 'UTC'
as $$
  with reach as (
    select case when p_bucket = 'minute' then p_from else greatest(p_from, least(session_internal.rolled_up_until(), p_to)) end as until
  ), points as (
    select date_trunc(p_bucket, s.bucket) as bucket, sum(s.sessions) as sessions, 0 as users, 0 as events
    from public.session_rollups_hourly s, reach where s.bucket >= p_from and s.bucket < reach.until group by 1
    union all
    select date_trunc(p_bucket, e.bucket), 0, 0, sum(e.events)
    from public.event_rollups_hourly e, reach where e.bucket >= p_from and e.bucket < reach.until group by 1
    union all
    select date_trunc(p_bucket, s.started_at), count(*), 0, 0
    from public.user_sessions s, reach where s.started_at >= reach.until and s.started_at < p_to group by 1
    union all
    select date_trunc(p_bucket, started_at), 0, count(distinct user_id), 0
    from public.user_sessions where started_at >= p_from and started_at < p_to group by 1
    union all
    select date_trunc(p_bucket, e.received_at), 0, 0, count(*)
    from public.session_events e, reach where e.received_at >= reach.until and e.received_at < p_to group by 1
  )
  select to_jsonb(bucket) #>> '{}', sum(sessions)::bigint, sum(users)::bigint, sum(events)::bigint
  from points group by bucket order by bucket;
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
  call session_internal.allow('session_internal.rolled_up_until()', 'session_writer');
  call session_internal.allow('session_internal.events_by_type(timestamptz, timestamptz)', 'session_writer');
  -- Only the tables' owner deletes.
  alter function session_internal.roll_up(timestamptz, timestamptz) security definer;
  call session_internal.allow('session_internal.roll_up(timestamptz, timestamptz)', 'session_writer', 'session_backend');
end $$;

call session_internal.applied(10);
