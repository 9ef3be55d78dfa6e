/* What each example of the set-up page does when it is run: settings start a server, SQL and shell commands meet a throw-away cluster. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startServer } from '../../e2e/server.mjs';
import { openCluster } from '../cluster.mjs';

/** Runs the work on a cluster of its own. */
export async function onCluster(work) {
  const cluster = await openCluster();
  try {
    return await work(cluster);
  } finally {
    await cluster.close();
  }
}

/** The migrations, as the page has them applied. */
export const applied = (stage, cluster) =>
  stage.inShell('for file in server/migrations/postgres/*.sql; do psql "$DATABASE_URL" -q -v ON_ERROR_STOP=1 -1 -f "$file"; done', { DATABASE_URL: cluster.url });

/* The administrator's way, and then a server that logs in as the role and makes nothing. */
const byAdministrator = (stage, example) =>
  onCluster(async (cluster) => {
    await stage.inShell(example.text, { DATABASE_URL: cluster.url, SESSION_BACKEND_PASSWORD: 'a password' });
    const url = new URL(cluster.url);
    url.username = 'session_backend';
    const server = await startServer([], { '--database': url.href });
    try {
      const reply = await fetch(`${server.origin}/api/sessions/start`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"userId":"ada"}' });
      assert.equal(reply.status, 201);
      assert.equal(await cluster.query('select user_id from user_sessions'), 'ada');
    } finally {
      await server.stop();
    }
  });

const cleanupCheck = (stage, example) =>
  onCluster(async (cluster) => {
    await applied(stage, cluster);
    assert.match(await stage.inShell(example.text, { DATABASE_URL: cluster.url }), /All tests completed successfully!/);
  });

/* supabase-js, as far as the example needs it: a function of the database, called as the role and with the claims that PostgREST sets. */
const SUPABASE = (url) => `
import { execFileSync } from 'node:child_process';
const supabase = {
  async rpc(name, values) {
    const named = Object.entries(values).filter(([, value]) => value !== undefined).map(([key, value]) => key + ' => \\'' + (typeof value === 'string' ? value : JSON.stringify(value)) + '\\'');
    const sql = "set role authenticated; set request.jwt.claims = '{\\"sub\\":\\"ada\\"}'; select coalesce(json_agg(r), '[]') from " + name + '(' + named.join(', ') + ') r';
    return { data: JSON.parse(execFileSync('psql', [${JSON.stringify(url)}, '-v', 'ON_ERROR_STOP=1', '-qAt', '-c', sql], { encoding: 'utf8' })) };
  },
};`;

const supabase = (stage, example) =>
  onCluster(async (cluster) => {
    await applied(stage, cluster);
    await stage.inNode(example, { before: SUPABASE(cluster.url) });
    assert.equal(await cluster.query('select user_id, app_section, end_reason from user_sessions'), 'ada|home|logout');
    assert.equal(await cluster.query("select event_data ->> 'name' from session_events where event_type = 'button_click'"), 'buy');
  });

/* pg_cron's own function, which here runs the command at once. */
const CRON = `create schema cron; create table cron.job (name text, schedule text);
  create function cron.schedule(name text, schedule text, command text) returns void language plpgsql as $$
  begin insert into cron.job values (name, schedule); execute command; end $$`;

const cron = (stage, example) =>
  onCluster(async (cluster) => {
    await applied(stage, cluster);
    await cluster.query(CRON);
    await cluster.query(example.text);
    assert.equal(await cluster.query("select count(*) from cron.job where schedule ~ '^[0-9*/]+( [0-9*]+){4}$'"), '4');
  });

/* The accounts of a Supabase project, as far as the example needs them. */
const ACCOUNTS = "create schema auth; create table auth.users (id uuid primary key); insert into auth.users values ('019ca945-0a00-7000-8000-00000000000a')";

const deletion = (stage, example) =>
  onCluster(async (cluster) => {
    await applied(stage, cluster);
    await cluster.query(ACCOUNTS);
    await cluster.query(example.text);
    for (const user of ['019ca945-0a00-7000-8000-00000000000a', 'eve']) {
      await cluster.query(`set role service_role; select start_user_session(p_user_id => '${user}')`);
    }
    await cluster.query('delete from auth.users');
    assert.equal(await cluster.query('select user_id from user_sessions'), 'eve');
  });

/* The file decides all but where this machine listens and stores; a server that takes it answers. */
const settings = async (stage, example) => {
  const secret = join(stage.folder, 'session-jwt');
  writeFileSync(secret, 'a secret of thirty-two bytes or so');
  const file = join(stage.folder, 'settings.toml');
  const auth = /^auth = "optional"$/m.test(example.text) && !example.text.includes('[[issuer]]') ? '\n[[issuer]]\nkind = "firebase"\nproject = "my-app"\n' : '';
  writeFileSync(file, example.text.replace('/run/secrets/session-jwt', secret) + auth);
  const server = await startServer(['--config', file]);
  try {
    const reply = await fetch(`${server.origin}/api/sessions/start`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
    assert.equal(reply.status, example.text.includes('auth = "required"') ? 401 : 201);
  } finally {
    await server.stop();
  }
};

/* The unit's command, with the settings where they can be written here. */
const unit = async (stage, example) => {
  const [, flags] = /^ExecStart=\S*\/session-server (.*)$/m.exec(example.text);
  const file = join(stage.folder, 'service.toml');
  writeFileSync(file, 'auth = "optional"\n');
  const server = await startServer(flags.replace('/etc/session-server.toml', file).split(' '));
  try {
    assert.equal((await fetch(`${server.origin}/readyz`)).status, 200);
  } finally {
    await server.stop();
  }
};

export const setup = {
  'docs/SETUP.md § PostgreSQL § sh': byAdministrator,
  'docs/SETUP.md § PostgreSQL § sh 2': cleanupCheck,
  'docs/SETUP.md § Supabase § js': supabase,
  'docs/SETUP.md § Supabase § js 2': supabase,
  'docs/SETUP.md § Supabase § sql': cron,
  'docs/SETUP.md § Supabase § sql 2': deletion,
  'docs/SETUP.md § Login § toml': settings,
  'docs/SETUP.md § Login § toml 2': settings,
  'docs/SETUP.md § Behind a proxy § toml': settings,
  'docs/SETUP.md § As a service § ini': unit,
};
