/*
 * What goes wrong, one scenario each: told in the order in which it happens to a visitor. A scenario ends when
 * all events are stored, and acknowledged in the pages that are left to hear it, or after a minute without.
 */
import { HANG_UP, LOSE_ANSWER } from './proxy.mjs';

const UNAVAILABLE = { status: 503, headers: { 'content-type': 'text/plain' }, body: 'busy' };
const TOO_MANY = { status: 429, headers: { 'content-type': 'text/plain', 'retry-after': '3' }, body: 'slow down' };
const HOTEL = { status: 200, headers: { 'content-type': 'text/html' }, body: '<!doctype html><h1>Welcome to our network</h1><form>Room number</form>' };

const SIXTY_ONE_MINUTES = 3_660;

/** Each has a name and `happen({ visit, proxy, server, run })`; `hits` is how many requests its fault has to hit, or nothing was tried. */
export const scenarios = [
  {
    name: 'healthy',
    async happen({ visit }) {
      await visit.open();
      await visit.log();
      await visit.acknowledged();
    },
  },
  {
    name: 'tab closed right after the last event',
    async happen({ visit }) {
      await visit.open();
      await visit.live();
      await visit.log();
      await visit.closeTabs();
      await visit.stored();
    },
  },
  {
    name: 'tab closed before the session was answered',
    async happen({ visit }) {
      await visit.open();
      await visit.log();
      await visit.closeTabs();
      await visit.stored();
    },
  },
  {
    name: 'navigation in the task of the last event',
    async happen({ visit }) {
      await visit.open();
      await visit.live();
      await visit.log("location.href = '/elsewhere'");
      await visit.arriveElsewhere();
      await visit.stored();
    },
  },
  {
    name: '503 to the first 3 requests',
    hits: 3,
    async happen({ visit, proxy }) {
      proxy.fault = toTheFirst(3, UNAVAILABLE);
      await visit.open();
      await visit.log();
      await visit.acknowledged();
    },
  },
  {
    name: '503 to the 3 requests after the events',
    hits: 3,
    async happen({ visit, proxy }) {
      await visit.open();
      await visit.live();
      proxy.fault = toTheFirst(3, UNAVAILABLE);
      await visit.log();
      await visit.acknowledged();
    },
  },
  {
    name: 'connection refused for 5 s',
    async happen({ visit, proxy }) {
      await visit.open();
      await visit.live();
      await proxy.refuse();
      await visit.log();
      await visit.pause(5);
      await proxy.accept();
      await visit.acknowledged();
    },
  },
  {
    name: 'offline for 10 s',
    async happen({ visit }) {
      await visit.open();
      await visit.live();
      await visit.setOffline(true);
      await visit.log();
      await visit.pause(10);
      await visit.setOffline(false);
      await visit.acknowledged();
    },
  },
  {
    name: 'response dropped after processing, twice',
    hits: 2,
    async happen({ visit, proxy }) {
      await visit.open();
      await visit.live();
      proxy.fault = toTheFirst(2, LOSE_ANSWER);
      await visit.log();
      await visit.acknowledged();
    },
  },
  {
    name: 'response of the start dropped, twice',
    hits: 2,
    async happen({ visit, proxy }) {
      proxy.fault = toTheFirst(2, LOSE_ANSWER);
      await visit.open();
      await visit.log();
      await visit.acknowledged();
    },
  },
  {
    name: 'reload while the server is down',
    async happen({ visit, proxy, server }) {
      await visit.open();
      await visit.live();
      await Promise.all([proxy.refuse(), server.kill()]);
      await visit.log();
      await visit.reload();
      await Promise.all([proxy.accept(), server.restart()]);
      await visit.acknowledged();
    },
  },
  {
    name: 'renderer crash after the last event, opened again',
    async happen({ visit }) {
      await visit.open();
      await visit.live();
      await visit.logAndCrash();
      // A tab that said no goodbye counts as gone after two minutes.
      await visit.openAgain(5);
      await visit.acknowledged();
    },
  },
  {
    name: '61 minutes offline',
    async happen({ visit, server, run }) {
      await visit.open();
      await visit.live();
      await visit.setOffline(true);
      await visit.log();
      await server.restart(['--clock-ahead-seconds', String(run * SIXTY_ONE_MINUTES)]);
      await visit.setOffline(false);
      await visit.acknowledged();
    },
  },
  {
    name: '429 with Retry-After: 3',
    hits: 1,
    async happen({ visit, proxy }) {
      await visit.open();
      await visit.live();
      proxy.fault = toTheFirstOfEachTab(TOO_MANY);
      await visit.log();
      await visit.acknowledged();
      forbidHaste(proxy.trace, 3_000);
    },
  },
  {
    name: 'server killed under load and restarted',
    async happen({ visit, proxy, server }) {
      await visit.open();
      await visit.live();
      let requests = 0;
      let killed;
      proxy.fault = () => {
        requests += 1;
        // Nobody is left to answer: what the server had read by then may be stored or not.
        if (requests === 2) setImmediate(() => (killed = server.kill()));
      };
      const load = hammer(server);
      await visit.logInParts();
      await load;
      await killed;
      await server.restart();
      await visit.acknowledged();
    },
  },
  {
    name: 'a captive portal answers 200 with HTML',
    hits: 3,
    async happen({ visit, proxy }) {
      await visit.open();
      await visit.live();
      proxy.fault = toTheFirst(3, HOTEL);
      await visit.log();
      await visit.acknowledged();
    },
  },
  {
    name: 'the connection dies under the first 3 requests',
    hits: 3,
    async happen({ visit, proxy }) {
      proxy.fault = toTheFirst(3, HANG_UP);
      await visit.open();
      await visit.log();
      await visit.acknowledged();
    },
  },
];

/* Chromium repeats a POST by itself when a reused connection dies before the answer: the same text again is the same request. */
function toTheFirst(count, outcome) {
  const requests = new Set();
  return ({ body }) => {
    if (requests.size < count) requests.add(body);
    return requests.has(body) ? outcome : undefined;
  };
}

function toTheFirstOfEachTab(outcome) {
  const tabs = new Set();
  return ({ body }) => {
    const { tabId } = JSON.parse(body);
    if (tabs.has(tabId)) return undefined;
    tabs.add(tabId);
    return outcome;
  };
}

function forbidHaste(trace, milliseconds) {
  const asked = trace.filter(({ outcome }) => outcome === 429);
  for (const first of asked) {
    const tabOf = ({ body }) => JSON.parse(body).tabId;
    const next = trace.find((later) => later.at >= first.at && later !== first && tabOf(later) === tabOf(first));
    if (next && next.at - first.at < milliseconds) throw new Error(`A tab was asked to wait ${milliseconds} ms and came back after ${next.at - first.at}`);
  }
}

/* Other visitors, until the server is gone. */
async function hammer(server) {
  const origin = server.origin;
  const one = async () => {
    for (;;) {
      const reply = await fetch(`${origin}/api/sessions/start`, { method: 'POST', body: '{"userId":"somebody else"}' }).catch(() => undefined);
      if (!reply) return;
      await reply.text().catch(() => undefined);
    }
  };
  await Promise.all([one(), one(), one(), one()]);
}
