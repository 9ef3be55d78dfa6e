-- Roles, and the schema of what is not for users. Every file here may be run again, in order, by whoever administers the database.
--
-- session_writer   owns the functions that write, and nothing else; nobody logs in as it.
-- session_backend  is what the session server becomes after login; it may execute functions and sees no table.
-- anon, authenticated, service_role are Supabase's; they are made only where they are missing.

do $$
declare
  name text;
begin
  foreach name in array array['session_writer', 'session_backend', 'anon', 'authenticated', 'service_role'] loop
    begin
      if not exists (select from pg_catalog.pg_roles where rolname = name) then
        execute format('create role %I nologin', name);
      end if;
    exception when duplicate_object or unique_violation then
      null; -- another database of this cluster was being set up at the same moment
    end;
  end loop;
  -- A function can only be given to a role that its giver is a member of.
  execute format('grant session_writer to %I', current_user);
end $$;

create schema if not exists session_internal;
revoke all on schema session_internal from public;
grant usage, create on schema session_internal to session_writer;
-- Whoever is given a function must be allowed to create one in its schema; 0013 takes this back.
grant create on schema public to session_writer;
grant usage on schema session_internal to session_backend;
grant usage on schema public to session_writer, session_backend, anon, authenticated, service_role;

create table if not exists session_internal.schema_versions (
  version    integer primary key,
  applied_at timestamptz not null default now()
);
alter table session_internal.schema_versions enable row level security;

-- Notes that a file of this folder was applied.
create or replace procedure session_internal.applied(file_version integer)
language sql
begin atomic
  insert into session_internal.schema_versions (version) values (file_version) on conflict (version) do nothing;
end;
revoke all on procedure session_internal.applied(integer) from public;

-- Leaves a function to the given roles alone. Supabase grants every new function to its three roles by default, and PostgreSQL to PUBLIC.
create or replace procedure session_internal.allow(function text, variadic roles text[])
language plpgsql
set search_path = ''
as $$
declare
  role text;
begin
  execute format('revoke all on function %s from public, anon, authenticated, service_role, session_backend, session_writer', function::regprocedure);
  foreach role in array roles loop
    execute format('grant execute on function %s to %I', function::regprocedure, role);
  end loop;
end $$;
revoke all on procedure session_internal.allow(text, text[]) from public;

-- The same, for a function that runs with the writer's rights whoever calls it.
create or replace procedure session_internal.allow_as_writer(function text, variadic roles text[])
language plpgsql
set search_path = ''
as $$
begin
  execute format('alter function %s security definer', function::regprocedure);
  execute format('alter function %s owner to session_writer', function::regprocedure);
  call session_internal.allow(function, variadic roles);
end $$;
revoke all on procedure session_internal.allow_as_writer(text, text[]) from public;

call session_internal.applied(1);
