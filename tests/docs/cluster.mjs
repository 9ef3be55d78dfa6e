/* A throw-away PostgreSQL cluster, which lives until it is closed, and psql on it. */
import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { until } from '../e2e/until.mjs';
import { PROJECT } from './stage.mjs';

const execute = promisify(execFile);

export async function openCluster() {
  const child = spawn('scripts/postgres-cluster', { cwd: PROJECT, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (said += text));
  const url = await until('the cluster names its address', () => {
    if (child.exitCode !== null) throw new Error('The cluster ended at once: see above.');
    return /^postgres:\S+(?=\n)/.exec(said)?.[0];
  });
  return {
    url,
    /** What a query gives, as psql prints it without frames. */
    async query(sql, ...flags) {
      const { stdout } = await execute('psql', [url, '-v', 'ON_ERROR_STOP=1', '-qAt', ...flags, '-c', sql], { encoding: 'utf8' });
      return stdout.trim();
    },
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}
