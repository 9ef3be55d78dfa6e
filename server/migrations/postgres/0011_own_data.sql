-- Everything that is stored of one subject: to be handed to them, a page at a time by key, or erased.

-- One page of a table's rows as JSON, after the key that the last page ended with. Every key is one or two UUIDs.
create or replace function session_internal.own_rows(
  p_table text, p_user_id text, p_first uuid, p_second uuid, p_limit bigint)
returns setof jsonb language plpgsql stable
set search_path = '' set timezone = 'UTC'
as $$
begin
  case p_table
    when 'user_sessions' then return query
      select to_jsonb(t) from public.user_sessions t where t.user_id = p_user_id and (p_first is null or t.id > p_first)
      order by t.id limit p_limit;
    when 'session_events' then return query
      select to_jsonb(t) from public.session_events t
      where t.user_id = p_user_id and (p_first is null or (t.session_id, t.event_id) > (p_first, p_second))
      order by t.session_id, t.event_id limit p_limit;
    when 'session_tabs' then return query
      select to_jsonb(t) from public.session_tabs t
      where t.user_id = p_user_id and (p_first is null or (t.session_id, t.tab_id) > (p_first, p_second))
      order by t.session_id, t.tab_id limit p_limit;
    when 'collab_sessions' then return query
      select session_internal.room(t.id) from public.collab_sessions t
      where t.owner_id = p_user_id and (p_first is null or t.id > p_first)
      order by t.id limit p_limit;
    when 'session_participants' then return query
      select to_jsonb(t) from public.session_participants t
      where t.user_id = p_user_id and (p_first is null or (t.session_id, t.device_id) > (p_first, p_second))
      order by t.session_id, t.device_id limit p_limit;
    when 'ai_sessions' then return query
      select to_jsonb(t) from public.ai_sessions t where t.user_id = p_user_id and (p_first is null or t.id > p_first)
      order by t.id limit p_limit;
    when 'ai_interactions' then return query
      select to_jsonb(t) from public.ai_interactions t
      where t.user_id = p_user_id and (p_first is null or (t.ai_session_id, t.id) > (p_first, p_second))
      order by t.ai_session_id, t.id limit p_limit;
  end case;
end $$;

-- Deletes at most about so many rows of a subject's. How many; 0 when nothing of theirs is left.
create or replace function session_internal.erase(p_user_id text, p_limit bigint)
returns bigint language plpgsql
set search_path = ''
as $$
declare
  erased bigint;
begin
  -- Events before the sessions they belong to, so that no cascade is longer than a step.
  delete from public.session_events where (user_id, session_id, event_id) in (
    select user_id, session_id, event_id from public.session_events where user_id = p_user_id limit p_limit);
  get diagnostics erased = row_count;
  if erased > 0 then return erased; end if;
  delete from public.user_sessions where (user_id, id) in (
    select user_id, id from public.user_sessions where user_id = p_user_id limit p_limit);
  get diagnostics erased = row_count;
  if erased > 0 then return erased; end if;
  delete from public.session_participants where (session_id, user_id, device_id) in (
    select session_id, user_id, device_id from public.session_participants where user_id = p_user_id limit p_limit);
  get diagnostics erased = row_count;
  if erased > 0 then return erased; end if;
  delete from public.collab_sessions where id in (select id from public.collab_sessions where owner_id = p_user_id limit p_limit);
  get diagnostics erased = row_count;
  if erased > 0 then return erased; end if;
  delete from public.ai_interactions where (user_id, ai_session_id, id) in (
    select user_id, ai_session_id, id from public.ai_interactions where user_id = p_user_id limit p_limit);
  get diagnostics erased = row_count;
  if erased > 0 then return erased; end if;
  delete from public.ai_sessions where (user_id, id) in (select user_id, id from public.ai_sessions where user_id = p_user_id limit p_limit);
  get diagnostics erased = row_count;
  return erased;
end $$;

call session_internal.allow_as_writer('session_internal.own_rows(text, text, uuid, uuid, bigint)', 'session_writer', 'session_backend');
-- Only the tables' owner deletes.
alter function session_internal.erase(text, bigint) security definer;
call session_internal.allow('session_internal.erase(text, bigint)', 'session_backend');

call session_internal.applied(11);
