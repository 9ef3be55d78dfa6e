/* What the examples of the short pages do when they are run, and those of the migration. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { trackerIsLive } from '../../e2e/browser.mjs';
import { until } from '../../e2e/until.mjs';
import { project, serve } from '../../packaging/packed.mjs';
import { freePort, PROJECT } from '../stage.mjs';
import { backendCheck, RENDERED, site } from './guide.mjs';
import { applied, onCluster } from './setup.mjs';

/* Both build everything, so here it is only asked whether make knows them. */
const targets = async (stage, example) => {
  for (const target of ['run', 'test']) {
    assert.match(example.text, new RegExp(`^make ${target}`, 'm'));
    assert.match(await stage.inShell(`make --dry-run ${target}`), new RegExp(`scripts/${target}`));
  }
};

const clickInReact = (stage, example) =>
  stage.inPage(example, { after: RENDERED }, async (page, visit) => {
    await page.getByRole('button', { name: /^Buy/ }).click();
    await visit.arrives('button_click');
  });

const smallestBackend = async (stage, example) => {
  const port = await freePort();
  const file = join(stage.folder, 'backend.mjs');
  writeFileSync(file, example.text.replace('listen(3000,', `listen(${port},`));
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (said += text));
  try {
    const body = JSON.stringify({ sessionId: 'a-session', userId: 'ada' });
    const reply = await until('the backend answers', () => fetch(`http://127.0.0.1:${port}/api/sessions/start`, { method: 'POST', body }).catch(() => undefined));
    assert.deepEqual(await reply.json(), { sessionId: 'a-session' });
    // What it prints comes by another way than what it answers.
    await until('the backend prints the request', () => said.includes('POST /api/sessions/start'));
  } finally {
    child.kill();
  }
};

const anyApplication = (stage, example) =>
  stage.inPage(example, { after: 'window.sessionTracker = tracker;' }, async (page, visit) => {
    await visit.arrives('button_click');
    assert.equal(await page.evaluate(() => window.sessionTracker.getState().section), 'pricing');
  });

/* The example's own script, on the packed package beside it. */
const nextApplication = async (stage, example) => {
  const [, backend, script] = /^SESSION_BACKEND=(\S+) npm run (\w+)$/m.exec(example.text);
  const folder = project('next-docs', join(PROJECT, 'examples/next'));
  const [program, ...flags] = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).scripts[script].split(' ');
  const variables = { SESSION_BACKEND: backend.replace('http://127.0.0.1:8787', stage.server.origin) };
  const server = await serve(folder, variables, program, ...flags, '--hostname', '127.0.0.1', '--port', '0');
  try {
    assert.match(await (await fetch(server.origin)).text(), /<output>idle<\/output>/);
    const reply = await fetch(`${server.origin}/api/sessions/start`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"userId":"ada"}' });
    assert.equal(reply.status, 201);
  } finally {
    await server.stop();
  }
};

const components = (stage, example) => {
  const used = "function Status() { return <output>{useSession().state.section}</output>; }\nconst App = () => <Tracked pathname='/dashboard'><Status /></Tracked>;\nimport { useSession } from 'session-tracker/react';";
  return stage.inPage(example, { after: `${used}\n${RENDERED}` }, (page) => page.getByText('dashboard', { exact: true }).waitFor());
};

const serviceObject = (stage, example) =>
  stage.inPage(example, { after: 'window.sessionId = sessionId;' }, async (page, visit) => {
    const click = await visit.arrives('button_click');
    await page.waitForFunction(() => window.sessionId);
    assert.equal(click.session_id, await page.evaluate(() => window.sessionId));
    await until('the session has ended', () => visit.sessions().some(({ id, end_reason: reason }) => id === click.session_id && reason === 'logout'));
  });

const oldKeys = (stage, example) =>
  stage.inPage(example, { before: "localStorage.setItem('session_id', '1'); localStorage.setItem('theirs', '1');", after: 'window.kept = Object.keys(localStorage);' }, async (page) => {
    await page.waitForFunction(() => window.kept);
    assert.deepEqual(await page.evaluate(() => window.kept), ['theirs']);
  });

/* Tables as hand-written trackers have them: a row that ended, one that never did, and their events. */
const OLD = `
create table user_sessions (id uuid primary key default gen_random_uuid(), user_id text not null, session_start timestamptz not null, session_end timestamptz,
  app_section text, device_info jsonb, metadata jsonb, updated_at timestamptz);
create table session_events (id uuid primary key default gen_random_uuid(), session_id uuid references user_sessions, event_type text not null, event_data jsonb, timestamp timestamptz not null);
create index idx_user_sessions_user_id on user_sessions (user_id);
create view active_sessions_summary as select count(*) from user_sessions where session_end is null;
create function calculate_session_duration(a timestamptz, b timestamptz default now()) returns integer language sql as 'select 1';
create function cleanup_old_sessions(days_old int default 90) returns integer language sql as 'select 1';
create function end_inactive_sessions(timeout_minutes int default 60) returns integer language sql as 'select 1';
create function update_user_sessions_updated_at_column() returns trigger language plpgsql as 'begin return new; end';
create trigger update_user_sessions_updated_at before update on user_sessions for each row execute function update_user_sessions_updated_at_column();
insert into user_sessions (user_id, session_start, session_end, app_section, metadata) values
  ('ada', now() - interval '40 days', now() - interval '40 days' + interval '90 seconds', 'docs', '{"section_history":["home","docs"],"plan":"M"}'),
  ('bob', now() - interval '2 days', null, 'home', null);
insert into session_events (session_id, event_type, event_data, timestamp)
  select id, 'button_click', '{"name":"buy"}', session_start + interval '30 seconds' from user_sessions;`;

let makeRoom;
const room = async (stage, example) => {
  makeRoom = example.text;
  await onCluster(async (cluster) => {
    await cluster.query(OLD);
    await cluster.query(example.text);
    await applied(stage, cluster);
    assert.equal(await cluster.query('select count(*) from public.user_sessions'), '0');
  });
};

/* After the example above it, as a reader would; and once more, which changes nothing. */
const copy = (stage, example) =>
  onCluster(async (cluster) => {
    await cluster.query(OLD);
    await cluster.query(makeRoom);
    await applied(stage, cluster);
    for (const time of ['first', 'second']) {
      await cluster.query(example.text);
      const sessions = await cluster.query('select user_id, status, end_reason, total_duration_seconds, app_section, metadata from public.user_sessions order by user_id');
      assert.equal(sessions, 'ada|ended|app_close|90|docs|{"plan": "M"}\nbob|ended|timeout|30|home|', `the ${time} time`);
      assert.equal(await cluster.query('select count(*) from session_events join user_sessions using (user_id) where id = session_id'), '2');
      assert.equal(await cluster.query('select count(*) from session_events_default'), '0');
    }
  });

/* The same questions to both stores, after a visit. */
const questions = async (stage, example) => {
  await backendCheck(stage, { language: 'js', text: "import { analyticsTestHelpers } from 'session-tracker/testing'; await analyticsTestHelpers.testSessionAndEventCreation('ada', { endpoint: 'http://127.0.0.1:8787/api/sessions' });" });
  const queries = example.text.split(';').map((query) => query.trim()).filter(Boolean);
  assert.equal(queries.length, 3);
  const [, counts, ordered] = queries.map((query) => stage.server.rows(query));
  assert.ok(counts[0].events > 0 && counts[0].people > 0);
  assert.ok(ordered.some(({ event_type: type }) => type === 'session_start'));
  const times = ordered.map(({ occurred_at: time }) => time);
  assert.deepEqual(times, [...times].sort());
  await onCluster(async (cluster) => {
    await applied(stage, cluster);
    for (const query of queries) assert.equal(await cluster.query(query), '');
  });
};

const followed = (stage, example) =>
  stage.inPage(example, { after: 'window.sessionTracker = tracker;' }, async (page) => {
    await trackerIsLive(page);
    await page.evaluate(() => history.pushState(null, '', '/app/pricing'));
    await page.waitForFunction(() => window.sessionTracker.getState().section === 'pricing');
  });

export const others = {
  'README.md § See it work § sh': targets,
  'README.md § React § jsx': clickInReact,
  'README.md § A script tag § html': site,
  'README.md § Your own backend § js': smallestBackend,
  'pkg/README.md § Any application § js': anyApplication,
  'pkg/README.md § React § jsx': clickInReact,
  'pkg/README.md § A script tag § html': site,
  'examples/next/README.md § Next.js, App Router § sh': nextApplication,
  'docs/QUESTIONS.md § Where is my data? § sql': questions,
  'docs/QUESTIONS.md § My router is not React\'s § js': followed,
  'docs/MIGRATION.md § 1. The components § tsx': components,
  'docs/MIGRATION.md § 1. The components § ts': serviceObject,
  'docs/MIGRATION.md § 1. The components § js': oldKeys,
  'docs/MIGRATION.md § 2. The database § sql': room,
  'docs/MIGRATION.md § 2. The database § sql 2': copy,
  'docs/MIGRATION.md § 3. Seeing that it works § ts': backendCheck,
};
