-- What the jobs need: who runs which, partitions for the months to come, and the end of history. Only the tables' owner deletes, and each
-- deletion is a step of bounded size.
-- History goes by the month: a month's events are one table, its sessions another, dropped whole once every session that ended in it is past
-- its time, so what is kept is kept for as long as was asked and up to a month longer.

create table if not exists session_internal.job_leases (
  job    text        primary key,
  holder uuid        not null,
  until  timestamptz not null
);
alter table session_internal.job_leases enable row level security;
drop policy if exists writer_holds on session_internal.job_leases;
create policy writer_holds on session_internal.job_leases to session_writer using (true) with check (true);
grant select, insert, update, delete on session_internal.job_leases to session_writer;

create index if not exists user_sessions_ended on public.user_sessions (ended_at) where ended_at is not null;
create index if not exists session_events_received on public.session_events (received_at, event_type);

create or replace function session_internal.claim_job(p_job text, p_holder uuid, p_now timestamptz, p_until timestamptz)
returns boolean language plpgsql
set search_path = ''
as $$
begin
  insert into session_internal.job_leases as l (job, holder, until) values (p_job, p_holder, p_until)
  on conflict (job) do update set holder = excluded.holder, until = excluded.until
  where l.holder = excluded.holder or l.until <= p_now;
  return found;
end $$;

create or replace function session_internal.release_job(p_job text, p_holder uuid)
returns void language sql
set search_path = ''
as $$
  delete from session_internal.job_leases where job = p_job and holder = p_holder;
$$;

create or replace function session_internal.held_jobs(p_now timestamptz)
returns setof text language sql stable
set search_path = ''
as $$
  select job from session_internal.job_leases where until > p_now order by job;
$$;

create or replace function session_internal.job_runs(p_limit bigint)
returns setof public.job_runs language sql stable
set search_path = '' set timezone = 'UTC'
as $$
  select * from public.job_runs order by started_at desc, job limit p_limit;
$$;

create or replace function session_internal.job_totals()
returns table (job text, rows bigint, failures bigint, last_started_at timestamptz, last_success_at timestamptz) language sql stable
set search_path = '' set timezone = 'UTC'
as $$
  select r.job, coalesce(sum(r.rows), 0)::bigint, count(r.error), max(r.started_at), max(r.started_at) filter (where r.error is null)
  from public.job_runs r group by r.job order by r.job;
$$;

create or replace function session_internal.forget_runs(p_job text, p_before timestamptz)
returns void language sql
set search_path = ''
as $$
  delete from public.job_runs where job = p_job and (started_at < p_before or (rows = 0 and started_at < (
    select max(started_at) from public.job_runs where job = p_job and rows = 0)));
$$;

-- A partition of one of the three tables, for keys from `low` up to `high`, with what its default partition holds of them.
create or replace procedure session_internal.make_partition(parent text, name text, key text, low uuid, high uuid, storage text)
language plpgsql
set search_path = ''
as $$
begin
  execute format('create table public.%I (like public.%I including defaults including constraints) %s', name, parent, storage);
  execute format('alter table public.%I enable row level security', name);
  execute format('revoke all on public.%I from public, anon, authenticated, service_role, session_backend, session_writer', name);
  execute format('with moved as (delete from public.%I where %I >= %L and %I < %L returning *) insert into public.%I select * from moved',
    parent || '_default', key, low, key, high, name);
  execute format('alter table public.%I attach partition public.%I for values from (%L) to (%L)', parent, name, low, high);
end $$;

-- Makes the partitions of the month that this moment is in. A month of which sessions are in the default partition already stays there: to
-- move a session is to delete it, and its events with it. Its events are pruned row by row then.
create or replace function session_internal.make_month(p_at timestamptz)
returns void language plpgsql
set search_path = '' set timezone = 'UTC'
as $$
declare
  first_day timestamptz := date_trunc('month', p_at);
  month     text := to_char(first_day, '_YYYY_MM');
  low       uuid := session_internal.first_id_at(first_day);
  high      uuid := session_internal.first_id_at(first_day + interval '1 month');
begin
  perform pg_advisory_xact_lock(hashtext('session_internal.partitions'));
  if to_regclass('public.session_events' || month) is null then
    call session_internal.make_partition('session_events', 'session_events' || month, 'event_id', low, high, '');
  end if;
  if to_regclass('public.user_sessions' || month) is null
    and not exists (select from public.user_sessions_default where id >= low and id < high)
  then
    call session_internal.make_partition('user_sessions', 'user_sessions' || month, 'id', low, high, 'with (fillfactor = 70)');
    call session_internal.make_partition('session_tabs', 'session_tabs' || month, 'session_id', low, high, 'with (fillfactor = 70)');
  end if;
end $$;

-- The months from the oldest event that may still come to two months ahead.
create or replace function session_internal.make_months(p_now timestamptz)
returns void language plpgsql
set search_path = '' set timezone = 'UTC'
as $$
begin
  perform session_internal.make_month(month)
  from generate_series(date_trunc('month', p_now - interval '7 days'), date_trunc('month', p_now) + interval '2 months', interval '1 month') month;
end $$;

-- How many rows belong to no month, as far as it matters: counting goes no further than the limit.
create or replace function session_internal.rows_of_no_month(p_limit bigint)
returns bigint language sql stable
set search_path = ''
as $$
  select count(*) from (
    (select from public.user_sessions_default limit p_limit) union all (select from public.session_events_default limit p_limit) limit p_limit) rows;
$$;

-- The months before this one of which a table has a partition, oldest first.
create or replace function session_internal.months_before(p_parent regclass, p_month timestamptz)
returns setof timestamptz language sql stable
set search_path = '' set timezone = 'UTC'
as $$
  select month from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid
  cross join lateral to_timestamp(right(c.relname, 7), 'YYYY_MM') month
  where i.inhparent = p_parent and c.relname ~ '_[0-9]{4}_[0-9]{2}$' and month + interval '1 month' <= p_month
  order by month;
$$;

-- Drops a month's sessions, and what their tabs said. Sessions of it that are kept, for they ended in a later month or go on, move to the
-- default partitions with their events; they are the few that were under way when the month changed.
create or replace function session_internal.drop_sessions_of(p_month timestamptz, p_kept_since timestamptz)
returns bigint language plpgsql
set search_path = '' set timezone = 'UTC'
as $$
declare
  name    text := to_char(p_month, '_YYYY_MM');
  low     uuid := session_internal.first_id_at(p_month);
  high    uuid := session_internal.first_id_at(p_month + interval '1 month');
  kept    public.user_sessions[] := array(select s from public.user_sessions s
    where s.id >= low and s.id < high and (s.ended_at is null or s.ended_at >= p_kept_since));
  tabs    public.session_tabs[] := array(select t from unnest(kept) s join public.session_tabs t on t.user_id = s.user_id and t.session_id = s.id);
  events  public.session_events[] := array(select e from unnest(kept) s join public.session_events e on e.user_id = s.user_id and e.session_id = s.id);
  dropped bigint;
begin
  delete from public.user_sessions s using unnest(kept) k where s.user_id = k.user_id and s.id = k.id;
  -- What came late is in the next month's partition, or in none: ids are believed up to a week before and a day after their receipt, and a
  -- session that lasted a day takes events for a week.
  delete from public.session_events e using public.user_sessions s
  where s.id >= low and s.id < high and e.user_id = s.user_id and e.session_id = s.id
    and e.event_id >= session_internal.first_id_at(p_month - interval '192 hours')
    and e.event_id < session_internal.first_id_at(p_month + interval '1 month 17 days');
  select count(*) into dropped from public.user_sessions where id >= low and id < high;
  execute format('alter table public.session_tabs detach partition public.%I', 'session_tabs' || name);
  execute format('drop table public.%I', 'session_tabs' || name);
  execute format('alter table public.user_sessions detach partition public.%I', 'user_sessions' || name);
  execute format('drop table public.%I', 'user_sessions' || name);
  insert into public.user_sessions select k.* from unnest(kept) k;
  insert into public.session_tabs select t.* from unnest(tabs) t;
  insert into public.session_events overriding system value select e.* from unnest(events) e;
  return dropped;
end $$;

-- Drops the months that lie before this one: first their events, then their sessions, which no event may name any more. How many sessions.
-- What a session that is kept has in them, because it began then or its device's clock was behind, moves to the default partition.
create or replace function session_internal.drop_months_before(p_month timestamptz)
returns bigint language plpgsql
set search_path = '' set timezone = 'UTC' set lock_timeout = '5s'
as $$
declare
  month     timestamptz;
  partition text;
  sessions  bigint := 0;
begin
  perform pg_advisory_xact_lock(hashtext('session_internal.partitions'));
  for month in select * from session_internal.months_before('public.session_events', p_month) loop
    partition := 'session_events' || to_char(month, '_YYYY_MM');
    execute format('alter table public.session_events detach partition public.%I', partition);
    execute format('insert into public.session_events overriding system value
      select e.* from public.%I e join public.user_sessions s on s.user_id = e.user_id and s.id = e.session_id
      where s.ended_at is null or s.ended_at >= %L', partition, p_month);
    execute format('drop table public.%I', partition);
  end loop;
  for month in select * from session_internal.months_before('public.user_sessions', p_month) loop
    sessions := sessions + session_internal.drop_sessions_of(month, p_month);
  end loop;
  return sessions;
end $$;

-- A step: the months and sessions that ended before the month of this moment. How many sessions, and whether there may be more.
create or replace function session_internal.cleanup_old_sessions(p_before timestamptz, p_limit bigint)
returns table (sessions bigint, more boolean) language plpgsql
set search_path = '' set timezone = 'UTC'
as $$
declare
  month   timestamptz := date_trunc('month', p_before);
  dropped bigint;
  events  bigint;
  deleted bigint := 0;
begin
  if not pg_try_advisory_xact_lock(hashtext('session_internal.cleanup_old_sessions')) then
    return query select 0::bigint, false;
    return;
  end if;
  dropped := session_internal.drop_months_before(month);
  -- Events that no partition took with it, before their sessions, so that no cascade is longer than a step.
  delete from public.session_events where (user_id, session_id, event_id) in (
    select e.user_id, e.session_id, e.event_id from public.user_sessions s
    join public.session_events e on e.user_id = s.user_id and e.session_id = s.id
    where s.ended_at < month limit p_limit);
  get diagnostics events = row_count;
  if events < p_limit then
    delete from public.user_sessions where (user_id, id) in (
      select s.user_id, s.id from public.user_sessions s where s.ended_at < month limit p_limit);
    get diagnostics deleted = row_count;
  end if;
  return query select dropped + deleted, greatest(events, deleted) = p_limit;
end $$;

do $$
declare
  function text;
begin
  foreach function in array array['claim_job(text, uuid, timestamptz, timestamptz)', 'release_job(text, uuid)', 'held_jobs(timestamptz)',
    'job_runs(bigint)', 'job_totals()']
  loop
    call session_internal.allow_as_writer('session_internal.' || function, 'session_writer', 'session_backend');
  end loop;
  foreach function in array array['make_months(timestamptz)', 'rows_of_no_month(bigint)', 'cleanup_old_sessions(timestamptz, bigint)', 'forget_runs(text, timestamptz)']
  loop
    execute format('alter function session_internal.%s security definer', function);
    call session_internal.allow('session_internal.' || function, 'session_writer', 'session_backend');
  end loop;
  foreach function in array array['make_month(timestamptz)', 'months_before(regclass, timestamptz)', 'drop_sessions_of(timestamptz, timestamptz)',
    'drop_months_before(timestamptz)']
  loop
    call session_internal.allow('session_internal.' || function, variadic '{}');
  end loop;
  revoke all on procedure session_internal.make_partition(text, text, text, uuid, uuid, text) from public;
end $$;

do $$ begin perform session_internal.make_months(now()); end $$;

call session_internal.applied(9);
