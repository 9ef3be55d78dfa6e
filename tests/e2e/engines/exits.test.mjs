/*
 * What arrives when a page ends, by engine and by the way in which it ends, and what `docs/EXITS.md` promises of it. A cell of its tables is the
 * least that must come true: "at once" (events and the end of the session are stored though nobody comes back), "next page" (the events are,
 * when the site is opened again), or "may be lost". Nothing is sent before the exit: the events wait for company that never comes.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { startProxy } from '../faults/proxy.mjs';
import { startServer } from '../server.mjs';
import { until } from '../until.mjs';
import { engines, makeProfile, startBrowser } from './driver.mjs';

const EVENTS = 10;
const LOST = 'may be lost';
const OUTCOMES = [LOST, 'next page', 'at once'];
const STORAGE = { 'With storage': 'local', 'Without storage': 'none' };

/* Each leaves a tab that is open, in this browser or in its successor. */
const EXITS = {
  'tab closed': async ({ browser, tab, other }) => {
    await browser.closeTab();
    await browser.goToTab(other);
    return { browser, tab: other };
  },
  'other page': async ({ browser, proxy, tab }) => {
    await browser.goto(`${proxy.site}/elsewhere`);
    return { browser, tab };
  },
  'browser closed': async ({ browser }) => {
    await browser.quit();
    return {};
  },
  'browser killed': async ({ browser }) => {
    await browser.kill();
    return {};
  },
};

const promised = readTables(new URL('../../../docs/EXITS.md', import.meta.url));
const seen = {};

for (const engine of engines) {
  describe(`when a page ends in ${engine}`, { concurrency: 3 }, () => {
    for (const [heading, persistence] of Object.entries(STORAGE)) {
      for (const exit of Object.keys(EXITS)) {
        test(`${heading.toLowerCase()}, ${exit}: ${promised[heading][exit][engine]}`, async () => {
          const least = promised[heading][exit][engine];
          const outcome = await leave(engine, exit, persistence, least);
          ((seen[heading] ??= {})[exit] ??= {})[engine] = outcome;
          assert.ok(OUTCOMES.indexOf(outcome) >= OUTCOMES.indexOf(least), `docs/EXITS.md promises "${least}", and it was "${outcome}"`);
        });
      }
    }
  });
}

test('the document names every exit and every engine, with words that are defined', () => {
  for (const [heading, rows] of Object.entries(promised)) {
    assert.deepEqual(Object.keys(rows), Object.keys(EXITS), heading);
    for (const cells of Object.values(rows)) {
      assert.deepEqual(Object.keys(cells), ['Chromium', 'Firefox', 'WebKit']);
      assert.deepEqual(Object.values(cells).filter((word) => !OUTCOMES.includes(word)), []);
    }
  }
});

after(() => {
  for (const [heading, rows] of Object.entries(seen)) {
    console.log(`${heading}, as seen in this run`);
    for (const [exit, cells] of Object.entries(rows)) console.log(`  ${exit.padEnd(16)}${engines.map((name) => `${name} ${cells[name]}`.padEnd(24)).join('')}`);
  }
});

/* What is promised is waited for; what is not, only looked for. */
async function leave(engine, exit, persistence, least) {
  const server = await startServer();
  const proxy = await startProxy(server);
  const profile = makeProfile();
  const address = `${proxy.site}/?endpoint=/api/sessions&user-id=ada&flush-seconds=600&persistence=${persistence}`;
  let browser = await startBrowser(engine, profile);
  const stored = () => server.rows("SELECT 1 FROM session_events WHERE event_type = 'last_words'").length === EVENTS;
  const ended = () => server.rows('SELECT 1 FROM user_sessions WHERE ended_at IS NULL').length === 0;
  const happens = (what, outcome) => until(outcome, what, { seconds: outcome === least ? 20 : 3 }).then(() => true, () => false);
  try {
    const tab = await browser.tab();
    const other = await browser.openTab();
    await browser.goToTab(tab);
    await browser.goto(address);
    await isLive(browser);
    await browser.run(`for (let number = 1; number <= ${EVENTS}; number += 1) sessionTracker.logEvent('last_words', { number })`);
    const left = await EXITS[exit]({ browser, proxy, tab, other });
    browser = left.browser;
    if (await happens(() => stored() && ended(), 'at once')) return 'at once';
    if (stored()) return 'next page';
    browser ??= await startBrowser(engine, profile);
    // A tab that could not say goodbye counts as gone after two minutes.
    await browser.goto(`${address}&minutes-ahead=3`);
    await isLive(browser);
    return (await happens(stored, 'next page')) ? 'next page' : LOST;
  } finally {
    await browser?.quit();
    await Promise.all([proxy.stop(), server.stop()]);
    profile.remove();
  }
}

const isLive = (browser) => until('the session is live', () => browser.run("return window.sessionTracker?.getState?.().status === 'live'"));

/* The tables under the headings: by heading, row and column. */
function readTables(file) {
  const tables = {};
  for (const section of readFileSync(file, 'utf8').split(/^## /m).slice(1)) {
    const heading = section.slice(0, section.indexOf('\n'));
    if (!(heading in STORAGE)) continue;
    const [[, ...columns], , ...rows] = section.split('\n').filter((line) => line.startsWith('|')).map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()));
    tables[heading] = Object.fromEntries(rows.map(([exit, ...cells]) => [exit, Object.fromEntries(cells.map((cell, index) => [columns[index], cell]))]));
  }
  return tables;
}
