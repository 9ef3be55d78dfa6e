-- Rooms that people are in together, and who is in them. Rooms are keyed by their own id, for people of many subjects meet in one.
-- The rules are those of server/src/room; every moment is the database's or the server's, never a visitor's.

create table if not exists public.collab_sessions (
  id               uuid        primary key,
  owner_id         text        not null check (char_length(owner_id) between 1 and 128),
  is_active        boolean     not null default true,
  max_participants integer     not null check (max_participants >= 1),
  created_at       timestamptz not null default now(),
  updated_at       timestamptz not null default now()
);
create index if not exists collab_sessions_updated on public.collab_sessions (updated_at);
create index if not exists collab_sessions_owner on public.collab_sessions (owner_id);
comment on table public.collab_sessions is 'Rooms that people are in together';
comment on column public.collab_sessions.is_active is 'False: its owner closed it';
comment on column public.collab_sessions.updated_at is 'The last join, leave or close; never a mere presence';

create table if not exists public.session_participants (
  session_id    uuid        not null references public.collab_sessions (id) on delete cascade,
  user_id       text        not null check (char_length(user_id) between 1 and 128),
  device_id     uuid        not null default '00000000-0000-0000-0000-000000000000',
  is_active     boolean     not null default true,
  access_method text        not null check (access_method in ('invite', 'direct')),
  joined_at     timestamptz not null default now(),
  last_seen_at  timestamptz not null default now(),
  primary key (session_id, user_id, device_id)
) with (fillfactor = 70);
create index if not exists session_participants_active on public.session_participants (session_id) where is_active;
create index if not exists session_participants_user on public.session_participants (user_id);
comment on table public.session_participants is 'Who is or was in a room, on which device';
comment on column public.session_participants.last_seen_at is 'Only ever later; in no index, so that presence rewrites no index entry';

alter table public.collab_sessions enable row level security;
alter table public.session_participants enable row level security;

-- A room as the rules see it.
create or replace function session_internal.room(p_room_id uuid)
returns jsonb language sql stable
set search_path = '' set timezone = 'UTC'
as $$
  select to_jsonb(r) || jsonb_build_object(
    'last_seen_at', (select max(last_seen_at) from public.session_participants p where p.session_id = r.id),
    'participant_count', (select count(distinct user_id) from public.session_participants p where p.session_id = r.id and p.is_active))
  from public.collab_sessions r where r.id = p_room_id;
$$;

-- Being made counts as being seen, and so does the last person's leaving.
create or replace function session_internal.room_expires_at(
  created_at timestamptz, last_seen_at timestamptz, timeout interval, max_age interval)
returns timestamptz language sql stable parallel safe
return least(greatest(last_seen_at, created_at) + timeout, created_at + max_age);

create or replace function session_internal.create_room(p_room_id uuid, p_owner_id text, p_max_participants integer, p_now timestamptz)
returns jsonb language plpgsql
set search_path = '' set timezone = 'UTC'
as $$
declare
  room jsonb;
  made boolean;
begin
  insert into public.collab_sessions (id, owner_id, max_participants, created_at, updated_at)
  values (p_room_id, p_owner_id, p_max_participants, p_now, p_now)
  on conflict (id) do nothing;
  made := found;
  room := session_internal.room(p_room_id);
  if room ->> 'owner_id' is distinct from p_owner_id then
    return jsonb_build_object('refused', 'taken');
  end if;
  return jsonb_build_object('room', room, 'made', made);
end $$;

-- The room's row is locked, so that two joins do not both get the last seat.
create or replace function session_internal.join_room(
  p_room_id uuid, p_user_id text, p_device_id uuid, p_access_method text, p_now timestamptz, p_timeout interval, p_max_age interval)
returns jsonb language plpgsql
set search_path = '' set timezone = 'UTC'
as $$
declare
  room      public.collab_sessions;
  was_in    boolean;
  seated    boolean;
  taken     bigint;
  last_seen timestamptz;
  refused   text;
begin
  select * into room from public.collab_sessions where id = p_room_id for update;
  select count(*) filter (where user_id = p_user_id) > 0,
      count(*) filter (where user_id = p_user_id and is_active and last_seen_at > p_now - p_timeout) > 0,
      count(distinct user_id) filter (where is_active and last_seen_at > p_now - p_timeout), max(last_seen_at)
    into was_in, seated, taken, last_seen
    from public.session_participants where session_id = p_room_id;
  refused := case
    when room.id is null or not room.is_active then 'not_found'
    when p_access_method = 'direct' and room.owner_id <> p_user_id and not was_in then 'not_found'
    when p_access_method = 'direct' and p_now >= room.created_at + p_max_age then 'expired'
    when p_access_method = 'invite' and p_now >= session_internal.room_expires_at(room.created_at, last_seen, p_timeout, p_max_age)
      then 'expired'
    when not seated and taken >= room.max_participants then 'full' end;
  if refused is not null then
    return jsonb_build_object('refused', refused);
  end if;
  update public.collab_sessions r set updated_at = greatest(r.updated_at, p_now)
  where r.id = p_room_id and not exists (
    select from public.session_participants p
    where p.session_id = p_room_id and p.user_id = p_user_id and p.device_id = p_device_id and p.is_active);
  insert into public.session_participants as p (session_id, user_id, device_id, access_method, joined_at, last_seen_at)
  values (p_room_id, p_user_id, p_device_id, p_access_method, p_now, p_now)
  on conflict (session_id, user_id, device_id) do update set
    is_active = true, last_seen_at = greatest(p.last_seen_at, excluded.last_seen_at);
  return jsonb_build_object('room', session_internal.room(p_room_id));
end $$;

create or replace function session_internal.leave_room(
  p_room_id uuid, p_user_id text, p_device_id uuid, p_close boolean, p_now timestamptz)
returns jsonb language plpgsql
set search_path = '' set timezone = 'UTC'
as $$
declare
  room   public.collab_sessions;
  was_in boolean;
  closes boolean;
begin
  select * into room from public.collab_sessions where id = p_room_id for update;
  was_in := exists (select from public.session_participants p
    where p.session_id = p_room_id and p.user_id = p_user_id and p.device_id = p_device_id);
  closes := p_close and room.owner_id = p_user_id;
  if room.id is null or not (room.is_active or closes) or not (was_in or closes) then
    return jsonb_build_object('refused', 'not_found');
  elsif p_close and not closes then
    return jsonb_build_object('refused', 'not_owner');
  elsif closes then
    update public.collab_sessions r set is_active = false, updated_at = greatest(r.updated_at, p_now) where r.id = p_room_id and r.is_active;
    update public.session_participants p set is_active = false where p.session_id = p_room_id and p.is_active;
  else
    update public.session_participants p set is_active = false, last_seen_at = greatest(p.last_seen_at, p_now)
    where p.session_id = p_room_id and p.user_id = p_user_id and p.device_id = p_device_id and p.is_active;
    if found then
      update public.collab_sessions r set updated_at = greatest(r.updated_at, p_now) where r.id = p_room_id;
    end if;
  end if;
  return jsonb_build_object('room', session_internal.room(p_room_id));
end $$;

-- Presences of many people in many rooms, sorted by member; answered in their order with when each room expires. No room's row is written.
create or replace function session_internal.update_presence_group(p_presences jsonb, p_timeout interval, p_max_age interval)
returns jsonb language plpgsql
set search_path = '' set timezone = 'UTC'
as $$
declare
  answers jsonb;
begin
  perform from public.session_participants p
  where (p.session_id, p.user_id, p.device_id) in (
    select room_id, user_id, device_id from jsonb_to_recordset(p_presences) as s(room_id uuid, user_id text, device_id uuid))
  order by p.session_id, p.user_id, p.device_id for no key update;

  with said as (
    select n, (s ->> 'room_id')::uuid as room_id, s ->> 'user_id' as user_id, (s ->> 'device_id')::uuid as device_id, (s ->> 'at')::timestamptz as at
    from jsonb_array_elements(p_presences) with ordinality e(s, n)
  ), known as (
    select s.*, p.session_id is not null as is_in, coalesce(r.is_active, false) as is_open, r.created_at,
      (select max(q.last_seen_at) from public.session_participants q where q.session_id = r.id) as last_seen_at
    from said s left join public.collab_sessions r on r.id = s.room_id
    left join public.session_participants p
      on p.session_id = s.room_id and p.user_id = s.user_id and p.device_id = s.device_id and p.is_active
  ), judged as (
    select *, max(at) filter (where is_in) over (partition by room_id) as seen_at,
      min(at) over (partition by room_id) >= session_internal.room_expires_at(created_at, last_seen_at, p_timeout, p_max_age) as is_over
    from known
  ), seen as (
    update public.session_participants p set last_seen_at = greatest(p.last_seen_at, j.at)
    from (select room_id, user_id, device_id, max(at) as at from judged where is_open and is_in and not is_over group by 1, 2, 3) j
    where p.session_id = j.room_id and p.user_id = j.user_id and p.device_id = j.device_id
  )
  select coalesce(jsonb_agg(case
      when is_open and is_over then jsonb_build_object('refused', 'expired')
      when not (is_open and is_in) then jsonb_build_object('refused', 'not_found')
      else jsonb_build_object('expires_at', session_internal.room_expires_at(created_at, greatest(last_seen_at, seen_at), p_timeout, p_max_age))
      end order by n), '[]')
    into answers from judged;
  return answers;
end $$;

-- Everybody who is or was in a room, for those who own it or are or were in it; else null, as for a closed one.
create or replace function session_internal.room_participants(p_room_id uuid, p_user_id text)
returns jsonb language sql stable
set search_path = '' set timezone = 'UTC'
as $$
  select coalesce((select jsonb_agg(to_jsonb(p) order by p.user_id, p.device_id) from public.session_participants p where p.session_id = r.id), '[]')
  from public.collab_sessions r
  where r.id = p_room_id and r.is_active and (r.owner_id = p_user_id or exists (
    select from public.session_participants p where p.session_id = r.id and p.user_id = p_user_id));
$$;

-- Deletes rooms that are over, a bounded number at a time. Joining and leaving set updated_at, so a room whose updated_at is recent has been
-- seen recently: its index finds the candidates.
create or replace function session_internal.cleanup_rooms(
  p_now timestamptz, p_timeout interval, p_max_age interval, p_min_participants integer, p_limit bigint)
returns bigint language plpgsql
set search_path = '' set timezone = 'UTC'
as $$
declare
  deleted bigint;
begin
  if not pg_try_advisory_xact_lock(hashtext('session_internal.cleanup_rooms')) then
    return 0;
  end if;
  delete from public.collab_sessions where id in (
    select r.id from public.collab_sessions r
    cross join lateral (
      select count(*) as seen, count(distinct p.user_id) filter (where p.is_active) as present
      from public.session_participants p where p.session_id = r.id and p.last_seen_at > p_now - p_timeout) heard
    where (r.updated_at <= p_now - p_timeout and (not r.is_active or heard.seen = 0 or heard.present < p_min_participants))
      or r.created_at <= p_now - p_max_age
    order by r.id limit p_limit for update of r skip locked);
  get diagnostics deleted = row_count;
  return deleted;
end $$;

-- Rooms whose rows a user may read. A definer function, for a policy on participants cannot ask about participants.
create or replace function session_internal.rooms_of_caller()
returns setof uuid language sql stable
set search_path = ''
as $$
  select session_id from public.session_participants
  where user_id = (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')
  union
  select id from public.collab_sessions
  where owner_id = (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub');
$$;

do $$
declare
  function text;
  written text;
begin
  foreach function in array array[
    'room(uuid)', 'create_room(uuid, text, integer, timestamptz)',
    'join_room(uuid, text, uuid, text, timestamptz, interval, interval)', 'leave_room(uuid, text, uuid, boolean, timestamptz)',
    'update_presence_group(jsonb, interval, interval)', 'room_participants(uuid, text)']
  loop
    call session_internal.allow_as_writer('session_internal.' || function, 'session_writer', 'session_backend');
  end loop;
  call session_internal.allow('session_internal.room_expires_at(timestamptz, timestamptz, interval, interval)', 'session_writer');
  call session_internal.allow_as_writer('session_internal.rooms_of_caller()', 'session_writer', 'authenticated');
  foreach written in array array['collab_sessions', 'session_participants'] loop
    call session_internal.let_writer_write(written);
  end loop;
end $$;
-- Only the tables' owner deletes.
alter function session_internal.cleanup_rooms(timestamptz, interval, interval, integer, bigint) security definer;
call session_internal.allow('session_internal.cleanup_rooms(timestamptz, interval, interval, integer, bigint)', 'session_writer', 'session_backend');

drop policy if exists "Participants can view their rooms" on public.collab_sessions;
create policy "Participants can view their rooms" on public.collab_sessions for select to authenticated
  using (id in (select session_internal.rooms_of_caller()));
drop policy if exists "Participants can view each other" on public.session_participants;
create policy "Participants can view each other" on public.session_participants for select to authenticated
  using (session_id in (select session_internal.rooms_of_caller()));
grant select on public.collab_sessions, public.session_participants to authenticated;

create or replace view public.reading_sessions with (security_invoker = true) as
select r.id, r.is_active, r.created_at, r.updated_at,
  (select count(distinct p.user_id) from public.session_participants p where p.session_id = r.id and p.is_active) as participant_count
from public.collab_sessions r;
comment on view public.reading_sessions is 'collab_sessions with how many people are in each';
revoke all on public.reading_sessions from public, anon, authenticated, service_role, session_backend;
grant select on public.reading_sessions to authenticated, service_role;

call session_internal.applied(7);
