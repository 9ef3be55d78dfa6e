-- What the session server reads: each function names whose rows it wants, but for the two feeds, which the server's service token guards.

create or replace function session_internal.active_sessions(p_user_id text, p_now timestamptz, p_timeout interval)
returns setof public.user_sessions language sql stable
set search_path = '' set timezone = 'UTC'
as $$
  select * from public.user_sessions
  where user_id = p_user_id and ended_at is null
    and last_heartbeat_at > p_now - p_timeout and started_at > p_now - interval '24 hours'
  order by started_at desc, id desc limit 500;
$$;

-- The lowest version 7 id of a moment: partitions are divided by it.
create or replace function session_internal.first_id_at(at timestamptz)
returns uuid language sql stable parallel safe
return (lpad(to_hex(greatest(0, floor(extract(epoch from at) * 1000))::bigint), 12, '0') || '00000000000000000000')::uuid;

-- An event's id is at most eight days older than its session, so partitions before that are left out.
create or replace function session_internal.session_stats(p_user_id text, p_since timestamptz, p_now timestamptz, p_timeout interval)
returns jsonb language sql stable
set search_path = '' set timezone = 'UTC'
as $$
  select jsonb_build_object(
    'total_sessions', count(*),
    'total_seconds', coalesce(sum(coalesce(total_duration_seconds, public.calculate_session_duration(started_at, last_heartbeat_at))), 0),
    'last_session_start', max(started_at),
    'section_counts', (
      select coalesce(jsonb_object_agg(section, entered), '{}') from (
        select e.section, count(*) as entered
        from public.user_sessions s
        join public.session_events e on e.user_id = s.user_id and e.session_id = s.id
        where s.user_id = p_user_id and s.started_at >= p_since
          and e.event_type in ('session_start', 'section_change') and e.section is not null
          and e.event_id >= session_internal.first_id_at(p_since - interval '192 hours')
        group by e.section) sections),
    'active_sessions', (
      select count(*) from public.user_sessions
      where user_id = p_user_id and ended_at is null
        and last_heartbeat_at > p_now - p_timeout and started_at > p_now - interval '24 hours'))
  from public.user_sessions where user_id = p_user_id and started_at >= p_since;
$$;

-- A session's events in order: the start first, the end last, between them by time and sequence number. Null if the user has no such session.
create or replace function session_internal.session_trail(p_user_id text, p_session_id uuid, p_skip bigint, p_limit bigint)
returns jsonb language sql stable
set search_path = '' set timezone = 'UTC'
as $$
  select jsonb_build_object(
    'session_id', s.id,
    'events', (
      select coalesce(jsonb_agg(to_jsonb(e) order by e.place), '[]')
      from (select *, row_number() over (order by
              case event_type when 'session_start' then 0 when 'session_end' then 2 else 1 end,
              occurred_at, tab_id nulls first, seq nulls first, row_order) as place
            from public.session_events where user_id = s.user_id and session_id = s.id
            order by place limit p_limit offset p_skip) e),
    'tabs', (
      select coalesce(jsonb_agg(to_jsonb(t) || jsonb_build_object('received', (
          select coalesce(jsonb_agg(distinct e.seq), '[]') from public.session_events e
          where e.user_id = t.user_id and e.session_id = t.session_id and e.tab_id = t.tab_id and e.seq is not null)) order by t.tab_id), '[]')
      from public.session_tabs t where t.user_id = s.user_id and t.session_id = s.id))
  from public.user_sessions s where s.user_id = p_user_id and (s.id = p_session_id or s.given_id = p_session_id)
  limit 1;
$$;

-- Waits until no writer is at work, for numbers are given before they are committed: a row that is not there yet could be passed by.
create or replace function session_internal.wait_for_writers()
returns void language plpgsql
set search_path = '' set lock_timeout = '2s'
as $$
begin
  perform pg_advisory_xact_lock(hashtext('session_internal.change_order'));
end $$;

-- Sessions by their last change, after this one; the newest if none is named. Live sessions are looked through, for no index follows their beats.
create or replace function session_internal.session_feed(p_since bigint, p_limit bigint)
returns setof public.user_sessions language plpgsql
set search_path = '' set timezone = 'UTC'
as $$
begin
  perform session_internal.wait_for_writers();
  if p_since is null then
    return query
      select * from (
        select * from (
          (select * from public.user_sessions where ended_at is null order by change_order desc limit p_limit)
          union all
          (select * from public.user_sessions where ended_order is not null order by ended_order desc limit p_limit)) either
        order by change_order desc limit p_limit) newest
      order by change_order;
  else
    return query
      select * from (
        (select * from public.user_sessions where ended_at is null and change_order > p_since order by change_order limit p_limit)
        union all
        (select * from public.user_sessions where ended_order > p_since order by ended_order limit p_limit)) either
      order by change_order limit p_limit;
  end if;
end $$;

-- Events in the order they were stored.
create or replace function session_internal.event_feed(p_since bigint, p_limit bigint)
returns setof public.session_events language plpgsql
set search_path = '' set timezone = 'UTC'
as $$
begin
  perform session_internal.wait_for_writers();
  if p_since is null then
    return query
      select * from (select * from public.session_events order by row_order desc limit p_limit) newest order by row_order;
  else
    return query select * from public.session_events where row_order > p_since order by row_order limit p_limit;
  end if;
end $$;

-- What the operator's setting adds to.
create or replace function session_internal.platforms()
returns setof text language sql stable
set search_path = ''
as $$
  select name from public.platforms order by name;
$$;

-- The keys that sign the server's tokens, newest first.
create or replace function session_internal.signing_keys()
returns table (key_id text, secret bytea, created_at text) language sql stable
set search_path = '' set timezone = 'UTC'
as $$
  select k.key_id, k.secret, to_jsonb(k.created_at) #>> '{}' from session_internal.signing_keys k order by k.created_at desc;
$$;

-- Stores a key, unless one that was made after that moment is stored already. Of servers that renew together one does it.
create or replace function session_internal.add_signing_key(
  p_key_id text, p_secret bytea, p_created_at timestamptz, p_unless_since timestamptz)
returns void language plpgsql
set search_path = ''
as $$
begin
  perform pg_advisory_xact_lock(hashtext('session_internal.signing_keys'));
  insert into session_internal.signing_keys (key_id, secret, created_at)
  select p_key_id, p_secret, p_created_at
  where not exists (select from session_internal.signing_keys k where k.created_at > p_unless_since)
  on conflict do nothing;
end $$;

create or replace function session_internal.drop_signing_keys(p_made_before timestamptz)
returns bigint language sql
set search_path = ''
as $$
  with dropped as (delete from session_internal.signing_keys where created_at < p_made_before returning 1) select count(*) from dropped;
$$;

-- What the start of a session said of its client. Null if the user has no such session.
create or replace function session_internal.session_origin(p_user_id text, p_session_id uuid)
returns jsonb language sql stable
set search_path = '' set timezone = 'UTC'
as $$
  select jsonb_build_object('device_id', s.device_id, 'created_at', s.created_at, 'tab_ids', (
    select coalesce(jsonb_agg(t.tab_id), '[]') from public.session_tabs t where t.user_id = s.user_id and t.session_id = s.id))
  from public.user_sessions s where s.user_id = p_user_id and (s.id = p_session_id or s.given_id = p_session_id)
  limit 1;
$$;

create or replace function session_internal.record_run(
  p_job text, p_started_at timestamptz, p_finished_at timestamptz, p_rows bigint, p_error text)
returns void language sql
set search_path = ''
as $$
  insert into public.job_runs (job, started_at, finished_at, rows, error)
  values (p_job, p_started_at, p_finished_at, p_rows, p_error)
  on conflict (job, started_at) do update set
    finished_at = excluded.finished_at, rows = excluded.rows, error = excluded.error;
$$;

-- The newest file of this folder that was applied.
create or replace function session_internal.schema_version()
returns integer language sql stable
set search_path = ''
as $$
  select max(version) from session_internal.schema_versions;
$$;

-- Ends sessions of which nothing was heard for too long, at most so many; sessions that somebody writes to at the moment can wait.
create or replace function session_internal.end_inactive(p_now timestamptz, p_timeout interval, p_limit bigint)
returns bigint language plpgsql
set search_path = '' set timezone = 'UTC'
as $$
declare
  due public.user_sessions[];
begin
  perform pg_advisory_xact_lock_shared(hashtext('session_internal.change_order'));
  if not pg_try_advisory_xact_lock(hashtext('session_internal.end_inactive')) then
    return 0;
  end if;
  due := array(
    select s from public.user_sessions s
    where ended_at is null and (last_heartbeat_at <= p_now - p_timeout or started_at <= p_now - interval '24 hours')
    order by user_id, id limit p_limit for no key update skip locked);
  due := array(select session_internal.stamped(session_internal.expire(s, p_now, p_timeout), p_now) from unnest(due) s);
  perform session_internal.save_sessions(due);
  perform session_internal.settle_ends(due);
  return cardinality(due);
end $$;

create or replace function session_internal.stamped(s public.user_sessions, at timestamptz)
returns public.user_sessions language plpgsql stable
set search_path = ''
as $$
begin
  s.updated_at := at;
  return s;
end $$;

call session_internal.allow('session_internal.first_id_at(timestamptz)', 'session_writer');
call session_internal.allow('session_internal.wait_for_writers()', 'session_writer');
call session_internal.allow('session_internal.stamped(public.user_sessions, timestamptz)', 'session_writer');
do $$
declare
  function text;
begin
  foreach function in array array[
    'active_sessions(text, timestamptz, interval)', 'session_stats(text, timestamptz, timestamptz, interval)',
    'session_trail(text, uuid, bigint, bigint)', 'session_feed(bigint, bigint)', 'event_feed(bigint, bigint)',
    'signing_keys()', 'add_signing_key(text, bytea, timestamptz, timestamptz)', 'drop_signing_keys(timestamptz)',
    'platforms()', 'session_origin(text, uuid)', 'record_run(text, timestamptz, timestamptz, bigint, text)', 'schema_version()',
    'end_inactive(timestamptz, interval, bigint)']
  loop
    call session_internal.allow_as_writer('session_internal.' || function, 'session_writer', 'session_backend');
  end loop;
end $$;

call session_internal.applied(5);
