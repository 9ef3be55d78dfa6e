-- Who sees which rows. Users read what is theirs and write only through functions; the writer reads, adds and changes, and deletes nothing but
-- the `session_end` of an end that was taken back. Row security is not forced: the tables' owner deletes what is past its time.

-- What every table has that functions write and the service reads.
create or replace procedure session_internal.let_writer_write(written text)
language plpgsql
set search_path = ''
as $$
begin
  execute format('drop policy if exists writer_reads on public.%I', written);
  execute format('create policy writer_reads on public.%I for select to session_writer using (true)', written);
  execute format('drop policy if exists writer_adds on public.%I', written);
  execute format('create policy writer_adds on public.%I for insert to session_writer with check (true)', written);
  execute format('drop policy if exists writer_changes on public.%I', written);
  execute format('create policy writer_changes on public.%I for update to session_writer using (true) with check (true)', written);
  execute format('drop policy if exists service_reads on public.%I', written);
  execute format('create policy service_reads on public.%I for select to service_role using (true)', written);
  execute format('revoke all on public.%I from public, anon, authenticated, service_role, session_backend', written);
  execute format('grant select, insert, update on public.%I to session_writer', written);
  execute format('grant select on public.%I to service_role', written);
end $$;
revoke all on procedure session_internal.let_writer_write(text) from public;
call session_internal.let_writer_write('user_sessions');
call session_internal.let_writer_write('session_events');
call session_internal.let_writer_write('session_tabs');
call session_internal.let_writer_write('job_runs');
call session_internal.let_writer_write('platforms');

drop policy if exists writer_takes_back on public.session_events;
create policy writer_takes_back on public.session_events for delete to session_writer using (event_type = 'session_end');
grant delete on public.session_events to session_writer;

-- The subject is compared as text, and read once a query instead of once a row.
drop policy if exists "Users can view their own sessions" on public.user_sessions;
create policy "Users can view their own sessions" on public.user_sessions for select to authenticated
  using (user_id = (select nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'));
drop policy if exists "Users can view their own events" on public.session_events;
create policy "Users can view their own events" on public.session_events for select to authenticated
  using (user_id = (select nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'));
drop policy if exists "Users can view their own tabs" on public.session_tabs;
create policy "Users can view their own tabs" on public.session_tabs for select to authenticated
  using (user_id = (select nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'));
grant select on public.user_sessions, public.session_events, public.session_tabs to authenticated;
-- A list that is the same for everybody.
drop policy if exists "Everybody signed in can view platforms" on public.platforms;
create policy "Everybody signed in can view platforms" on public.platforms for select to authenticated using (true);
grant select on public.platforms to authenticated;

drop policy if exists writer_reads on session_internal.settings;
create policy writer_reads on session_internal.settings for select to session_writer using (true);
drop policy if exists writer_reads on session_internal.signing_keys;
create policy writer_reads on session_internal.signing_keys for select to session_writer using (true);
drop policy if exists writer_adds on session_internal.signing_keys;
create policy writer_adds on session_internal.signing_keys for insert to session_writer with check (true);
drop policy if exists writer_drops on session_internal.signing_keys;
create policy writer_drops on session_internal.signing_keys for delete to session_writer using (true);
drop policy if exists writer_reads on session_internal.schema_versions;
create policy writer_reads on session_internal.schema_versions for select to session_writer using (true);
revoke all on all tables in schema session_internal from public, anon, authenticated, service_role, session_backend;
grant select on session_internal.settings, session_internal.schema_versions to session_writer;
grant select, insert, delete on session_internal.signing_keys to session_writer;
grant usage on sequence session_internal.change_order to session_writer;

-- Under the names that other documents use.
create or replace view public.user_sessions_v1 with (security_invoker = true) as
select id, user_id, id as session_id, platform, started_at as session_start, ended_at as session_end, app_section, device_info, metadata,
  location_info, user_agent, ip_address, last_activity_at, last_heartbeat_at, total_duration_seconds, active_seconds, activity_count,
  status, end_reason, created_at, updated_at
from public.user_sessions;
comment on view public.user_sessions_v1 is 'user_sessions with session_start and session_end';

create or replace view public.user_interactions with (security_invoker = true) as
select event_id as id, user_id, session_id, event_type, event_type as interaction_type, event_data, section, occurred_at as timestamp, received_at as created_at
from public.session_events;
comment on view public.user_interactions is 'session_events as interactions';

create or replace view public.active_sessions_summary with (security_invoker = true) as
select platform, count(*) as active_count,
  round(avg(extract(epoch from now() - started_at) / 60), 1) as avg_session_minutes,
  min(started_at) as oldest_session, max(last_activity_at) as latest_activity
from public.user_sessions where ended_at is null group by platform;
comment on view public.active_sessions_summary is 'Live sessions by platform: of the caller''s own, or of all for the service role';

revoke all on public.user_sessions_v1, public.user_interactions, public.active_sessions_summary
  from public, anon, authenticated, service_role, session_backend;
grant select on public.user_sessions_v1, public.user_interactions, public.active_sessions_summary to authenticated, service_role;

-- The time of a change by hand; the functions bring their own, and a number with it.
create or replace function public.update_user_sessions_updated_at_column()
returns trigger language plpgsql
set search_path = ''
as $$
begin
  new.updated_at := now();
  return new;
end $$;
call session_internal.allow('public.update_user_sessions_updated_at_column()', 'session_writer');
create or replace trigger update_user_sessions_updated_at before update on public.user_sessions
  for each row when (old.change_order = new.change_order)
  execute function public.update_user_sessions_updated_at_column();

call session_internal.applied(6);
