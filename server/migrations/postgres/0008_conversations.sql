-- Conversations with a model. They have a table of their own, for their texts are long, and are kept and read by rules of their own.

create table if not exists public.ai_sessions (
  user_id    text        not null check (char_length(user_id) between 1 and 128),
  id         uuid        not null default gen_random_uuid(),
  session_id uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (user_id, id)
);
create index if not exists ai_sessions_updated on public.ai_sessions (updated_at);
comment on table public.ai_sessions is 'Conversations with a model';
comment on column public.ai_sessions.session_id is 'The session it began in; outlives it';

create table if not exists public.ai_interactions (
  user_id       text        not null,
  ai_session_id uuid        not null,
  id            uuid        not null default gen_random_uuid(),
  prompt        text        not null,
  response      text,
  model_used    text        check (char_length(model_used) between 1 and 200),
  tokens_used   bigint      check (tokens_used >= 0),
  created_at    timestamptz not null default now(),
  primary key (user_id, ai_session_id, id),
  foreign key (user_id, ai_session_id) references public.ai_sessions (user_id, id) on delete cascade
);
create index if not exists ai_interactions_created on public.ai_interactions (created_at);
comment on table public.ai_interactions is 'Prompts, and what came of them';

alter table public.ai_sessions enable row level security;
alter table public.ai_interactions enable row level security;

-- Makes sure of conversations, and stores interactions in them: any number of callers at once get one row and no error. An id that somebody
-- else uses too makes the caller's own row. Each element names user_id, id and now, and may have session_id and an interaction.
create or replace function session_internal.write_conversations_group(p_rows jsonb)
returns jsonb language plpgsql
set search_path = '' set timezone = 'UTC'
as $$
declare
  unlinked bigint[];
  sessions bigint[];
  logged   bigint[];
begin
  perform from public.ai_sessions s
  where (s.user_id, s.id) in (select w ->> 'user_id', (w ->> 'id')::uuid from jsonb_array_elements(p_rows) w)
  order by s.user_id, s.id for no key update;

  with asked as (
    select n, w ->> 'user_id' as user_id, (w ->> 'id')::uuid as id, (w ->> 'session_id')::uuid as link, (w ->> 'now')::timestamptz as now
    from jsonb_array_elements(p_rows) with ordinality e(w, n)
  ), linked as (
    select a.*, s.id as linked,
      a.link is not null and s.id is null and not exists (select from public.ai_sessions c where c.user_id = a.user_id and c.id = a.id) as refused
    from asked a left join public.user_sessions s on s.user_id = a.user_id and (s.id = a.link or s.given_id = a.link)
  ), stored as (
    insert into public.ai_sessions (user_id, id, session_id, created_at, updated_at)
    select distinct on (user_id, id) user_id, id, linked, now, now from linked where not refused order by user_id, id, n
    on conflict (user_id, id) do nothing
    returning user_id, id
  )
  select array_agg(l.n) filter (where l.refused), array_agg(f.n) filter (where f.n is not null) into unlinked, sessions
  from linked l left join (
    select min(l.n) as n from linked l join stored s using (user_id, id) where not l.refused group by user_id, id) f on f.n = l.n;

  with said as (
    select n, w ->> 'user_id' as user_id, (w ->> 'id')::uuid as ai_session_id, (w ->> 'now')::timestamptz as now, i.*
    from jsonb_array_elements(p_rows) with ordinality e(w, n)
    cross join lateral jsonb_to_record(w -> 'interaction') as i(id uuid, prompt text, response text, model_used text, tokens_used bigint)
    where jsonb_typeof(w -> 'interaction') = 'object' and not n = any (coalesce(unlinked, '{}'))
  ), stored as (
    insert into public.ai_interactions (user_id, ai_session_id, id, prompt, response, model_used, tokens_used, created_at)
    select distinct on (user_id, ai_session_id, id) user_id, ai_session_id, id, prompt, response, model_used, tokens_used, now
    from said order by user_id, ai_session_id, id, n
    on conflict (user_id, ai_session_id, id) do nothing
    returning user_id, ai_session_id, id, created_at
  ), touched as (
    update public.ai_sessions s set updated_at = greatest(s.updated_at, t.at)
    from (select user_id, ai_session_id, max(created_at) as at from stored group by 1, 2) t
    where s.user_id = t.user_id and s.id = t.ai_session_id
  )
  select array_agg(first) into logged
  from (select min(n) as first from said join stored using (user_id, ai_session_id, id) group by user_id, ai_session_id, id) firsts;

  return (
    select coalesce(jsonb_agg(case
      when n = any (coalesce(unlinked, '{}')) then jsonb_build_object('refused', 'no_such_session')
      else jsonb_build_object('session', to_jsonb(s), 'made', n = any (coalesce(sessions, '{}')), 'logged', n = any (coalesce(logged, '{}')))
      end order by n), '[]')
    from jsonb_array_elements(p_rows) with ordinality e(w, n)
    left join public.ai_sessions s on s.user_id = w ->> 'user_id' and s.id = (w ->> 'id')::uuid);
end $$;

-- Deletes interactions older than that, and when none is left conversations in which nothing came since; a bounded number of rows at a time.
create or replace function session_internal.cleanup_old_interactions(p_before timestamptz, p_limit bigint)
returns bigint language plpgsql
set search_path = ''
as $$
declare
  deleted bigint;
begin
  delete from public.ai_interactions where (user_id, ai_session_id, id) in (
    select user_id, ai_session_id, id from public.ai_interactions where created_at < p_before limit p_limit);
  get diagnostics deleted = row_count;
  if deleted = 0 then
    delete from public.ai_sessions where (user_id, id) in (
      select user_id, id from public.ai_sessions where updated_at < p_before limit p_limit);
    get diagnostics deleted = row_count;
  end if;
  return deleted;
end $$;

call session_internal.let_writer_write('ai_sessions');
call session_internal.let_writer_write('ai_interactions');
call session_internal.allow_as_writer('session_internal.write_conversations_group(jsonb)', 'session_writer', 'session_backend');
-- Only the tables' owner deletes.
alter function session_internal.cleanup_old_interactions(timestamptz, bigint) security definer;
call session_internal.allow('session_internal.cleanup_old_interactions(timestamptz, bigint)', 'session_writer', 'session_backend');

drop policy if exists "Users can view their own conversations" on public.ai_sessions;
create policy "Users can view their own conversations" on public.ai_sessions for select to authenticated
  using (user_id = (select nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'));
drop policy if exists "Users can view their own interactions" on public.ai_interactions;
create policy "Users can view their own interactions" on public.ai_interactions for select to authenticated
  using (user_id = (select nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'));
grant select on public.ai_sessions, public.ai_interactions to authenticated;

call session_internal.applied(8);
