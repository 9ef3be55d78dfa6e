/*
 * A Chromium in which only the tabs that are asked for are watched. It prerenders nothing and throws no tab away that DevTools are attached to, and drivers of
 * browsers attach to all of them.
 */
import { spawn } from 'node:child_process';
import { executable } from './browser.mjs';

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-component-update', '--disable-sync', '--remote-debugging-pipe'];

/** Starts it with this folder as its profile. */
export function startUnwatched(profile) {
  const child = spawn(executable(), [...FLAGS, `--user-data-dir=${profile}`], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
  const [, , , commands, answers] = child.stdio;
  const waiting = new Map();
  let text = '';
  answers.setEncoding('utf8').on('data', (more) => {
    const messages = (text + more).split('\0');
    text = messages.pop();
    for (const message of messages) {
      const { id, result, error } = JSON.parse(message);
      waiting.get(id)?.(result ?? Promise.reject(new Error(error.message)));
    }
  });
  const send = (method, params, sessionId) =>
    new Promise((resolve) => {
      const id = waiting.size + 1;
      waiting.set(id, resolve);
      commands.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  // Without a timely end of the browser a command has nobody to answer it.
  commands.on('error', () => {});
  return {
    /** Opens an address in a tab that nobody watches. */
    open: (url) => send('Target.createTarget', { url }),
    /** Opens one in a tab that is watched, and gives what evaluates an expression there. */
    async watch(url) {
      const { targetId } = await send('Target.createTarget', { url });
      const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
      return {
        goto: (next) => send('Page.navigate', { url: next }, sessionId),
        evaluate: async (expression) => (await send('Runtime.evaluate', { expression, returnByValue: true }, sessionId)).result.value,
      };
    },
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
    },
  };
}
