/*
 * Pages that change the browser's own objects, frames that are nobody's, and hosts whose callbacks call back: the visit is tracked or the tracker
 * does nothing, and the page never hears of it.
 */
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { everythingIsDelivered, ledgerOf, trackerIsLive } from './browser.mjs';
import { openStage } from './stage.mjs';

const stage = openStage({ isShared: true });
let page;
let faults;

beforeEach(async () => {
  ({ page, faults } = await stage.openPage());
});

const script = (attributes = 'data-endpoint="/api/sessions" data-flush-seconds="0"') => `<script src="/pkg/session-tracker.iife.js" ${attributes}></script>`;

const open = (html) => stage.show(page, html);

/* One event of the page's tracker arrives with its data, and the page is clean. */
async function isTracked() {
  await trackerIsLive(page);
  const id = await page.evaluate(() => window.sessionTracker.logEvent('button_click', { list: [1, { plan: 'M' }] }));
  await everythingIsDelivered(page);
  const [{ event_data: data }] = stage.server.rows('SELECT event_data FROM session_events WHERE event_id = ?', id);
  assert.deepEqual(JSON.parse(data), { list: [1, { plan: 'M' }] });
  assert.deepEqual(faults, []);
}

describe('a page', () => {
  test('that adds to the prototypes of objects, arrays and texts is tracked', async () => {
    await page.addInitScript(() => {
      for (const { prototype } of [Object, Array, String]) prototype.extra = function () {};
    });
    await open(script());
    await isTracked();
  });

  test('of an insecure address, without locks and random ids, is tracked', async () => {
    await page.route('http://shop.test/**', async (route) => {
      const { pathname } = new URL(route.request().url());
      if (pathname === '/own/') return route.fulfill({ contentType: 'text/html', body: `<!doctype html>${script()}` });
      const headers = { ...route.request().headers(), origin: stage.server.origin };
      await route.fulfill({ response: await route.fetch({ url: stage.server.origin + pathname, headers }) });
    });
    await page.goto('http://shop.test/own/');
    assert.deepEqual(await page.evaluate(() => [isSecureContext, typeof crypto.randomUUID, typeof navigator.locks]), [false, 'undefined', 'undefined']);
    await isTracked();
  });

  test('with a frame that is named like a property of the document is in view all the same', async () => {
    await open(`<iframe name="hidden"></iframe>${script()}`);
    await isTracked();
    assert.deepEqual(await page.evaluate(() => [typeof document.hidden, window.sessionTracker.getState().person]), ['object', 'active']);
  });

  test('that writes the script by document.write, and takes all scripts away again, is tracked', async () => {
    await open(`<script>document.write('${script().replace('</', '<\\/')}')</script><script>for (const each of [...document.scripts]) each.remove()</script>`);
    await isTracked();
  });

  test('whose fetch throws or gives nothing loses nothing, also as it leaves with a bearer', async () => {
    await page.addInitScript(() => {
      window.theirs = window.fetch;
      window.fetch = () => new Promise(() => {});
    });
    await open(script(''));
    const states = await page.evaluate(async () => {
      window.sessionTracker = await window.SessionTracker.create({ endpoint: '/api/sessions', flushSeconds: 0, getToken: () => 'a-token' });
      void window.sessionTracker.start();
      await new Promise(requestAnimationFrame);
      return [() => undefined, () => { throw new Error('mine'); }].map((broken) => {
        window.fetch = broken;
        window.sessionTracker.logEvent('button_click');
        dispatchEvent(new PageTransitionEvent('pagehide'));
        dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
        return window.sessionTracker.getState().status;
      });
    });
    assert.deepEqual(states, ['starting', 'starting']);
    await page.evaluate(() => {
      window.fetch = window.theirs;
      dispatchEvent(new Event('online'));
    });
    await everythingIsDelivered(page);
    assert.equal((await ledgerOf(page)).delivered, 2);
    assert.deepEqual(faults, []);
  });

  test('in a frame without an address of its own is tracked', async () => {
    await open(`<iframe srcdoc='${script()}'></iframe>`);
    const [, frame] = page.frames();
    await frame.waitForFunction(() => window.sessionTracker?.getState?.().status === 'live');
    assert.deepEqual(faults, []);
  });

  test('in a sandbox without an origin is tracked from memory', async () => {
    await page.route('**/inner', (route) => route.fulfill({ contentType: 'text/html', body: `<!doctype html>${script()}` }));
    await page.route('**/api/**', async (route) => {
      const headers = { ...route.request().headers(), origin: stage.server.origin };
      const response = await route.fetch({ headers });
      await route.fulfill({ response, headers: { ...response.headers(), 'access-control-allow-origin': '*' } });
    });
    await page.route('**/pkg/**', async (route) => route.fulfill({ response: await route.fetch() }));
    await open('<iframe sandbox="allow-scripts" src="/inner"></iframe>');
    const [, frame] = page.frames();
    await frame.waitForFunction(() => window.sessionTracker?.getState?.().status === 'live');
    assert.equal(await frame.evaluate(() => origin), 'null');
    assert.deepEqual(faults, []);
  });

  test('that logs a hundred thousand events in a loop goes on, and the ledger has each of them', async () => {
    await open(script());
    await trackerIsLive(page);
    await page.evaluate(() => {
      for (let number = 0; number < 100_000; number += 1) window.sessionTracker.logEvent('click', { number });
    });
    await page.waitForFunction(() => window.sessionTracker.ledger.queued + window.sessionTracker.ledger.inFlight === 0);
    const { accepted, delivered, dropped } = await ledgerOf(page);
    assert.deepEqual([accepted, delivered, dropped], [100_000, 10_000, { queue_full: 90_000 }]);
    assert.deepEqual(faults, []);
  });

  test('that makes fifty trackers has one session', async () => {
    await open(script(''));
    const sessions = await page.evaluate(async () => {
      const trackers = await Promise.all(Array.from({ length: 50 }, () => window.SessionTracker.create({ endpoint: '/api/sessions', flushSeconds: 0 })));
      const ids = await Promise.all(trackers.map((tracker) => tracker.start()));
      for (const tracker of trackers) tracker.destroy();
      return new Set(ids).size;
    });
    assert.equal(sessions, 1);
    assert.deepEqual(faults, []);
  });
});

describe('a callback', () => {
  test('that logs an event whenever it is called is no endless loop', async () => {
    await open(script(''));
    await page.evaluate(async () => {
      const again = () => window.sessionTracker?.logEvent('again');
      const options = { endpoint: '/api/sessions', flushSeconds: 0, logger: { debug: again }, onError: again, onSessionChange: again };
      window.sessionTracker = await window.SessionTracker.create(options);
      window.sessionTracker.subscribe(again);
      await window.sessionTracker.start();
      window.sessionTracker.logEvent('bad', 1n);
    });
    await everythingIsDelivered(page);
    assert.deepEqual((await ledgerOf(page)).refused, { unserialisable: 1 });
    assert.deepEqual(faults, []);
  });

  for (const deed of ['end', 'destroy', 'optOut', 'flush', 'start']) {
    test(`that answers every change with ${deed}() leaves no promise open`, async () => {
      await open(script(''));
      await page.evaluate(async (method) => {
        const tracker = await window.SessionTracker.create({ endpoint: '/api/sessions', flushSeconds: 0 });
        let calls = 0;
        tracker.subscribe(() => (calls += 1) < 50 && tracker[method]());
        await tracker.start();
        await Promise.all([tracker.flush(), tracker.end('logout')]);
        tracker.destroy();
        await Promise.all([tracker.start(), tracker.flush(), tracker.end(), tracker.getStats()]);
      }, deed);
      assert.deepEqual(faults, []);
    });
  }
});
