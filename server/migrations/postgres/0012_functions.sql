-- What a signed-in user, or the service role, may call: thin wrappers around the functions of the files before, for the subject of the request's
-- claims. A user id that is passed is only compared with it; the service role, which has no subject, names the user with it.
-- Refusals are raised with the HTTP status that PostgREST answers them with (PT404 is 404).

create or replace function session_internal.subject(p_user_id text)
returns text language plpgsql stable
set search_path = ''
as $$
declare
  subject text := nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub';
begin
  if subject is null and coalesce(nullif(current_setting('role', true), 'none'), session_user) = 'service_role' then
    subject := p_user_id;
  end if;
  if subject is null then
    raise sqlstate 'PT401' using message = 'The request has no subject', hint = 'Sign in; as the service role, name the user with p_user_id';
  elsif p_user_id <> subject then
    raise sqlstate 'PT403' using message = 'p_user_id is somebody else''s', hint = 'Leave it out: the subject of the token is used';
  end if;
  return subject;
end $$;

-- The value, unless it is larger than so many bytes of JSON, or has a number that no double holds: those have some three hundred digits.
create or replace function session_internal.bounded(value jsonb, bytes integer, name text)
returns jsonb language plpgsql immutable
set search_path = ''
as $$
begin
  if octet_length(value::text) > bytes and session_internal.json_bytes(value) > bytes then
    raise sqlstate 'PT413' using message = format('%s is larger than %s bytes', name, bytes);
  end if;
  if value::text ~ '[0-9]{255}' then
    begin
      perform (node #>> '{}')::double precision
        from jsonb_path_query(value, 'strict $.**') node where jsonb_typeof(node) = 'number';
    exception when numeric_value_out_of_range then
      raise sqlstate 'PT422' using message = format('%s has a number that no double holds', name);
    end;
  end if;
  return value;
end $$;

-- An event as the grouped write takes it. The types that the server writes itself are refused.
create or replace function session_internal.event_of(
  p_place integer, p_id uuid, p_type text, p_data jsonb, p_section text, p_occurred_at timestamptz, p_seq bigint)
returns jsonb language plpgsql volatile
set search_path = ''
as $$
begin
  if p_type is null or p_type in ('session_start', 'session_end', 'section_change') then
    raise sqlstate 'PT422' using message = format('%L is no type for an event of yours', p_type);
  end if;
  return jsonb_build_object('place', p_place, 'seq', p_seq, 'kind', p_type, 'section', p_section, 'occurred_at', p_occurred_at,
    'id', coalesce(p_id, session_internal.derived_id(gen_random_uuid(), 'minted', clock_timestamp())),
    'data', session_internal.bounded(p_data, 32768, 'event_data'));
end $$;

-- Does one request of a user's.
create or replace function session_internal.write_session(p_user_id text, p_session_id uuid, p_request jsonb)
returns jsonb language plpgsql
set search_path = '' set timezone = 'UTC'
as $$
declare
  outcome jsonb;
begin
  select session_internal.write_sessions_group(jsonb_build_array(
      jsonb_build_object('events', '[]'::jsonb) || p_request || jsonb_build_object(
        'user_id', session_internal.subject(p_user_id), 'session_id', p_session_id,
        'received_at', date_trunc('milliseconds', clock_timestamp()))), c.timeout, c.resume) -> 0
    into outcome from session_internal.settings c;
  case outcome #>> '{refusal,refused}'
    when 'not_found' then raise sqlstate 'PT404' using message = 'Session not found or inactive';
    when 'ended' then raise sqlstate 'PT410' using
      message = format('This session ended as %s at %s', outcome #>> '{refusal,reason}', outcome #>> '{refusal,at}'),
      hint = 'Start a new one, with p_previous_id';
    when 'metadata_too_large' then raise sqlstate 'PT422' using message = 'The session''s metadata would be larger than 8192 bytes';
    else return outcome;
  end case;
end $$;

create or replace function public.start_user_session(
  p_session_id uuid default null, p_platform text default 'web', p_device_info jsonb default null, p_location_info jsonb default null,
  p_section text default null, p_metadata jsonb default null, p_device_id uuid default null, p_previous_id uuid default null,
  p_replace text default 'device', p_epoch bigint default null, p_user_agent text default null, p_user_id text default null)
returns table (session_id uuid, user_id text, started_at timestamptz, status text, created boolean) language sql
set search_path = ''
as $$
  select (o #>> '{session,id}')::uuid, o #>> '{session,user_id}', (o #>> '{session,started_at}')::timestamptz, o #>> '{session,status}',
    (o ->> 'created')::boolean
  from session_internal.write_session(
    p_user_id, coalesce(p_session_id, session_internal.derived_id(gen_random_uuid(), 'minted', clock_timestamp())),
    jsonb_build_object('epoch', p_epoch, 'start', jsonb_build_object(
      'platform', p_platform, 'section', p_section, 'device_id', p_device_id, 'previous_id', p_previous_id, 'replace', p_replace,
      'user_agent', left(p_user_agent, 512),
      'device_info', session_internal.bounded(p_device_info, 8192, 'device_info'),
      'location_info', session_internal.bounded(p_location_info, 8192, 'location_info'),
      'metadata', session_internal.bounded(p_metadata, 8192, 'metadata')))) o;
$$;

create or replace function public.update_session_section(
  p_session_id uuid, p_section text, p_metadata jsonb default null, p_event_id uuid default null, p_occurred_at timestamptz default null,
  p_seq bigint default null, p_epoch bigint default null, p_user_id text default null)
returns table (session_id uuid, app_section text, section_changed_at timestamptz) language sql
set search_path = ''
as $$
  select (o #>> '{session,id}')::uuid, o #>> '{session,app_section}', (o #>> '{session,section_changed_at}')::timestamptz
  from session_internal.write_session(p_user_id, p_session_id, jsonb_build_object(
    'epoch', p_epoch, 'section', jsonb_build_object(), 'metadata', session_internal.bounded(p_metadata, 8192, 'metadata'),
    'events', jsonb_build_array(session_internal.event_of(0, p_event_id, 'section', null, p_section, p_occurred_at, p_seq)
      || jsonb_build_object('kind', 'section_change')))) o;
$$;

create or replace function public.heartbeat_session(
  p_session_id uuid, p_activity text default 'active', p_activity_count bigint default 0, p_active_seconds bigint default 0,
  p_epoch bigint default null, p_user_id text default null)
returns table (session_id uuid, status text, last_heartbeat_at timestamptz) language sql
set search_path = ''
as $$
  select (o #>> '{session,id}')::uuid, o #>> '{session,status}', (o #>> '{session,last_heartbeat_at}')::timestamptz
  from session_internal.write_session(p_user_id, p_session_id, jsonb_build_object('epoch', p_epoch, 'beat', jsonb_build_object(
    'activity', p_activity, 'activity_count', p_activity_count, 'active_seconds', p_active_seconds))) o;
$$;

create or replace function public.end_user_session(
  p_session_id uuid, p_reason text default 'manual', p_ended_at timestamptz default null, p_epoch bigint default null,
  p_user_id text default null)
returns table (session_id uuid, ended_at timestamptz, end_reason text, total_duration_seconds bigint) language sql
set search_path = ''
as $$
  select (o #>> '{session,id}')::uuid, (o #>> '{session,ended_at}')::timestamptz, o #>> '{session,end_reason}',
    (o #>> '{session,total_duration_seconds}')::bigint
  from session_internal.write_session(p_user_id, p_session_id, jsonb_build_object(
    'epoch', p_epoch, 'end', jsonb_build_object('reason', p_reason, 'ended_at', p_ended_at))) o;
$$;

create or replace function public.log_session_event(
  p_session_id uuid, p_event_type text, p_event_data jsonb default null, p_event_id uuid default null, p_section text default null,
  p_occurred_at timestamptz default null, p_seq bigint default null, p_user_id text default null)
returns table (event_id uuid, fate text) language sql
set search_path = ''
as $$
  select (e ->> 'event_id')::uuid, e ->> 'fate'
  from session_internal.write_session(p_user_id, p_session_id, jsonb_build_object('events', jsonb_build_array(
    session_internal.event_of(0, p_event_id, p_event_type, p_event_data, p_section, p_occurred_at, p_seq)))) o
  cross join lateral jsonb_array_elements(o -> 'events') e;
$$;

create or replace function public.track_user_interaction(
  p_session_id uuid, p_event_type text, p_event_data jsonb default null, p_event_id uuid default null, p_user_id text default null)
returns table (event_id uuid, fate text) language sql
set search_path = ''
as $$
  select * from public.log_session_event(p_session_id, p_event_type, p_event_data, p_event_id, p_user_id => p_user_id);
$$;

-- An array of at most 500 objects, with the members of log_session_event's arguments in snake_case or camelCase.
create or replace function public.batch_track_user_interactions(p_session_id uuid, p_interactions jsonb, p_user_id text default null)
returns table (index integer, event_id uuid, fate text) language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
begin
  if jsonb_typeof(p_interactions) is distinct from 'array' or jsonb_array_length(p_interactions) > 500 then
    raise sqlstate 'PT422' using message = 'p_interactions must be an array of at most 500 events';
  end if;
  return query
    select (e ->> 'index')::integer, (e ->> 'event_id')::uuid, e ->> 'fate'
    from session_internal.write_session(p_user_id, p_session_id, jsonb_build_object('events', (
      select coalesce(jsonb_agg(session_internal.event_of(
        (n - 1)::integer, coalesce(i ->> 'event_id', i ->> 'eventId')::uuid, coalesce(i ->> 'event_type', i ->> 'eventType'),
        coalesce(i -> 'event_data', i -> 'eventData'), i ->> 'section',
        coalesce(i ->> 'occurred_at', i ->> 'occurredAt')::timestamptz, (i ->> 'seq')::bigint) order by n), '[]')
      from jsonb_array_elements(p_interactions) with ordinality a(i, n)))) o
    cross join lateral jsonb_array_elements(o -> 'events') e;
end $$;

create or replace function public.get_user_session_stats(p_days_back integer default 30, p_user_id text default null)
returns table (total_sessions bigint, total_seconds bigint, average_seconds bigint, section_counts jsonb, last_session_start timestamptz,
  active_sessions bigint) language plpgsql stable
set search_path = ''
as $$
begin
  if p_days_back not between 1 and 365 then
    raise sqlstate 'PT422' using message = 'p_days_back must be from 1 to 365';
  end if;
  return query
    select (f ->> 'total_sessions')::bigint, (f ->> 'total_seconds')::bigint,
      coalesce((f ->> 'total_seconds')::bigint / nullif((f ->> 'total_sessions')::bigint, 0), 0),
      f -> 'section_counts', (f ->> 'last_session_start')::timestamptz, (f ->> 'active_sessions')::bigint
    from session_internal.settings c cross join lateral session_internal.session_stats(
      session_internal.subject(p_user_id), now() - make_interval(days => p_days_back), now(), c.timeout) f;
end $$;

-- The caller's own; for the service role, everybody's, or one user's.
create or replace function public.get_active_sessions(p_user_id text default null)
returns setof public.user_sessions language plpgsql stable
set search_path = ''
as $$
begin
  if p_user_id is null and coalesce(nullif(current_setting('role', true), 'none'), session_user) = 'service_role' then
    return query select s.* from public.user_sessions s cross join session_internal.settings c
      where s.ended_at is null and s.last_heartbeat_at > now() - c.timeout and s.started_at > now() - interval '24 hours'
      order by s.started_at desc limit 500;
  else
    return query select s.* from session_internal.settings c
      cross join lateral session_internal.active_sessions(session_internal.subject(p_user_id), now(), c.timeout) s;
  end if;
end $$;

-- A conversation with a model, made if it is not there.
create or replace function public.create_session(p_session_id uuid default null, p_user_id text default null)
returns table (session_id uuid, created boolean) language sql
set search_path = ''
as $$
  select (o #>> '{0,session,id}')::uuid, (o #>> '{0,made}')::boolean
  from session_internal.write_conversations_group(jsonb_build_array(jsonb_build_object(
    'user_id', session_internal.subject(p_user_id), 'id', coalesce(p_session_id, gen_random_uuid()),
    'now', date_trunc('milliseconds', clock_timestamp())))) o;
$$;

create or replace function public.log_interaction(
  p_session_id uuid, p_prompt text, p_response text default null, p_model_used text default null, p_tokens_used bigint default null,
  p_id uuid default null, p_user_id text default null)
returns table (id uuid, session_id uuid, created boolean) language plpgsql
set search_path = ''
as $$
#variable_conflict use_column
declare
  said uuid := coalesce(p_id, gen_random_uuid());
begin
  if octet_length(p_prompt) > 131072 or octet_length(p_response) > 131072 then
    raise sqlstate 'PT413' using message = 'p_prompt and p_response may have 131072 bytes each';
  end if;
  return query
    select said, (o #>> '{0,session,id}')::uuid, (o #>> '{0,logged}')::boolean
    from session_internal.write_conversations_group(jsonb_build_array(jsonb_build_object(
      'user_id', session_internal.subject(p_user_id), 'id', p_session_id, 'now', date_trunc('milliseconds', clock_timestamp()),
      'interaction', jsonb_build_object(
        'id', said, 'prompt', p_prompt, 'response', p_response, 'model_used', p_model_used, 'tokens_used', p_tokens_used)))) o;
end $$;

call session_internal.applied(12);
