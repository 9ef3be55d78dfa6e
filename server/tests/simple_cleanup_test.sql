-- Is the clean-up of rooms and sessions in place? Six checks, for whoever administers the database; nothing they do is kept.
--   psql "$DATABASE_URL" -f simple_cleanup_test.sql
\set ON_ERROR_STOP on
\set QUIET on
\pset tuples_only on
\pset format unaligned
begin;

do $$
begin
  assert (select count(distinct proname) from pg_proc where pronamespace = 'public'::regnamespace and proname in (
    'cleanup_inactive_sessions', 'check_session_expiry', 'end_inactive_sessions', 'cleanup_old_sessions')) = 4, 'a function is missing';
end $$;
\echo '1. Functions exist: ok'

do $$
begin
  assert exists (select from information_schema.columns where table_schema = 'public' and table_name = 'session_participants'
    and column_name = 'last_seen_at' and is_nullable = 'NO' and column_default is not null), 'session_participants.last_seen_at is missing';
end $$;
\echo '2. Column last_seen_at exists: ok'

do $$
begin
  assert (select count(*) from pg_indexes where schemaname = 'public' and indexname in (
    'collab_sessions_updated', 'session_participants_active', 'idx_user_sessions_active')) = 3, 'an index is missing';
end $$;
\echo '3. Indexes exist: ok'

insert into public.collab_sessions (id, owner_id, max_participants, created_at, updated_at) values
  ('00000000-0000-4000-8000-000000000001', 'test', 2, now() - interval '2 days', now() - interval '2 days'),
  ('00000000-0000-4000-8000-000000000002', 'test', 2, now(), now());

do $$
begin
  assert (select is_expired from public.check_session_expiry('00000000-0000-4000-8000-000000000001')), 'a silent room has not expired';
  assert not (select is_expired from public.check_session_expiry('00000000-0000-4000-8000-000000000002')), 'a new room has expired';
end $$;
\echo '4. Expiry works: ok'

do $$
begin
  assert public.cleanup_inactive_sessions() >= 1, 'the clean-up deleted nothing';
  assert not exists (select from public.collab_sessions where id = '00000000-0000-4000-8000-000000000001'), 'a silent room is still there';
  assert exists (select from public.collab_sessions where id = '00000000-0000-4000-8000-000000000002'), 'a new room is gone';
end $$;
\echo '5. Cleanup runs: ok'

do $$
begin
  insert into public.user_sessions (user_id, id, section_changed_at, started_at, last_heartbeat_at, last_activity_at, updated_at, change_order)
  values ('test', gen_random_uuid(), now(), now(), now(), now(), now() - interval '1 day', 0);
  update public.user_sessions set consent = 'all' where user_id = 'test';
  assert (select updated_at = now() from public.user_sessions where user_id = 'test'), 'the trigger did not set updated_at';
end $$;
\echo '6. Trigger works: ok'

rollback;
\echo 'All tests completed successfully!'
