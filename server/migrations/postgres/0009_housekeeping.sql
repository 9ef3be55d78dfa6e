-- What the jobs need: who runs which, partitions for the months to come, and the end of history. Only the tables' owner deletes, and each
-- deletion is a step of bounded size.
-- History goes by the month: a month's events are one table, dropped whole once every session that ended in it is past its time, so what is
-- kept is kept for as long as was asked and up to a month longer.

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

-- Makes the partition of the month that this moment is in, and moves into it what the default partition took of that month.
create or replace function session_internal.make_month(p_at timestamptz)
returns void language plpgsql
set search_path = '' set timezone = 'UTC'
as $$
declare
  first_day timestamptz := date_trunc('month', p_at);
  name      text := 'session_events_' || to_char(first_day, 'YYYY_MM');
  low       uuid := session_internal.first_id_at(first_day);
  high      uuid := session_internal.first_id_at(first_day + interval '1 month');
begin
  perform pg_advisory_xact_lock(hashtext('session_internal.partitions'));
  if to_regclass('public.' || name) is not null then
    return;
  end if;
  execute format('create table public.%I (like public.session_events including defaults including constraints)', name);
  execute format('alter table public.%I enable row level security', name);
  execute format('revoke all on public.%I from public, anon, authenticated, service_role, session_backend, session_writer', name);
  execute format('with moved as (delete from public.session_events_default where event_id >= %L and event_id < %L returning *)
    insert into public.%I select * from moved', low, high, name);
  execute format('alter table public.session_events attach partition public.%I for values from (%L) to (%L)', name, low, high);
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

-- Drops the months that lie before this one. What a session that is kept has in them, because it began then or its device's clock was behind,
-- moves to the default partition.
create or replace function session_internal.drop_months_before(p_month timestamptz)
returns void language plpgsql
set search_path = '' set timezone = 'UTC' set lock_timeout = '5s'
as $$
declare
  partition text;
begin
  perform pg_advisory_xact_lock(hashtext('session_internal.partitions'));
  for partition in
    select c.relname from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'public.session_events'::regclass and c.relname ~ '^session_events_[0-9]{4}_[0-9]{2}$'
      and to_timestamp(right(c.relname, 7), 'YYYY_MM') + interval '1 month' <= p_month
    order by c.relname
  loop
    execute format('alter table public.session_events detach partition public.%I', partition);
    execute format('insert into public.session_events overriding system value
      select e.* from public.%I e join public.user_sessions s on s.user_id = e.user_id and s.id = e.session_id
      where s.ended_at is null or s.ended_at >= %L', partition, p_month);
    execute format('drop table public.%I', partition);
  end loop;
end $$;

-- A step: the months and sessions that ended before the month of this moment. How many sessions, and whether there may be more.
create or replace function session_internal.cleanup_old_sessions(p_before timestamptz, p_limit bigint)
returns table (sessions bigint, more boolean) language plpgsql
set search_path = '' set timezone = 'UTC'
as $$
declare
  month   timestamptz := date_trunc('month', p_before);
  events  bigint;
  deleted bigint := 0;
begin
  if not pg_try_advisory_xact_lock(hashtext('session_internal.cleanup_old_sessions')) then
    return query select 0::bigint, false;
    return;
  end if;
  perform session_internal.drop_months_before(month);
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
  return query select deleted, greatest(events, deleted) = p_limit;
end $$;

-- Figures by the hour, for dashboards that look far back: counted anew for the hours in which sessions can still have changed.
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
alter table public.session_rollups_hourly enable row level security;
call session_internal.let_writer_write('session_rollups_hourly');

create or replace function session_internal.roll_up(p_now timestamptz)
returns bigint language plpgsql
set search_path = '' set timezone = 'UTC'
as $$
declare
  since timestamptz := date_trunc('hour', p_now) - interval '49 hours';
  rows  bigint;
begin
  delete from public.session_rollups_hourly where bucket >= since;
  insert into public.session_rollups_hourly (bucket, platform, app_section, sessions, ended, total_seconds, active_seconds)
  select date_trunc('hour', started_at), platform, coalesce(app_section, ''), count(*), count(ended_at),
    sum(coalesce(total_duration_seconds, public.calculate_session_duration(started_at, last_heartbeat_at))), sum(active_seconds)
  from public.user_sessions where started_at >= since and started_at < p_now group by 1, 2, 3;
  get diagnostics rows = row_count;
  return rows;
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
  foreach function in array array['make_months(timestamptz)', 'cleanup_old_sessions(timestamptz, bigint)', 'forget_runs(text, timestamptz)',
    'roll_up(timestamptz)']
  loop
    execute format('alter function session_internal.%s security definer', function);
    call session_internal.allow('session_internal.' || function, 'session_writer', 'session_backend');
  end loop;
  foreach function in array array['make_month(timestamptz)', 'drop_months_before(timestamptz)'] loop
    call session_internal.allow('session_internal.' || function, variadic '{}');
  end loop;
end $$;

do $$ begin perform session_internal.make_months(now()); end $$;

call session_internal.applied(9);
