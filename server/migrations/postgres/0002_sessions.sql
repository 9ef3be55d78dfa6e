-- Sessions, their events, their tabs, and what the server itself must remember.
-- Keys begin with user_id: no row is found without saying whose it is, and the rows of one user can live on one machine.
-- Columns that a heartbeat writes stand in no index, so that it rewrites no index entry (a heap-only update).

do $$
begin
  if (select relkind from pg_catalog.pg_class where oid = to_regclass('public.user_sessions')) = 'r' then
    raise exception 'user_sessions is not divided into months: this schema begins in an empty database'
      using hint = 'Use another database, or rename the tables that are there and copy their rows afterwards.';
  end if;
end $$;

create table if not exists public.user_sessions (
  user_id                text        not null check (char_length(user_id) between 1 and 128),
  id                     uuid        not null,
  given_id               uuid,
  device_id              uuid,
  previous_id            uuid,
  platform               text        not null default 'web' check (char_length(platform) between 1 and 50),
  app_section            text        check (char_length(app_section) between 1 and 200),
  section_changed_at     timestamptz not null,
  started_at             timestamptz not null,
  last_heartbeat_at      timestamptz not null,
  last_activity_at       timestamptz not null,
  ended_at               timestamptz,
  status                 text        not null default 'active' check (status in ('active', 'idle', 'ended', 'timeout')),
  end_reason             text        check (end_reason in ('logout', 'timeout', 'manual', 'app_close', 'crash', 'replaced')),
  epoch                  bigint      not null default 1 check (epoch >= 1),
  end_epoch              bigint,
  total_duration_seconds bigint      check (total_duration_seconds >= 0),
  active_seconds         bigint      not null default 0 check (active_seconds >= 0),
  activity_count         bigint      not null default 0 check (activity_count >= 0),
  device_info            jsonb       check (jsonb_typeof(device_info) = 'object'),
  location_info          jsonb       check (jsonb_typeof(location_info) = 'object'),
  metadata               jsonb       check (jsonb_typeof(metadata) = 'object'),
  user_agent             text        check (char_length(user_agent) <= 512),
  ip_address             inet        check (masklen(ip_address) <= case family(ip_address) when 4 then 24 else 48 end),
  consent                text,
  created_at             timestamptz not null default now(),
  updated_at             timestamptz not null default now(),
  change_order           bigint      not null,
  ended_order            bigint,
  constraint user_sessions_pkey primary key (user_id, id),
  constraint user_sessions_end_is_whole check (
    num_nulls(ended_at, end_reason, end_epoch, total_duration_seconds) = case when status in ('active', 'idle') then 4 else 0 end),
  constraint user_sessions_active_within_total check (active_seconds <= total_duration_seconds)
) partition by range (id);

-- What no month takes: ids of clocks that are far off, until the month's partition is made. Room on each page lets a beat stay on its page.
create table if not exists public.user_sessions_default partition of public.user_sessions default with (fillfactor = 70);

-- Not unique, for that would need the id in it: the starts of one user come one after another, and find what is there.
create index if not exists user_sessions_given on public.user_sessions (user_id, given_id) where given_id is not null;
create index if not exists idx_user_sessions_user_id on public.user_sessions (user_id, started_at desc);
create index if not exists idx_user_sessions_active on public.user_sessions (user_id) where ended_at is null;
create index if not exists idx_user_sessions_started_at on public.user_sessions using brin (started_at);
create index if not exists user_sessions_ended_order on public.user_sessions (ended_order) where ended_order is not null;

comment on table public.user_sessions is 'One row a session: who was there, on what, for how long, and how it ended; a partition a month, by the time in id';
comment on column public.user_sessions.user_id is 'The verified subject';
comment on column public.user_sessions.id is 'UUID version 7, made by the client; unique for its user';
comment on column public.user_sessions.given_id is 'The client''s id, where its time could not be believed';
comment on column public.user_sessions.device_id is 'A random id in the client''s storage';
comment on column public.user_sessions.previous_id is 'The session before it';
comment on column public.user_sessions.platform is 'One of platforms, or another one where the server''s settings allow it';
comment on column public.user_sessions.app_section is 'Where the person is';
comment on column public.user_sessions.section_changed_at is 'Since when, on the device''s time line';
comment on column public.user_sessions.last_heartbeat_at is 'The last contact: start, heartbeat or update';
comment on column public.user_sessions.last_activity_at is 'The last thing the person did';
comment on column public.user_sessions.ended_at is 'The leave time, else the last contact; null while it goes on';
comment on column public.user_sessions.end_reason is 'app_close is provisional: a contact within the resume window takes it back';
comment on column public.user_sessions.epoch is 'The highest of any contact; orders contacts, whatever order they arrive in';
comment on column public.user_sessions.end_epoch is 'The epoch of the end: a higher one takes app_close back';
comment on column public.user_sessions.total_duration_seconds is 'ended_at - started_at, gaps included, rounded down; null while it goes on';
comment on column public.user_sessions.active_seconds is 'How long the page was visible and in use: the greatest total reported, and at most as long as it lasts';
comment on column public.user_sessions.activity_count is 'How often the person did something: the greatest total reported';
comment on column public.user_sessions.ip_address is 'A network (/24 or /48), never an address; null unless the operator asked for it';
comment on column public.user_sessions.consent is 'What the person agreed to, where the application says so';
comment on column public.user_sessions.change_order is 'Grows with every change of any session: the cursor of the admin feed';
comment on column public.user_sessions.ended_order is 'change_order where it has ended, so that no heartbeat touches the index of it';

create table if not exists public.session_events (
  user_id     text        not null,
  session_id  uuid        not null,
  event_id    uuid        not null,
  tab_id      uuid,
  seq         bigint      check (seq >= 1),
  event_type  text        not null check (char_length(event_type) between 1 and 200),
  event_data  jsonb,
  section     text        check (char_length(section) between 1 and 200),
  occurred_at timestamptz not null,
  client_ts   timestamptz,
  sent_at     timestamptz,
  received_at timestamptz not null,
  row_order   bigint      generated always as identity,
  constraint session_events_pkey primary key (user_id, session_id, event_id),
  constraint session_events_session_fkey foreign key (user_id, session_id)
    references public.user_sessions (user_id, id) on delete cascade
) partition by range (event_id);

-- What no month takes: ids of devices whose clocks are far off, until the month's partition is made.
create table if not exists public.session_events_default partition of public.session_events default;

create index if not exists session_events_row_order on public.session_events (row_order);
create index if not exists session_events_sections on public.session_events (user_id, session_id) include (section)
  where event_type in ('session_start', 'section_change');

comment on table public.session_events is 'What happened in a session; a partition a month, by the time in event_id';
comment on column public.session_events.event_id is 'UUID version 7, made by the client, so that a repeated request finds it';
comment on column public.session_events.seq is 'Counts from 1 in its tab and session; gaps are losses';
comment on column public.session_events.occurred_at is 'Corrected where the device''s clock is far off';
comment on column public.session_events.client_ts is 'The device''s own value';
comment on column public.session_events.row_order is 'The order of storing: the cursor of the admin feed';

create table if not exists public.session_tabs (
  user_id    text   not null,
  session_id uuid   not null,
  tab_id     uuid   not null,
  last_seq   bigint not null default 0,
  dropped    jsonb  not null default '[]' check (jsonb_typeof(dropped) = 'array'),
  epoch      bigint not null,
  primary key (user_id, session_id, tab_id),
  foreign key (user_id, session_id) references public.user_sessions (user_id, id) on delete cascade
) partition by range (session_id);
create table if not exists public.session_tabs_default partition of public.session_tabs default with (fillfactor = 70);
comment on table public.session_tabs is 'The account that a tab gives of its sequence numbers: the highest given, and what it dropped';

-- What sessions may run on. The server's setting names others, and so does a row here.
create table if not exists public.platforms (
  name  text primary key check (char_length(name) between 1 and 50),
  title text not null
);
comment on table public.platforms is 'The platforms that sessions name, for people';
insert into public.platforms (name, title) values
  ('web', 'Web pages'), ('ios-external', 'iOS app, released'), ('ios-internal', 'iOS app, internal'),
  ('ios-widget', 'iOS widget'), ('macos-internal', 'macOS app, internal')
on conflict (name) do nothing;

create table if not exists public.job_runs (
  job         text        not null,
  started_at  timestamptz not null,
  finished_at timestamptz,
  rows        bigint,
  error       text,
  primary key (job, started_at)
);
comment on table public.job_runs is 'Runs of jobs that did something or failed';

create table if not exists session_internal.signing_keys (
  key_id     text        primary key,
  secret     bytea       not null,
  created_at timestamptz not null
);

-- The constants of sessions for callers that bring none of their own (the session server does).
create table if not exists session_internal.settings (
  only_row     boolean  primary key default true check (only_row),
  timeout      interval not null default '60 minutes',
  resume       interval not null default '30 minutes',
  room_timeout interval not null default '60 minutes'
);
insert into session_internal.settings default values on conflict do nothing;

create sequence if not exists session_internal.change_order;

alter table public.user_sessions enable row level security;
alter table public.user_sessions_default enable row level security;
alter table public.session_tabs_default enable row level security;
alter table public.session_events enable row level security;
alter table public.session_events_default enable row level security;
alter table public.session_tabs enable row level security;
alter table public.job_runs enable row level security;
alter table public.platforms enable row level security;
alter table session_internal.signing_keys enable row level security;
alter table session_internal.settings enable row level security;

call session_internal.applied(2);
