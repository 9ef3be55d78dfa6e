-- What a request does to a session, as functions of rows: they read and write no table. Each has the name and the meaning of the function in
-- server/src/session that decides the same for the embedded store; a test drives both with the same random requests and compares.

create or replace function public.calculate_session_duration(start_time timestamptz, end_time timestamptz default now())
returns bigint language sql immutable parallel safe
return greatest(0, floor(extract(epoch from end_time - start_time)))::bigint;

-- A version 7 id carries the milliseconds since 1970 in its first 48 bits.
create or replace function session_internal.time_of_id(id uuid)
returns timestamptz language sql stable parallel safe
return '1970-01-01T00:00:00Z'::timestamptz
  + make_interval(secs => ('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint / 1000.0);

create or replace function session_internal.is_timely(id uuid, received_at timestamptz)
returns boolean language sql stable parallel safe
return substr(id::text, 15, 1) = '7' and substr(id::text, 20, 1) in ('8', '9', 'a', 'b')
  and session_internal.time_of_id(id) between received_at - interval '168 hours' and received_at + interval '24 hours';

-- Version 7 with this time, and bits that depend on the rest alone.
create or replace function session_internal.derived_id(origin uuid, purpose text, at timestamptz)
returns uuid language plpgsql immutable parallel safe
set search_path = ''
as $$
declare
  millis bytea := substring(int8send(greatest(0, floor(extract(epoch from at) * 1000))::bigint) from 3 for 6);
  bits   bytea := substring(sha256(uuid_send(origin) || convert_to(purpose, 'UTF8')) from 1 for 10);
begin
  bits := set_byte(bits, 0, (get_byte(bits, 0) & 15) | 112);
  bits := set_byte(bits, 2, (get_byte(bits, 2) & 63) | 128);
  return encode(millis || bits, 'hex')::uuid;
end $$;

create or replace function session_internal.by_age(said timestamptz, received_at timestamptz, sent_at timestamptz)
returns timestamptz language sql stable parallel safe
return case
  when coalesce(sent_at, received_at) - said between interval '0' and interval '168 hours'
  then received_at - (coalesce(sent_at, received_at) - said)
  else received_at
end;

create or replace function session_internal.of_event(said timestamptz, received_at timestamptz, sent_at timestamptz)
returns timestamptz language sql stable parallel safe
return case
  when said is null then received_at
  when coalesce(sent_at, received_at) - received_at between interval '-150 seconds' and interval '150 seconds'
  then least(said, received_at + interval '150 seconds')
  else least(said - (sent_at - received_at), received_at + interval '150 seconds')
end;

-- How large a JSON value is without the spaces that PostgreSQL puts after each comma and colon.
create or replace function session_internal.json_bytes(value jsonb)
returns integer language plpgsql immutable parallel safe
set search_path = ''
as $$
declare
  spaces bigint;
begin
  select coalesce(sum(case jsonb_typeof(node)
      when 'object' then greatest(0, 2 * (select count(*) from jsonb_object_keys(node)) - 1)
      when 'array' then greatest(0, jsonb_array_length(node) - 1)
      else 0 end), 0)
    into spaces
    from jsonb_path_query(value, 'strict $.**') node;
  return octet_length(value::text) - spaces;
end $$;

-- The session, ended so.
create or replace function session_internal.ended(s public.user_sessions, reason text, at timestamptz, at_epoch bigint)
returns public.user_sessions language plpgsql stable
set search_path = ''
as $$
begin
  s.status := case reason when 'timeout' then 'timeout' else 'ended' end;
  s.end_reason := reason;
  s.ended_at := at;
  s.end_epoch := at_epoch;
  s.total_duration_seconds := public.calculate_session_duration(s.started_at, at);
  -- Nobody is active for longer than they are there: two windows side by side both believe that they have the focus.
  s.active_seconds := least(s.active_seconds, s.total_duration_seconds);
  return s;
end $$;

create or replace function session_internal.expire(s public.user_sessions, now timestamptz, timeout interval)
returns public.user_sessions language plpgsql stable
set search_path = ''
as $$
begin
  if s.ended_at is null and now >= least(s.last_heartbeat_at + timeout, s.started_at + interval '24 hours') then
    return session_internal.ended(s, 'timeout', least(s.last_heartbeat_at, s.started_at + interval '24 hours'), s.epoch);
  end if;
  return s;
end $$;

create or replace function session_internal.is_final(s public.user_sessions, now timestamptz, resume interval)
returns boolean language sql stable parallel safe
return s.ended_at is not null and (s.end_reason <> 'app_close' or now > s.ended_at + resume);

create or replace function session_internal.begin_session(w jsonb)
returns public.user_sessions language plpgsql stable
set search_path = ''
as $$
declare
  s        public.user_sessions;
  start    jsonb := w -> 'start';
  given    uuid := w ->> 'session_id';
  received timestamptz := w ->> 'received_at';
  sent     timestamptz := w ->> 'sent_at';
  said     timestamptz := coalesce((start ->> 'started_at')::timestamptz, sent);
begin
  s.user_id := w ->> 'user_id';
  s.started_at := case when said is null then received else session_internal.by_age(said, received, sent) end;
  if session_internal.is_timely(given, received) then
    s.id := given;
  else
    s.id := session_internal.derived_id(given, 'mapped', s.started_at);
    s.given_id := given;
  end if;
  s.device_id := start ->> 'device_id';
  s.previous_id := start ->> 'previous_id';
  s.platform := start ->> 'platform';
  s.app_section := start ->> 'section';
  s.section_changed_at := greatest(session_internal.of_event(said, received, sent), s.started_at - interval '150 seconds');
  s.last_heartbeat_at := received;
  s.last_activity_at := s.started_at;
  s.status := 'active';
  s.epoch := coalesce((w ->> 'epoch')::bigint, 1);
  s.active_seconds := 0;
  s.activity_count := 0;
  s.device_info := nullif(start -> 'device_info', 'null');
  s.location_info := nullif(start -> 'location_info', 'null');
  s.metadata := nullif(start -> 'metadata', 'null');
  s.user_agent := start ->> 'user_agent';
  s.ip_address := start ->> 'ip_address';
  s.created_at := received;
  s.updated_at := received;
  return s;
end $$;

-- A sign of life. It takes a provisional end back if its epoch is higher.
create or replace function session_internal.contact(
  s public.user_sessions, now timestamptz, said_epoch bigint, state text, resume interval)
returns public.user_sessions language plpgsql stable
set search_path = ''
as $$
begin
  if s.ended_at is null then
    s.last_heartbeat_at := greatest(s.last_heartbeat_at, now);
    if coalesce(said_epoch, s.epoch) >= s.epoch then
      s.epoch := coalesce(said_epoch, s.epoch);
      s.status := state;
    end if;
  elsif not session_internal.is_final(s, now, resume) and coalesce(said_epoch, s.epoch + 1) > s.end_epoch then
    s.status := state;
    s.end_reason := null;
    s.ended_at := null;
    s.end_epoch := null;
    s.total_duration_seconds := null;
    s.epoch := greatest(s.epoch, coalesce(said_epoch, s.epoch + 1));
    s.last_heartbeat_at := greatest(s.last_heartbeat_at, now);
  end if;
  return s;
end $$;

-- Section changes may overtake each other, so the later one by its own time is current.
create or replace function session_internal.enter(s public.user_sessions, section text, at timestamptz)
returns public.user_sessions language plpgsql stable
set search_path = ''
as $$
begin
  if section is not null and at > s.section_changed_at then
    s.app_section := section;
    s.section_changed_at := at;
  end if;
  return s;
end $$;

create or replace function session_internal.hear(
  s public.user_sessions, beat jsonb, leaving boolean, now timestamptz, said_epoch bigint, resume interval)
returns public.user_sessions language plpgsql stable
set search_path = ''
as $$
declare
  in_use boolean := beat ->> 'activity' = 'active';
  count  bigint := beat ->> 'activity_count';
begin
  if count > s.activity_count then
    s.last_activity_at := greatest(s.last_activity_at, now);
  end if;
  s.activity_count := greatest(s.activity_count, count);
  s.active_seconds := greatest(s.active_seconds,
    least((beat ->> 'active_seconds')::bigint, public.calculate_session_duration(s.started_at, coalesce(s.ended_at, now))));
  if leaving and s.ended_at is not null then
    return s;
  end if;
  return session_internal.contact(s, now, said_epoch, case when in_use then 'active' else 'idle' end, resume);
end $$;

-- An end. The first one said stands, except that a provisional one gives way to a final one and to a later leave.
create or replace function session_internal.leave(
  s public.user_sessions, said_end jsonb, now timestamptz, sent_at timestamptz, said_epoch bigint, resume interval)
returns public.user_sessions language plpgsql stable
set search_path = ''
as $$
declare
  at_epoch    bigint := coalesce(said_epoch, s.epoch);
  provisional boolean := said_end ->> 'reason' = 'app_close';
  said        timestamptz := said_end ->> 'ended_at';
begin
  if (s.ended_at is null and provisional and at_epoch < s.epoch)
    or (s.ended_at is not null and (session_internal.is_final(s, now, resume) or (provisional and at_epoch <= s.end_epoch)))
  then
    return s;
  end if;
  s.epoch := greatest(s.epoch, at_epoch);
  return session_internal.ended(
    s, said_end ->> 'reason',
    greatest(s.started_at, case when said is null then coalesce(s.ended_at, s.last_heartbeat_at) else session_internal.by_age(said, now, sent_at) end),
    s.epoch);
end $$;

revoke all on all functions in schema session_internal from public;
grant execute on all functions in schema session_internal to session_writer;
call session_internal.allow('public.calculate_session_duration(timestamptz, timestamptz)',
  'authenticated', 'service_role', 'session_writer');

call session_internal.applied(3);
