/*
 * One visitor with one tab or two, who log a hundred events in each. What they do is here; what goes wrong meanwhile is not.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { closeTab, everythingIsDelivered, openPage, trackerIsLive } from '../browser.mjs';
import { until } from '../until.mjs';

/** Events that each tab logs. */
export const EVENTS = 100;
const TYPE = 'fault_probe';
const PATIENCE = { seconds: 60, every: 100 };

/** A visit whose every run has a user of its own. `isSameOrigin`: the page and the API share a host. */
export async function beginVisit({ browser, proxy, server, user, tabs, isSameOrigin }) {
  const context = await browser.newContext();
  const endpoint = `${isSameOrigin ? '' : proxy.api}/api/sessions`;
  const address = `${proxy.site}/?endpoint=${encodeURIComponent(endpoint)}&user-id=${user}`;
  const opened = [];
  let pages = [];
  const everywhere = (deed) => Promise.all(pages.map(deed));
  const openTab = async () => {
    const tab = await openPage(context);
    opened.push(tab);
    await tab.page.goto(address);
    return tab.page;
  };
  const stored = () => until('every event is stored', () => tally(server, user, tabs).stored === tabs * EVENTS, PATIENCE);

  return {
    /** Opens the tabs. */
    async open() {
      pages = await Promise.all(Array.from({ length: tabs }, openTab));
    },
    /** Opens them again, and lets so many minutes pass by their clocks: in steps of half a minute, for in one step they would have slept. */
    async openAgain(minutes) {
      await context.clock.install();
      pages = await Promise.all(Array.from({ length: tabs }, openTab));
      await everywhere(trackerIsLive);
      for (let step = 0; step < 2 * minutes; step += 1) await context.clock.fastForward(30_000);
    },
    /** When the backend has the session, in every tab. */
    live: () => everywhere(trackerIsLive),
    /** Logs the events of all tabs at once; then, in the task of the last one, does `then` in the page. */
    log: (then = '') => everywhere((page, tab) => page.evaluate(logging(user, tab, then)).catch(isGone)),
    /** Logs them in ten parts, each sent at once. */
    logInParts: () => everywhere((page, tab) => page.evaluate(loggingInParts(user, tab))),
    /** Closes the tabs as a person does: the pages hear that they leave. */
    closeTabs: () => everywhere(closeTab),
    arriveElsewhere: () => everywhere((page) => page.waitForURL('**/elsewhere')),
    reload: () => everywhere((page) => page.reload()),
    /** Logs the events, and kills the renderer in the next task. */
    async logAndCrash() {
      await everywhere(async (page, tab) => {
        const crashed = page.waitForEvent('crash');
        const devtools = await context.newCDPSession(page);
        await page.exposeFunction('crash', () => void devtools.send('Page.crash').catch(isGone));
        await page.evaluate(logging(user, tab, 'setTimeout(crash)')).catch(isGone);
        await crashed;
        await page.close();
      });
    },
    setOffline: (isOffline) => context.setOffline(isOffline),
    pause: (seconds) => pause(seconds * 1000),
    /** When every event is a row. */
    stored,
    /** When every event is a row and every tab has heard so. */
    async acknowledged() {
      await stored();
      await everywhere(everythingIsDelivered);
    },
    /** What the pages did that a page must not do. */
    faults: () => opened.flatMap(({ faults }) => faults),
    close: () => context.close(),
  };
}

/** What the database holds of one visit: `sent`, `stored` (each once), `lost`, `doubled`, and `astray`: those stored in another session than theirs. */
export function tally(server, user, tabs) {
  const rows = server.rows(
    `SELECT count(*) AS copies, sum(session_id <> json_extract(event_data, '$.session')) AS astray
     FROM session_events WHERE event_type = '${TYPE}' AND json_extract(event_data, '$.user') = ? GROUP BY json_extract(event_data, '$.id')`,
    user,
  );
  const sum = (count) => rows.reduce((total, row) => total + count(row), 0);
  const sent = tabs * EVENTS;
  return { sent, stored: rows.length, lost: sent - rows.length, doubled: sum(({ copies }) => copies - 1), astray: sum(({ astray }) => astray) };
}

const logging = (user, tab, then) => `(() => {
  for (let number = 1; number <= ${EVENTS}; number += 1) ${logOne(user, tab)};
  ${then};
})()`;

const loggingInParts = (user, tab) => `(async () => {
  for (let number = 1; number <= ${EVENTS}; number += 1) {
    ${logOne(user, tab)};
    if (number % 10 === 0) {
      sessionTracker.flush();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
})()`;

const logOne = (user, tab) =>
  `sessionTracker.logEvent('${TYPE}', { id: '${user}-${tab}-' + number, user: '${user}', session: sessionTracker.sessionId })`;

/* A page that leaves or dies does not answer. */
function isGone(error) {
  if (!/closed|crashed|destroyed|navigat/i.test(error.message)) throw error;
}
