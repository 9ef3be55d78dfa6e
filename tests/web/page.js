/*
 * The page of one test: a backend that answers as it was told, and signals, storage and refusals that are the test's to give.
 * What the tracker asks of the browser passes through here and is written down. The next page takes down the one before it,
 * which may have been left standing by a test that failed.
 */
const { setTimeout: startTimer, clearTimeout: stopTimer } = window;
const { addEventListener, removeEventListener } = EventTarget.prototype;

let takeDown = () => {};

export function openPage() {
  takeDown();
  const undo = [];
  takeDown = () => undo.splice(0).reverse().forEach((step) => step());

  const define = (object, name, descriptor) => {
    const before = Object.getOwnPropertyDescriptor(object, name);
    Object.defineProperty(object, name, { configurable: true, ...descriptor });
    undo.push(() => (before ? Object.defineProperty(object, name, before) : delete object[name]));
  };
  const replace = (object, name, value) => define(object, name, { writable: true, value });
  const on = (name, listener) => {
    addEventListener.call(window, name, listener);
    undo.push(() => removeEventListener.call(window, name, listener));
  };

  localStorage.clear();
  undo.push(() => localStorage.clear());

  // The network.
  const requests = [];
  const answers = [];
  let largestBeacon = Infinity;
  const note = (by, url, init) => {
    const { method, url: address, headers, keepalive } = new Request(url, init);
    const request = {
      by,
      method,
      url: address,
      contentType: headers.get('content-type'),
      authorization: headers.get('authorization'),
      keepalive,
      ...(init.body && { body: JSON.parse(init.body), text: init.body }),
    };
    requests.push(request);
    return request;
  };
  replace(window, 'fetch', async (url, init) => {
    init.signal?.throwIfAborted();
    const { status, headers, body, fails } = usualAnswer(note('fetch', url, init), answers.shift());
    if (fails) throw new TypeError('Failed to fetch');
    return new Response(body, { status, headers });
  });
  replace(navigator, 'sendBeacon', (url, body) => {
    const taken = body.length <= largestBeacon;
    note(taken ? 'beacon' : 'refused beacon', url, { method: 'POST', body });
    return taken;
  });

  // Timers and listeners: the tracker's own, for nothing else runs in here meanwhile but the script by which WebKit's driver asks for
  // results, with a timeout that it sets in the page itself.
  const isDrivers = () => new Error().stack.includes('evaluateJavaScriptFunction');
  const timers = new Map();
  let timersRing = true;
  replace(window, 'setTimeout', (ring, delay) => {
    if (isDrivers()) return startTimer(ring, delay);
    const timer = startTimer(() => {
      if (!timersRing) return;
      timers.delete(timer);
      ring();
    }, delay);
    timers.set(timer, delay);
    return timer;
  });
  replace(window, 'clearTimeout', (timer) => {
    timers.delete(timer);
    stopTimer(timer);
  });
  const listeners = new Set();
  replace(EventTarget.prototype, 'addEventListener', function (name, listener, options) {
    const entry = { target: this, name, listener, options };
    listeners.add(entry);
    addEventListener.call(this, name, listener, options);
    if (options?.signal) addEventListener.call(options.signal, 'abort', () => listeners.delete(entry));
  });
  undo.push(() => {
    timers.forEach((_, timer) => stopTimer(timer));
    listeners.forEach(({ target, name, listener, options }) => removeEventListener.call(target, name, listener, options));
  });

  // What nobody caught.
  const uncaught = [];
  const marker = new Error('every earlier rejection has been told');
  let told = () => {};
  on('error', (event) => uncaught.push(event.message));
  on('unhandledrejection', (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.reason === marker) told();
    else uncaught.push(String(event.reason));
  });

  const heard = [];
  let tokensAsked = 0;
  const host = { hear: (what, text) => heard.push([what, text]) };

  return {
    close: () => takeDown(),

    answer: (status, headers, body) => answers.push({ status, headers: JSON.parse(headers), body }),
    fail: () => answers.push({ fails: true }),
    refuseBeaconsOver: (bytes) => (largestBeacon = bytes),
    carry: (room) => (host.carry = (body) => ({ body: `${body.slice(0, -1)},"rooms":["${room}"]}`, heard: (text) => heard.push(['carried', text]) })),
    holdConsent: (isPending) => (host.isPending = () => isPending),
    breakBeacons() {
      replace(navigator, 'sendBeacon', () => {
        throw new TypeError('not from here');
      });
    },
    requests: () => JSON.stringify(requests),

    host,
    readStats: (...asked) => host.readStats(...asked),
    heard: () => JSON.stringify(heard),
    giveTokens: (tokens) => (host.getToken = () => JSON.parse(tokens)[tokensAsked++]),
    throwAtTokens() {
      host.getToken = () => {
        throw new Error('no token today');
      };
    },
    throwWhenTold() {
      host.hear = (what, text) => {
        heard.push([what, text]);
        throw new Error('the host is ill');
      };
    },
    tokensAsked: () => tokensAsked,

    setHidden(hidden) {
      replace(document, 'visibilityState', hidden ? 'hidden' : 'visible');
      document.dispatchEvent(new Event('visibilitychange'));
    },
    setDiscarded: (discarded) => replace(document, 'wasDiscarded', discarded),
    dispatch: (target, name) => window[target].dispatchEvent(new Event(name)),
    dispatchTransition: (name, persisted) => window.dispatchEvent(new PageTransitionEvent(name, { persisted })),
    dispatchInput(name, milliseconds, inside) {
      const event = new Event(name);
      Object.defineProperty(event, 'timeStamp', { value: milliseconds });
      (inside ? document.body : window).dispatchEvent(event);
    },

    blockStorage() {
      define(window, 'localStorage', {
        get() {
          throw new DOMException('blocked', 'SecurityError');
        },
      });
    },
    fillStorage() {
      replace(Storage.prototype, 'setItem', () => {
        throw new DOMException('full', 'QuotaExceededError');
      });
    },
    store: (key, text) => localStorage.setItem(key, text),
    stored: (key) => localStorage.getItem(key) ?? undefined,
    storedKeys: () => JSON.stringify(Object.keys(localStorage)),

    timers: () => timers.size,
    stopTimers: () => (timersRing = false),
    soonestTimer: () => Math.min(...timers.values()),
    listeners: () => listeners.size,

    /** Resolves a few milliseconds later. */
    moment: () => new Promise((resolve) => startTimer(resolve, 5)),

    /** What nobody caught until now. Rejections are told in their order, so one of our own comes after all the others. */
    async uncaught() {
      await new Promise((resolve) => {
        told = resolve;
        Promise.reject(marker);
      });
      return JSON.stringify(uncaught);
    },
  };
}

/* What a backend of the full profile says, where the test has said nothing else. */
function usualAnswer({ url, body }, answer) {
  if (answer) return answer;
  const { sessionId, events = [] } = body ?? {};
  const said = url.endsWith('/start')
    ? { sessionId, token: 'write-token', profile: 'full', limits: { batchEvents: 500, batchBytes: 524288 } }
    : { sessionId, status: 'active', accepted: events.map((_, index) => index) };
  return { status: 200, body: JSON.stringify(said) };
}
