-- Grouped writes: the one way by which sessions and events are written, whoever asks. Many requests of many users come as one JSON array, are
-- decided by the rules of 0003, and are stored by a handful of statements in one transaction.
-- Only one request of a user is in a round, so that each sees what the one before it did; a group without repetitions is one round.

do $$
begin
  if to_regtype('session_internal.settled_event') is null then
    -- What becomes of an event: `place` is its index in the request, null for an event of the server's own.
    create type session_internal.settled_event as (
      place integer, given_id uuid, event_id uuid, fate text, tab_id uuid, seq bigint, event_type text, event_data jsonb,
      section text, occurred_at timestamptz, client_ts timestamptz, sent_at timestamptz, received_at timestamptz);
    -- What a request did: `before` is the stored session, `after` what it is then.
    create type session_internal.effect as (
      request bigint, w jsonb, before public.user_sessions, after public.user_sessions, refusal jsonb, created boolean, arrived boolean,
      events session_internal.settled_event[]);
  end if;
end $$;

-- Applies a request to the session it names, or to none if its user has no such session. A refused request changes nothing.
create or replace function session_internal.apply_write(
  before public.user_sessions, request bigint, w jsonb, timeout interval, resume interval)
returns session_internal.effect language plpgsql stable
set search_path = ''
as $$
declare
  now     timestamptz := w ->> 'received_at';
  sent    timestamptz := w ->> 'sent_at';
  epoch   bigint := w ->> 'epoch';
  start   jsonb := nullif(w -> 'start', 'null');
  s       public.user_sessions;
  effect  session_internal.effect;
  said    record;
  at      timestamptz;
  settled session_internal.settled_event;
begin
  effect.request := request;
  effect.w := w;
  effect.created := false;
  effect.arrived := false;
  effect.events := '{}';
  if before.id is not null then
    effect.before := before;
    s := session_internal.expire(before, now, timeout);
    if s.ended_at is distinct from before.ended_at then
      s.updated_at := now;
    end if;
    effect.after := s;
    if session_internal.is_final(s, now, resume)
      and ((jsonb_array_length(w -> 'events') = 0 and jsonb_typeof(w -> 'end') is distinct from 'object')
        or (jsonb_typeof(w -> 'section') = 'object' and now > s.ended_at + interval '168 hours'))
    then
      effect.refusal := jsonb_build_object('refused', 'ended', 'reason', s.end_reason, 'at', s.ended_at);
      return effect;
    end if;
    if start is not null then
      s := session_internal.contact(s, now, epoch, 'active', resume);
      effect.arrived := (effect.after).ended_at is not null and s.ended_at is null;
    end if;
  elsif start is null then
    effect.refusal := jsonb_build_object('refused', 'not_found');
    return effect;
  else
    s := session_internal.begin_session(w);
    effect.created := true;
    effect.arrived := true;
    settled.event_id := session_internal.derived_id(s.id, 'session_start', s.started_at);
    settled.fate := 'accepted';
    settled.event_type := 'session_start';
    settled.section := start ->> 'section';
    settled.occurred_at := s.started_at;
    settled.received_at := now;
    effect.events := array[settled];
  end if;

  for said in
    select * from jsonb_to_recordset(w -> 'events') as e(
      place integer, id uuid, seq bigint, kind text, data jsonb, section text, occurred_at timestamptz)
  loop
    settled := null;
    settled.place := said.place;
    settled.given_id := said.id;
    settled.event_id := said.id;
    if not session_internal.is_timely(said.id, now) then
      settled.event_id := session_internal.derived_id(said.id, 'mapped', s.started_at);
    end if;
    if s.ended_at is not null and now > s.ended_at + interval '168 hours' then
      settled.fate := 'too_late';
    else
      at := greatest(session_internal.of_event(said.occurred_at, now, sent), s.started_at - interval '150 seconds');
      s.last_activity_at := greatest(s.last_activity_at, least(at, now));
      if said.kind = 'section_change' then
        s := session_internal.enter(s, said.section, at);
      end if;
      settled.fate := 'accepted';
      settled.tab_id := w #>> '{tab,id}';
      settled.seq := said.seq;
      settled.event_type := said.kind;
      settled.event_data := said.data;
      settled.section := coalesce(said.section, s.app_section);
      settled.occurred_at := at;
      settled.client_ts := said.occurred_at;
      settled.sent_at := sent;
      settled.received_at := now;
    end if;
    effect.events := effect.events || settled;
  end loop;

  if jsonb_typeof(w -> 'section') = 'object' then
    if s.app_section is distinct from w #>> '{section,section}' then
      s := session_internal.enter(s, w #>> '{section,section}',
        session_internal.of_event((w #>> '{section,occurred_at}')::timestamptz, now, sent));
    end if;
    s := session_internal.contact(s, now, epoch, 'active', resume);
  end if;
  if jsonb_typeof(w -> 'metadata') = 'object' then
    s.metadata := coalesce(s.metadata, '{}') || (w -> 'metadata');
    if octet_length(s.metadata::text) > 8192 and session_internal.json_bytes(s.metadata) > 8192 then
      effect.refusal := jsonb_build_object('refused', 'metadata_too_large');
      effect.events := '{}';
      effect.arrived := false;
      return effect;
    end if;
  end if;
  if jsonb_typeof(w -> 'beat') = 'object' then
    s := session_internal.hear(s, w -> 'beat', jsonb_typeof(w -> 'end') = 'object', now, epoch, resume);
  end if;
  if jsonb_typeof(w -> 'end') = 'object' then
    s := session_internal.leave(s, w -> 'end', now, sent, epoch, resume);
  end if;
  if s is distinct from effect.before then
    s.updated_at := now;
  end if;
  effect.after := s;
  return effect;
end $$;

-- Another live session of a user whose start has just arrived: it may have to end.
create or replace function session_internal.give_way(
  s public.user_sessions, start jsonb, now timestamptz, timeout interval)
returns public.user_sessions language plpgsql stable
set search_path = ''
as $$
declare
  previous uuid := start ->> 'previous_id';
begin
  s := session_internal.expire(s, now, timeout);
  if s.ended_at is null then
    if start ->> 'previous_end' = 'crash' and (s.id = previous or s.given_id = previous) then
      s := session_internal.ended(s, 'crash', s.last_heartbeat_at, s.epoch);
    elsif start ->> 'replace' = 'user' or (start ->> 'replace' = 'device' and s.device_id = (start ->> 'device_id')::uuid) then
      s := session_internal.ended(s, 'replaced', s.last_heartbeat_at, s.epoch);
    end if;
  end if;
  s.updated_at := now;
  return s;
end $$;

-- Gives a changed session its place in the feed.
create or replace function session_internal.numbered(s public.user_sessions)
returns public.user_sessions language plpgsql
set search_path = ''
as $$
begin
  s.change_order := nextval('session_internal.change_order');
  s.ended_order := case when s.ended_at is not null then s.change_order end;
  return s;
end $$;

-- Stores sessions as they are.
create or replace function session_internal.save_sessions(changed public.user_sessions[])
returns void language sql
set search_path = ''
as $$
  insert into public.user_sessions
  select n.* from unnest(changed) s cross join lateral session_internal.numbered(s) n
  order by n.user_id, n.id
  on conflict (user_id, id) do update set
    app_section = excluded.app_section, section_changed_at = excluded.section_changed_at,
    last_heartbeat_at = excluded.last_heartbeat_at, last_activity_at = excluded.last_activity_at,
    ended_at = excluded.ended_at, status = excluded.status, end_reason = excluded.end_reason,
    epoch = excluded.epoch, end_epoch = excluded.end_epoch, total_duration_seconds = excluded.total_duration_seconds,
    active_seconds = excluded.active_seconds, activity_count = excluded.activity_count, metadata = excluded.metadata,
    updated_at = excluded.updated_at, change_order = excluded.change_order, ended_order = excluded.ended_order;
$$;

-- Makes the `session_end` events of these sessions what their stored ends say: an end may have been said, said again, or taken back, or a
-- late section change may have said where it was.
create or replace function session_internal.settle_ends(sessions public.user_sessions[])
returns void language plpgsql
set search_path = ''
as $$
begin
  if cardinality(sessions) = 0 then
    return;
  end if;
  delete from public.session_events e
  using unnest(sessions) s
  where e.user_id = s.user_id and e.session_id = s.id and e.event_type = 'session_end'
    and e.event_id = session_internal.derived_id(s.id, 'session_end', s.started_at);
  insert into public.session_events (user_id, session_id, event_id, event_type, event_data, section, occurred_at, received_at)
  select s.user_id, s.id, session_internal.derived_id(s.id, 'session_end', s.started_at), 'session_end',
    jsonb_build_object('reason', s.end_reason, 'totalDurationSeconds', s.total_duration_seconds),
    s.app_section, s.ended_at, s.updated_at
  from public.user_sessions s
  where (s.user_id, s.id) in (select c.user_id, c.id from unnest(sessions) c) and s.ended_at is not null
  order by s.user_id, s.id;
end $$;

-- Stores the events of requests that were done, and says what became of each.
create or replace function session_internal.save_events(done session_internal.effect[])
returns table (request bigint, answers jsonb) language sql
set search_path = ''
as $$
  with offered as (
    select e.request, (e.after).user_id, (e.after).id as session_id, v.*,
      row_number() over (partition by (e.after).user_id, (e.after).id, v.event_id, v.fate order by e.request, v.place nulls first) as turn
    from unnest(done) e cross join lateral unnest(e.events) v
  ), stored as (
    insert into public.session_events (user_id, session_id, event_id, tab_id, seq, event_type, event_data, section, occurred_at,
      client_ts, sent_at, received_at)
    select user_id, session_id, event_id, tab_id, seq, event_type, event_data, section, occurred_at, client_ts, sent_at, received_at
    from offered where fate = 'accepted' and turn = 1
    order by request, place nulls first
    on conflict (user_id, session_id, event_id) do nothing
    returning user_id, session_id, event_id
  )
  select o.request, jsonb_agg(jsonb_build_object(
      'index', o.place, 'given_id', o.given_id, 'event_id', o.event_id,
      'fate', case when o.fate = 'accepted' and (o.turn > 1 or s.event_id is null) then 'duplicate' else o.fate end) order by o.place)
  from offered o left join stored s using (user_id, session_id, event_id)
  where o.place is not null
  group by o.request;
$$;

-- Adds what tabs say of themselves to what they have said. Counts are totals, so of each reason the greater account is the later one.
create or replace function session_internal.save_tabs(done session_internal.effect[])
returns void language sql
set search_path = ''
as $$
  with said as (
    select (e.after).user_id, (e.after).id as session_id, (e.w #>> '{tab,id}')::uuid as tab_id, e.request, e.w #> '{tab,dropped}' as dropped,
      coalesce((e.w #>> '{tab,last_seq}')::bigint, 0) as last_seq, coalesce((e.w ->> 'epoch')::bigint, (e.after).epoch) as epoch
    from unnest(done) e where e.refusal is null and jsonb_typeof(e.w -> 'tab') = 'object'
  ), totals as (
    select user_id, session_id, tab_id, max(last_seq) as last_seq, max(epoch) as epoch from said group by 1, 2, 3
  ), stored as (
    select t.* from totals s join public.session_tabs t using (user_id, session_id, tab_id)
  ), accounts as (
    select user_id, session_id, tab_id, a.item, s.request
    from (select user_id, session_id, tab_id, request, dropped from said
          union all select user_id, session_id, tab_id, -1, dropped from stored) s
    cross join lateral jsonb_array_elements(s.dropped) a(item)
  ), greatest_accounts as (
    select distinct on (user_id, session_id, tab_id, item ->> 'reason') * from accounts
    order by user_id, session_id, tab_id, item ->> 'reason', (item ->> 'count')::bigint desc, request desc
  ), joined as (
    select user_id, session_id, tab_id, jsonb_agg(item order by item ->> 'reason') as dropped from greatest_accounts group by 1, 2, 3
  )
  insert into public.session_tabs (user_id, session_id, tab_id, last_seq, dropped, epoch)
  select t.user_id, t.session_id, t.tab_id, greatest(t.last_seq, s.last_seq), coalesce(j.dropped, '[]'), greatest(t.epoch, s.epoch)
  from totals t left join stored s using (user_id, session_id, tab_id) left join joined j using (user_id, session_id, tab_id)
  where s.tab_id is null or t.last_seq > s.last_seq or t.epoch > s.epoch or j.dropped is distinct from nullif(s.dropped, '[]')
  order by 1, 2, 3
  on conflict (user_id, session_id, tab_id) do update set
    last_seq = excluded.last_seq, dropped = excluded.dropped, epoch = excluded.epoch;
$$;

-- Takes every lock a group needs, always in the same order, so that no two groups wait for each other.
-- Readers of the feeds wait until no writer holds the shared lock: then no row with a lower number can still come.
-- Of the users whose sessions may have to make room, only one group at a time is at work; 256 locks serve all users, for locks are few.
create or replace function session_internal.lock_for(writes jsonb)
returns void language plpgsql
set search_path = ''
as $$
begin
  perform pg_advisory_xact_lock_shared(hashtext('session_internal.change_order'));
  perform pg_advisory_xact_lock(hashtext('session_internal.starts'), bucket)
  from (select distinct hashtext(w ->> 'user_id') & 255 as bucket from jsonb_array_elements(writes) w
        where jsonb_typeof(w -> 'start') = 'object' order by 1) buckets;
  perform from public.user_sessions s
  where (s.user_id, s.id) in (
    select w ->> 'user_id', (w ->> 'session_id')::uuid from jsonb_array_elements(writes) w
    union
    select g.user_id, g.id from jsonb_array_elements(writes) w
      join public.user_sessions g on g.user_id = w ->> 'user_id' and g.given_id = (w ->> 'session_id')::uuid
    union
    select l.user_id, l.id from jsonb_array_elements(writes) w
      join public.user_sessions l on l.user_id = w ->> 'user_id' and l.ended_at is null
      where jsonb_typeof(w -> 'start') = 'object')
  order by s.user_id, s.id
  for no key update;
end $$;

-- The group. `p_writes` is an array of requests, each with its user_id; the answer has an element for each, in the same order.
-- Plans are made once and not for each value: a plan for one id leaves out the other months, which looks cheaper, and to make it anew for every
-- event's foreign key would take longer than all the rest.
create or replace function session_internal.write_sessions_group(p_writes jsonb, p_timeout interval, p_resume interval)
returns jsonb language plpgsql
set search_path = '' set timezone = 'UTC' set plan_cache_mode = 'force_generic_plan'
as $$
declare
  writes  jsonb[];
  numbers bigint[];
  sizes   bigint[];
  size    bigint;
  first   bigint := 1;
  effects session_internal.effect[];
  done    session_internal.effect[] := '{}';
  changed public.user_sessions[];
  ends    public.user_sessions[] := '{}';
  answers jsonb;
begin
  perform session_internal.lock_for(p_writes);
  select array_agg(w order by turn, n), array_agg(n order by turn, n) into writes, numbers
  from (select w, n, row_number() over (partition by w ->> 'user_id' order by n) as turn
        from jsonb_array_elements(p_writes) with ordinality e(w, n)) turns;
  select array_agg(count order by turn) into sizes
  from (select turn, count(*) from (
          select row_number() over (partition by w ->> 'user_id') as turn from jsonb_array_elements(p_writes) w) turns
        group by turn) counted;

  foreach size in array coalesce(sizes, '{}') loop
    effects := array(
      select session_internal.apply_write(b.stored, b.n, b.w, p_timeout, p_resume)
      from (select u.w, u.n, case when i.id is not null then i else g end as stored
            from unnest(writes[first:first + size - 1], numbers[first:first + size - 1]) u(w, n)
            left join public.user_sessions i on i.user_id = u.w ->> 'user_id' and i.id = (u.w ->> 'session_id')::uuid
            left join public.user_sessions g on i.id is null and g.user_id = u.w ->> 'user_id' and g.given_id = (u.w ->> 'session_id')::uuid) b);
    changed := array(
      select e.after from unnest(effects) e where (e.after).id is not null and e.after is distinct from e.before);
    ends := ends || array(
      select s from unnest(changed) s join unnest(effects) e on (e.after).user_id = s.user_id and (e.after).id = s.id
      where ((e.before).ended_at, (e.before).end_reason, (e.before).end_epoch, case when (e.before).ended_at is not null then (e.before).app_section end)
        is distinct from (s.ended_at, s.end_reason, s.end_epoch, case when s.ended_at is not null then s.app_section end));
    perform session_internal.save_sessions(changed);
    changed := array(
      select g from unnest(effects) e
      join public.user_sessions s on s.user_id = (e.after).user_id and s.ended_at is null and s.id <> (e.after).id
      cross join lateral session_internal.give_way(s, e.w -> 'start', (e.w ->> 'received_at')::timestamptz, p_timeout) g
      where e.arrived and (e.after).ended_at is null and g.ended_at is not null);
    perform session_internal.save_sessions(changed);
    ends := ends || changed;
    done := done || effects;
    first := first + size;
  end loop;

  select coalesce(jsonb_agg(jsonb_build_object(
      'refusal', e.refusal, 'created', e.created, 'session', case when e.refusal is null then to_jsonb(e.after) end,
      'events', coalesce(a.answers, '[]')) order by e.request), '[]')
    into answers
    from unnest(done) e left join session_internal.save_events(done) a on a.request = e.request;
  perform session_internal.settle_ends(ends);
  perform session_internal.save_tabs(done);
  return answers;
end $$;

do $$
declare
  function regprocedure;
begin
  for function in select oid from pg_proc where pronamespace = 'session_internal'::regnamespace and prokind = 'f' loop
    call session_internal.allow(function::oid::text, 'session_writer');
  end loop;
end $$;
call session_internal.allow_as_writer('session_internal.write_sessions_group(jsonb, interval, interval)', 'session_writer', 'session_backend');

call session_internal.applied(4);
