// The browser's side of the driver: what the page says of itself, what it keeps, how it sends. Written in the browser's own language, in which
// all this is a quarter of the bytes. It decides nothing: which request to send, when, and what an answer means is said elsewhere.

/* Every page that is open. The driver knows each by its place in here, and what it asks of one that is closed is left undone. */
const pages = [];

/** Has a page do something: its deeds are numbered as `Deed` in page.rs, and each is given two numbers and two texts. True if it says so. */
export const act = (page, deed, ...given) => pages[page]?.deeds[deed](...given) === true;

/** Names and texts of all entries of storage whose names begin so, each followed by a zero character. */
export const load = (page, prefix) => pages[page]?.load(prefix) ?? '';

/**
 * JSON as the core reads it (`flat.rs`): each value's path as jq spells it, and what it is, each followed by a zero character. A text has a quotation mark
 * before it, and a number is in thousandths. What is no JSON comes to nothing. Of what nobody means to read there may be megabytes: of each object
 * and list the first thousand values are enough, and of those what has a short path.
 */
export const flat = (json) => {
  let said = '';
  const put = (path, value) => (said += `${path}\0${value}\0`);
  const add = (path, value) => {
    if (typeof value === 'string') put(path, `"${value.replace(/\0/g, '')}`);
    else if (typeof value === 'number') put(path, Math.round(value * 1000));
    else if (value instanceof Object) {
      const mark = Array.isArray(value) ? '[]' : '.';
      put(path, mark);
      for (const [name, inner] of Object.entries(value).slice(0, 1000)) {
        const at = path + mark + (mark === '.' ? name : '');
        if (at.length <= 32 && /^\w+$/.test(name)) add(at, inner);
      }
    } else put(path, value);
  };
  try {
    add('', JSON.parse(json));
  } catch {}
  return said;
};

/**
 * Opens the page, which from here on tells the host's `signal` what happens in it, and gives the host's options, its place and what it is like, flat.
 * The host gives a bearer when it is asked first and when one was refused, and is told what the driver tells it.
 */
export function openPage(inputThrottle, host) {
  const { options } = host;
  const endpoint = (options.endpoint ?? '').replace(/\/$/, '');
  const namespace = options.persistence === 'none' ? '' : (options.namespace ?? 'session-tracker');
  const keyOf = (name) => `${namespace}:${name}`;
  const stop = new AbortController();
  const isSameOrigin = new URL(endpoint, document.baseURI).origin === location.origin;
  let bearer;
  let awaited;
  let stopLeading;
  let held;
  let bell;

  const signal = (what, text = '', more = '') => {
    try {
      host.signal(what, text, more);
    } catch {
      // A tracker that was let go of hears nothing any more.
    }
  };

  const posted = (body, withBearer, rest) => ({
    method: 'POST',
    body,
    // Without a header of its own a text travels as text/plain, which needs no CORS preflight.
    headers: withBearer && bearer ? { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' } : {},
    ...rest,
  });

  // Storage may be missing, blocked or full; merely asking for it throws where cookies are blocked. Then every page is on its own.
  const load = (prefix) => {
    let found = '';
    try {
      if (host.isPending?.()) return found;
      // Before the tabs of this origin, whose word on what they share comes last.
      if (prefix === 'tab:') found = host.site?.hear(host.who()) ?? found;
      for (const key of Object.keys(namespace && localStorage)) {
        if (key.startsWith(keyOf(prefix))) found += `${key.slice(namespace.length + 1)}\0${localStorage[key]}\0`;
      }
    } catch {}
    return found;
  };

  /* Tells the host. What it does with what it hears is its own business. */
  const tell = (what, _, text, rest) => {
    try {
      host.hear(what, text + rest);
    } catch {}
  };

  /* Keeps a text under a name; an empty one is erased. False if storage did not take it. */
  const keep = (_, __, name, text) => {
    try {
      if (text) {
        localStorage.setItem(keyOf(name), text);
        host.site?.tell(name, text);
      } else localStorage.removeItem(keyOf(name));
      return true;
    } catch {}
  };

  /* Takes the lead among the tabs if it is free, and signals whether it was. Without Web Locks everybody leads, and the server counts contacts once. */
  const lead = () => {
    const led = (got) => signal(got ? 11 : 12);
    const hold = (lock) => {
      led(lock);
      // A page that closed meanwhile has nobody to give it back.
      return lock && !stop.signal.aborted && new Promise((resolve) => (stopLeading = resolve));
    };
    const locked = navigator.locks?.request(keyOf('lead'), { ifAvailable: true }, hold);
    (locked ?? Promise.reject()).catch(led.bind(0, 1));
  };

  /* Has the browser hold a request in place of the last one, and send it when the page is no more. */
  const later = (_, __, path, body) => {
    held?.abort();
    held = new AbortController();
    try {
      if (body) fetchLater(endpoint + path, { method: 'POST', body, signal: held.signal });
    } catch {}
  };

  /* Notes in `host.asked` where it asked, and status and text or what went wrong. Signals status, `Retry-After` in milliseconds, and text. `who`: 0 nobody, 1 the bearer, 2 the bearer asked for anew; 4 more if it shall outlive the page. */
  const post = async (id, how, path, body) => {
    const who = how & 3;
    const own = (awaited = new AbortController());
    const answer = { id, status: 0 };
    const asked = (host.asked = [endpoint + path]);
    let text;
    try {
      if (who > 1 || (who && !bearer)) {
        bearer = await host.getToken?.();
        signal(15, subjectOf(bearer));
      }
      const carried = host.carry?.(body);
      const response = await fetch(endpoint + path, posted(carried?.body ?? body, who, { keepalive: how > 3, signal: own.signal }));
      // Seconds or a date (RFC 9110, section 10.2.3), or neither, which is no number and has no JSON.
      const after = response.headers.get('retry-after');
      answer.after = Math.max(0, parseFloat(after) * 1000 || Date.parse(after) - Date.now());
      text = await response.text();
      asked.push((answer.status = response.status), text);
      carried?.heard(text);
    } catch (cause) {
      asked.push(cause);
    }
    signal(9, flat(JSON.stringify(answer)), flat(text));
  };

  /* Hands a request over as the page leaves. False if the browser did not take it. */
  const handOver = (_, who, path, body) => {
    // A beacon carries no header. Within the origin a keepalive request does, and needs no preflight that could outlast the page.
    try {
      if (who && bearer && isSameOrigin) {
        fetch(endpoint + path, posted(body, who, { keepalive: true })).catch(() => {});
        return true;
      }
      return navigator.sendBeacon(endpoint + path, body);
    } catch {
      return false;
    }
  };

  /* Rings after so many milliseconds, and not as it was last set; never if they are none. */
  const setAlarm = (milliseconds) => {
    clearTimeout(bell);
    if (milliseconds) bell = setTimeout(() => signal(14), milliseconds);
  };

  const close = () => {
    stop.abort();
    held?.abort();
    stopLeading?.();
    clearTimeout(bell);
    delete pages[place];
  };

  /* The statistics of the person over 1 to 365 days, or nothing. Without a bearer a visitor reads by the visitor's token, and where there is none names the `user`. */
  host.readStats = async (daysBack, user, visitor) => {
    bearer ??= await host.getToken?.();
    const by = bearer ?? visitor;
    const query = `daysBack=${Math.min(Math.max(daysBack | 0, 1), 365)}${by || !user ? '' : `&userId=${encodeURIComponent(user)}`}`;
    const response = await fetch(`${endpoint}/stats?${query}`, { headers: by ? { authorization: `Bearer ${by}` } : {} });
    return response.ok ? response.json() : undefined;
  };

  const deeds = [
    tell,
    keep,
    post,
    () => awaited?.abort(),
    handOver,
    later,
    lead,
    () => stopLeading?.(),
    // At the end of the present task.
    () => queueMicrotask(() => signal(13)),
    setAlarm,
    close,
  ];
  // The page's listeners hold the host, and so the tracker, for as long as they listen.
  listen((meant) => signal(meant, [2, 3, 4, 10].includes(meant) ? load('tab:') : ''), keyOf('tab:'), inputThrottle, stop.signal);
  const place = pages.push({ load, deeds }) - 1;
  // Temporal knows the time zone at once; the first formatter of a page takes some 20 ms to make.
  const timezone = globalThis.Temporal?.Now?.timeZoneId?.() ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const about = {
    ...options,
    page: place,
    visible: !isHidden(),
    focused: document.hasFocus(),
    canFetchLater: 'fetchLater' in window,
    wasDiscarded: document.wasDiscarded,
    metadata: JSON.stringify(options.metadata),
    deviceInfo: JSON.stringify(deviceInfo()),
    locationInfo: JSON.stringify({ timezone, locale: navigator.language }),
  };
  return flat(JSON.stringify(about));
}

/* A frame or form that a page names `hidden` takes the place of `document.hidden`. */
const isHidden = () => document.visibilityState === 'hidden';

/* Whom a JSON Web Token is for: read, not verified, for it is only compared, and so not decoded from UTF-8 either. Any other bearer is for
   nobody in particular. */
function subjectOf(bearer) {
  try {
    return JSON.parse(atob(bearer.split('.')[1].replace(/-/g, '+').replace(/_/g, '/'))).sub;
  } catch {}
}

/* Signals are small numbers, which `signals.rs` names. Leaving is `pagehide` or `freeze`, never `unload` or `beforeunload`: those are not fired on phones
   and cost a page its back/forward cache (web.dev, "Back/forward cache"). */
function listen(tell, records, inputThrottle, signal) {
  let lastInput = -inputThrottle;

  const on = (target, names, meaning) => {
    for (const name of names.split(' ')) {
      const listener = (event) => {
        const meant = meaning(event);
        if (meant) tell(meant);
      };
      // Captured, for scrolling does not bubble from what scrolls, and a page may stop an event on its way up.
      target.addEventListener(name, listener, { capture: true, passive: true, signal });
    }
  };

  on(document, 'visibilitychange', () => (isHidden() ? 1 : 2));
  on(window, 'pagehide', () => 3);
  on(document, 'freeze', () => 3);
  on(document, 'resume', () => 4);
  // A page that was merely loaded is shown too, but has not been away.
  on(window, 'pageshow', (event) => event.persisted && 4);
  on(window, 'online', () => 5);
  // Fired for what other tabs write. All is gone where there is no key.
  on(window, 'storage', ({ key }) => (key ?? records).startsWith(records) && 10);
  // An element's focus passes the window on its way down; only the window's own counts.
  on(window, 'focus', (event) => event.target === window && 6);
  on(window, 'blur', (event) => event.target === window && 7);
  on(window, 'pointerdown keydown scroll touchstart', ({ timeStamp }) => {
    if (timeStamp - lastInput < inputThrottle) return 0;
    lastInput = timeStamp;
    return 8;
  });
}

const SYSTEMS = { Android: 'Android', iPhone: 'iOS', iPad: 'iOS', Windows: 'Windows', 'Mac OS X': 'macOS', CrOS: 'ChromeOS', Linux: 'Linux' };
const BROWSERS = { Edg: 'Edge', OPR: 'Opera', Firefox: 'Firefox', FxiOS: 'Firefox', Chrome: 'Chromium', Version: 'Safari' };

/* The families of system and browser and the class of the screen: nothing that tells one visitor from another. */
function deviceInfo() {
  const agent = navigator.userAgent;
  // The order matters: Android says Linux too, an iPhone says "like Mac OS X", and nearly every browser says Chrome or Safari as well.
  const system = Object.keys(SYSTEMS).find((name) => agent.includes(name));
  const browser = Object.keys(BROWSERS).find((name) => agent.includes(`${name}/`));
  return {
    os: SYSTEMS[system] ?? 'other',
    browser: browser ? `${BROWSERS[browser]} ${parseInt(agent.split(`${browser}/`)[1])}` : 'other',
    screen: screen.width < 600 ? 'small' : screen.width < 1200 ? 'medium' : 'large',
    mobile: agent.includes('Mobi'),
  };
}
