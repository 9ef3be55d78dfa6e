/*
 * Real faults in a real browser against the real server. Each visit logs events with ids of its own, and the database says how many of them
 * are there: all, and each once, whatever went wrong. `RUNS` says how often each scenario happens (2), and runs alternate between a page whose
 * API is on its own host and one whose API is elsewhere.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch } from './browser.mjs';
import { linesOf, startProxy } from './faults/proxy.mjs';
import { scenarios } from './faults/scenarios.mjs';
import { beginVisit, tally } from './faults/visit.mjs';
import { startServer } from './server.mjs';

const RUNS = Number(process.env.RUNS ?? 2);
/* Most of a scenario is waiting. */
const AT_ONCE = 6;

let browser;
const table = [];

before(async () => {
  browser = await launch();
});
after(async () => {
  await browser?.close();
  print(table);
});

describe('every event is stored exactly once', { concurrency: AT_ONCE }, () => {
  for (const scenario of scenarios) {
    for (const tabs of [1, 2]) {
      const row = { scenario: scenario.name, tabs, runs: 0, sent: 0, stored: 0, lost: 0, doubled: 0, astray: 0 };
      table.push(row);
      test(`${scenario.name}, ${tabs} ${tabs === 1 ? 'tab' : 'tabs'}`, () => happenOften(scenario, row));
    }
  }
});

async function happenOften(scenario, row) {
  const server = await startServer();
  const mishaps = [];
  try {
    for (let run = 1; run <= RUNS; run += 1) mishaps.push(...(await happenOnce(scenario, run, server, row)));
  } finally {
    await server.stop();
  }
  assert.deepEqual(mishaps, []);
}

/* Adds the run to its row of the table. Gives what went wrong, with the requests that led there. */
async function happenOnce(scenario, run, server, row) {
  const { tabs } = row;
  const proxy = await startProxy(server);
  const user = `visitor-${run}`;
  const visit = await beginVisit({ browser, proxy, server, user, tabs, isSameOrigin: run % 2 === 0 });
  const mishaps = [];
  try {
    await scenario.happen({ visit, proxy, server, run });
  } catch (error) {
    mishaps.push(error.message);
  }
  if (proxy.hits < (scenario.hits ?? 0)) mishaps.push(`The fault hit ${proxy.hits} requests of ${scenario.hits}`);
  mishaps.push(...visit.faults());
  await visit.close();
  await proxy.stop();
  const result = tally(server, user, tabs);
  row.runs += 1;
  for (const [name, count] of Object.entries(result)) row[name] += count;
  const { lost, doubled, astray } = result;
  if (lost + doubled + astray > 0) mishaps.push(`${lost} lost, ${doubled} doubled, ${astray} in another session`);
  return mishaps.length === 0 ? [] : [`run ${run}`, ...mishaps, ...linesOf(proxy.trace)];
}

function print(rows) {
  const names = ['tabs', 'runs', 'sent', 'stored', 'lost', 'doubled', 'astray'];
  const line = (scenario, cells) => `${scenario.padEnd(52)}${cells.map((cell) => String(cell).padStart(8)).join('')}`;
  console.log([line('scenario', names), ...rows.map((row) => line(row.scenario, names.map((name) => row[name])))].join('\n'));
}
