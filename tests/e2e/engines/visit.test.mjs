/* The story of a visit, told in each engine by the rows it leaves: start, sections, events, hide, exit, resume. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../server.mjs';
import { until } from '../until.mjs';
import { engines, makeProfile, startBrowser } from './driver.mjs';

for (const engine of engines) {
  describe(`a visit in ${engine}`, () => {
    let server;
    let profile;
    let browser;
    let first;
    let other;

    before(async () => {
      server = await startServer();
      profile = makeProfile();
      browser = await startBrowser(engine, profile);
      first = await browser.tab();
      other = await browser.openTab();
      await browser.goToTab(first);
    });
    after(async () => {
      await browser?.quit();
      await server?.stop();
      profile?.remove();
    });

    const sessions = () => server.rows('SELECT * FROM user_sessions');
    const events = () =>
      server
        .rows("SELECT * FROM session_events WHERE event_type NOT IN ('session_start', 'session_end') ORDER BY occurred_at, seq")
        .map(({ event_type, section, event_data }) => [event_type, section, JSON.parse(event_data)?.name]);
    const isLive = () => until('the session is live', () => browser.run("return window.sessionTracker?.getState?.().status === 'live'"));
    const isDelivered = () => until('everything is delivered', () => browser.run('const { accepted, delivered } = sessionTracker.ledger; return accepted === delivered'));

    test('it starts with one session, which says of the browser what it is and no more', async () => {
      await browser.goto(`${server.origin}/site/`);
      await isLive();
      const [{ status, app_section, device_info }, ...others] = sessions();
      assert.deepEqual([status, app_section, others], ['active', 'home', []]);
      assert.match(JSON.parse(device_info).browser, engine === 'WebKit' ? /^Safari \d+$/ : new RegExp(`^${engine} \\d+$`));
    });

    test('clicks and sections are stored in order, over two pages of one session', async () => {
      await browser.click('[data-track=like]');
      await browser.click('[data-track=see_prices]');
      await isLive();
      await browser.click('[data-track-plan="Größe M"]');
      await isDelivered();
      assert.deepEqual(events(), [
        ['page_view', 'home', undefined],
        ['button_click', 'home', 'like'],
        ['button_click', 'home', 'see_prices'],
        ['section_change', 'pricing', undefined],
        ['page_view', 'pricing', undefined],
        ['button_click', 'pricing', 'buy'],
      ]);
      assert.deepEqual(sessions().map(({ status, app_section }) => [status, app_section]), [['active', 'pricing']]);
    });

    test('a page that is hidden sends what waits, and the session lives on', async () => {
      // A driven WebKit draws every tab as if it were in view, so the page is told what another browser would say.
      await browser.run(`sessionTracker.logEvent('before_hiding');
        Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
        document.dispatchEvent(new Event('visibilitychange'))`);
      await until('the event is stored', () => events().some(([type]) => type === 'before_hiding'));
      assert.equal(await browser.run('return sessionTracker.getState().person'), 'hidden');
      await browser.run(`delete document.visibilityState; document.dispatchEvent(new Event('visibilitychange'))`);
      assert.equal(await browser.run('return sessionTracker.getState().person'), 'active');
      assert.deepEqual(sessions().map(({ ended_at }) => ended_at), [null]);
    });

    test('leaving the site sends the last words, and says goodbye for the time being', async () => {
      await browser.run("for (const name of ['first', 'second', 'third']) sessionTracker.logEvent('last_words', { name })");
      await browser.goto('about:blank');
      await until('the last words are stored', () => events().filter(([type]) => type === 'last_words').length === 3);
      assert.deepEqual(events().slice(-3), ['first', 'second', 'third'].map((name) => ['last_words', 'pricing', name]));
      // Firefox does not always tell a page that it leaves, and always that it is hidden (docs/EXITS.md).
      if (engine === 'Firefox') return;
      await until('the session has ended', () => sessions().every(({ ended_at }) => ended_at !== null));
      assert.deepEqual(sessions().map(({ status, end_reason }) => [status, end_reason]), [['ended', 'app_close']]);
    });

    test('coming back takes the same session up, in a reload and in another tab too', async () => {
      const [{ id }] = sessions();
      await browser.goto(`${server.origin}/site/docs/`);
      await isLive();
      await browser.reload();
      await isLive();
      await browser.goToTab(other);
      await browser.goto(`${server.origin}/site/contact/`);
      await isLive();
      await browser.run("sessionTracker.logEvent('second_tab')");
      await isDelivered();
      const [session, ...others] = sessions();
      assert.deepEqual(others, []);
      assert.deepEqual(session.id, id);
      assert.deepEqual([session.status, session.ended_at, session.end_reason], ['active', null, null]);
    });

    test('a logout in one tab ends it for good in both, with every event stored once', async () => {
      await browser.run("return sessionTracker.end('logout')");
      await until('the session has ended', () => sessions().every(({ end_reason }) => end_reason === 'logout'));
      await browser.goToTab(first);
      await until('the first tab knows', () => browser.run("return sessionTracker.getState().status === 'ended'"));
      const unaccounted = server.rows(
        `SELECT tab_id, last_seq, (SELECT count(*) FROM session_events e WHERE e.tab_id = t.tab_id AND e.seq IS NOT NULL) AS stored
         FROM session_tabs t WHERE stored <> last_seq OR dropped <> '[]'`,
      );
      assert.deepEqual(unaccounted, []);
    });
  });
}
