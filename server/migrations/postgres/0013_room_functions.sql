-- What a signed-in user may call about rooms, what the service role may call to clean up, and who may call all of it.

-- Raises what the rules of rooms refuse, in the words that people read.
create or replace function session_internal.granted(p_answer jsonb)
returns jsonb language plpgsql stable
set search_path = ''
as $$
declare
  seconds bigint;
begin
  case p_answer ->> 'refused'
    when 'not_found' then raise sqlstate 'PT404' using message = 'Session not found or inactive';
    when 'expired' then
      select extract(epoch from room_timeout)::bigint into seconds from session_internal.settings;
      raise sqlstate 'PT410' using message = format(
        'This invitation link has expired. Sessions become inactive after %s of no activity.',
        case when seconds % 3600 = 0 then seconds / 3600 || case seconds when 3600 then ' hour' else ' hours' end
          when seconds % 60 = 0 then seconds / 60 || case seconds when 60 then ' minute' else ' minutes' end
          else seconds || ' seconds' end);
    when 'full' then raise sqlstate 'PT409' using message = 'The room is full';
    when 'not_owner' then raise sqlstate 'PT403' using message = 'Only its owner may close a room';
    when 'taken' then raise sqlstate 'PT409' using message = 'Somebody else made a room of this id';
    else return p_answer;
  end case;
end $$;

create or replace function public.create_room(p_room_id uuid default null, p_max_participants integer default 50, p_user_id text default null)
returns table (id uuid, created boolean) language sql
set search_path = ''
as $$
  select (o #>> '{room,id}')::uuid, (o ->> 'made')::boolean
  from session_internal.granted(session_internal.create_room(
    coalesce(p_room_id, gen_random_uuid()), session_internal.subject(p_user_id), p_max_participants, now())) o;
$$;

create or replace function public.join_session(
  p_session_id uuid, p_access_method text default 'invite', p_device_id uuid default '00000000-0000-0000-0000-000000000000',
  p_user_id text default null)
returns table (session_id uuid, participant_count bigint, expires_at timestamptz) language sql
set search_path = ''
as $$
  select (o #>> '{room,id}')::uuid, (o #>> '{room,participant_count}')::bigint, session_internal.room_expires_at(
    (o #>> '{room,created_at}')::timestamptz, (o #>> '{room,last_seen_at}')::timestamptz, c.room_timeout, null)
  from session_internal.settings c cross join lateral session_internal.granted(session_internal.join_room(
    p_session_id, session_internal.subject(p_user_id), p_device_id, p_access_method, now(), c.room_timeout, null)) o;
$$;

create or replace function public.leave_session(
  p_session_id uuid, p_device_id uuid default '00000000-0000-0000-0000-000000000000', p_close boolean default false,
  p_user_id text default null)
returns table (session_id uuid, participant_count bigint) language sql
set search_path = ''
as $$
  select (o #>> '{room,id}')::uuid, (o #>> '{room,participant_count}')::bigint
  from session_internal.granted(session_internal.leave_room(
    p_session_id, session_internal.subject(p_user_id), p_device_id, p_close, now())) o;
$$;

create or replace function public.update_presence(
  p_session_id uuid, p_device_id uuid default '00000000-0000-0000-0000-000000000000', p_user_id text default null)
returns table (session_id uuid, expires_at timestamptz) language sql
set search_path = ''
as $$
  select p_session_id, (session_internal.granted(o -> 0) ->> 'expires_at')::timestamptz
  from session_internal.settings c cross join lateral session_internal.update_presence_group(jsonb_build_array(jsonb_build_object(
    'room_id', p_session_id, 'user_id', session_internal.subject(p_user_id), 'device_id', p_device_id, 'at', now())), c.room_timeout, null) o;
$$;

-- Whoever knows a room's id may ask whether its link is still alive. A room that does not exist, or is closed, is no row.
create or replace function public.check_session_expiry(p_session_id uuid)
returns table (is_expired boolean, expires_at timestamptz) language sql stable
set search_path = ''
as $$
  select now() >= e.at, e.at
  from session_internal.settings c cross join lateral session_internal.room(p_session_id) r
  cross join lateral (select session_internal.room_expires_at(
    (r ->> 'created_at')::timestamptz, (r ->> 'last_seen_at')::timestamptz, c.room_timeout, null) as at) e
  where (r ->> 'is_active')::boolean;
$$;

-- Deletes rooms that are over. How many.
create or replace function public.cleanup_inactive_sessions()
returns bigint language sql
set search_path = ''
as $$
  select session_internal.cleanup_rooms(now(), room_timeout, null, null, 5000) from session_internal.settings;
$$;

-- Ends sessions of which nothing was heard for so long. How many.
create or replace function public.end_inactive_sessions(timeout_minutes integer default 60)
returns bigint language plpgsql
set search_path = ''
as $$
begin
  if timeout_minutes is null or timeout_minutes < 1 then
    raise sqlstate '22023' using message = 'timeout_minutes must be 1 or more';
  end if;
  return session_internal.end_inactive(date_trunc('milliseconds', now()), make_interval(mins => timeout_minutes), 5000);
end $$;

-- Deletes sessions that ended in a month that lies so many days back, with everything in them. How many; a step of at most 5,000.
create or replace function public.cleanup_old_sessions(days_old integer default 90)
returns bigint language plpgsql
set search_path = ''
as $$
begin
  if days_old is null or days_old < 1 then
    raise sqlstate '22023' using message = 'days_old must be 1 or more';
  end if;
  perform session_internal.make_months(now());
  return (select sessions from session_internal.cleanup_old_sessions(now() - make_interval(days => days_old), 5000));
end $$;

do $$
declare
  function text;
begin
  for function in
    select oid::text from pg_catalog.pg_proc where pronamespace = 'session_internal'::regnamespace
      and proname in ('subject', 'bounded', 'event_of', 'write_session', 'granted')
  loop
    call session_internal.allow(function, 'session_writer');
  end loop;
  for function in
    select oid::text from pg_catalog.pg_proc where pronamespace = 'public'::regnamespace and proname in (
      'start_user_session', 'update_session_section', 'heartbeat_session', 'end_user_session', 'log_session_event',
      'track_user_interaction', 'batch_track_user_interactions', 'get_user_session_stats', 'get_active_sessions', 'create_session',
      'log_interaction', 'create_room', 'join_session', 'leave_session', 'update_presence', 'check_session_expiry')
  loop
    call session_internal.allow_as_writer(function, 'session_writer', 'authenticated', 'service_role');
  end loop;
  foreach function in array array['public.cleanup_inactive_sessions()', 'public.end_inactive_sessions(integer)', 'public.cleanup_old_sessions(integer)']
  loop
    call session_internal.allow_as_writer(function, 'service_role');
  end loop;
end $$;

revoke create on schema public from session_writer;

call session_internal.applied(13);
