// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EARLY_CALLS } from '../src/early';

type Glue = typeof import('./glue');
let glue: Glue['glue'];
let snippet: Record<string, any>;
const debug = vi.spyOn(console, 'debug').mockImplementation(() => {});
const listen = vi.spyOn(window, 'addEventListener');

beforeEach(async () => {
  vi.resetModules();
  debug.mockClear();
  delete window.SessionTracker;
  delete window.sessionTracker;
  document.body.innerHTML = '';
  ({ glue } = (await import('./glue')) as Glue);
});
afterEach(() => {
  for (const [type, listener, options] of listen.mock.calls) removeEventListener(type, listener as EventListener, options);
  listen.mockClear();
});

/* A classic script is the document's current one while it runs. */
async function runScript(attributes: Record<string, string> | null = { endpoint: '/api/sessions' }): Promise<void> {
  const tag = attributes && Object.assign(document.createElement('script'), {});
  if (tag) Object.assign(tag.dataset, attributes);
  Object.defineProperty(document, 'currentScript', { value: tag, configurable: true });
  await import('../src/script');
}

const started = () => vi.waitFor(() => expect(glue.trackers[0]?.named('initializeSession')).toHaveLength(1));
const events = () => glue.trackers[0]!.named('logEvent').map(([, ...event]) => event);

test('the script starts a tracker by itself, with the options of its attributes', async () => {
  await runScript({ endpoint: '/api/sessions', userId: 'ada' });
  await started();
  expect(glue.trackers[0]!.options).toMatchObject({ endpoint: '/api/sessions', userId: 'ada' });
  expect(window.sessionTracker).toBeInstanceOf(window.SessionTracker);
});

test('a script without data-endpoint offers the class and starts nothing', async () => {
  await runScript({});
  expect(window.SessionTracker).toBeTypeOf('function');
  expect(window.sessionTracker).toBeUndefined();
  expect(debug.mock.calls).toEqual([[expect.stringContaining('no data-endpoint')]]);
});

test('wrong options are one debug line, and calls made since are harmless', async () => {
  await runScript({ endpoint: '/api/sessions', flushSeconds: 'soon' });
  await vi.waitFor(() => expect(debug).toHaveBeenCalled());
  expect(debug.mock.calls).toEqual([[expect.stringMatching(/^\[SessionTracking\] Failed to start session: .*`flushSeconds` must be a number from 0 to 600; it was "soon"/)]]);
  expect(window.sessionTracker!.logEvent('a')).toBeUndefined();
});

test('a script that is in the page twice counts once', async () => {
  await runScript();
  await started();
  vi.resetModules();
  await import('../src/script');
  expect(glue.trackers).toHaveLength(1);
  expect(debug.mock.calls).toEqual([[expect.stringContaining('twice')]]);
});

test('what the page itself has under these names stays, and one line says why nothing starts', async () => {
  for (const name of ['SessionTracker', 'sessionTracker'] as const) {
    for (const theirs of [class Theirs {}, document.createElement('p'), { logEvent() {} }]) {
      vi.resetModules();
      debug.mockClear();
      delete window.SessionTracker;
      delete window.sessionTracker;
      window[name] = theirs as never;
      await runScript();
      expect(window[name]).toBe(theirs);
      expect(debug.mock.calls).toEqual([[expect.stringContaining('something of its own')]]);
    }
  }
});

test('a script that is loaded as a module says why it does nothing', async () => {
  await runScript(null);
  expect(debug.mock.calls).toEqual([[expect.stringContaining('type="module"')]]);
});

test('data-debug sends the log lines to the console; attributes of other tools are named there', async () => {
  await runScript({ endpoint: '/api/sessions', debug: '', cfasync: 'false' });
  await started();
  glue.trackers[0]!.hear(0, 'what the tracker does');
  expect(debug).toHaveBeenCalledWith('what the tracker does');
  expect(debug.mock.calls).toContainEqual([expect.stringContaining('cfasync')]);
});

test('calls made through the snippet before the script has loaded are replayed in their order', async () => {
  snippet = { q: [], logEvent: (...values: unknown[]) => void snippet.q.push(['logEvent', ...values]) };
  window.sessionTracker = snippet as never;
  expect(snippet.logEvent('first', { a: 1 })).toBeUndefined();
  snippet.q.push(['changeSection', 'pricing']);
  snippet.logEvent('second');
  await runScript();
  await started();
  await vi.waitFor(() => expect(events()).toHaveLength(2));
  expect(glue.trackers[0]!.calls.slice(0, 4)).toEqual([
    ['initializeSession'],
    ['logEvent', 'first', { a: 1 }],
    ['changeSection', 'pricing', true],
    ['logEvent', 'second'],
  ]);
});

test('calls made while the tracker loads wait, and give no id', async () => {
  await runScript();
  expect(window.sessionTracker!.logEvent('soon', { a: 1 })).toBeUndefined();
  await started();
  await vi.waitFor(() => expect(events()).toEqual([['soon', { a: 1 }]]));
});

test('a page that kept the snippet’s object goes on reaching the tracker', async () => {
  await runScript();
  const kept = window.sessionTracker!;
  await started();
  await vi.waitFor(() => expect(window.sessionTracker).not.toBe(kept));
  kept.logEvent('late');
  expect(events()).toEqual([['late']]);
});

test('the queue keeps its bound and no more', async () => {
  await runScript();
  for (let i = 0; i <= EARLY_CALLS; i += 1) window.sessionTracker!.logEvent(`event ${i}`);
  await started();
  await vi.waitFor(() => expect(events()).toHaveLength(EARLY_CALLS));
  expect(events().at(-1)).toEqual([`event ${EARLY_CALLS - 1}`]);
});

test('a queued name that is no method to call later is left out', async () => {
  window.sessionTracker = { q: [['constructor'], ['destroy'], ['logEvent', 'a']] } as never;
  await runScript();
  await started();
  await vi.waitFor(() => expect(events()).toEqual([['a']]));
  expect(glue.trackers[0]!.named('destroy')).toEqual([]);
});

test('a click on or inside [data-track] is an event, even if the page stops it; other clicks are none', async () => {
  document.body.innerHTML = '<button data-track="buy" data-track-plan="M"><i>Buy</i></button><button id="other">Other</button>';
  document.querySelector('button')!.onclick = (event) => event.stopPropagation();
  await runScript();
  await started();
  document.querySelector('i')!.click();
  document.querySelector<HTMLElement>('#other')!.click();
  await vi.waitFor(() => expect(events()).toEqual([['button_click', { plan: 'M', name: 'buy' }]]));
});

test('data-auto-sections follows the address, below the base that it names', async () => {
  history.replaceState(null, '', '/site/');
  await runScript({ endpoint: '/api/sessions', autoSections: '/site' });
  await started();
  expect(glue.trackers[0]!.section).toBe('home');
  for (const path of ['/site/pricing', '/elsewhere', '/sitemap', '/site', '/site/docs']) history.pushState(null, '', path);
  const sections = glue.trackers[0]!.named('changeSection').map(([, section]) => section);
  expect(sections).toEqual(['pricing', 'elsewhere', 'sitemap', 'home', 'docs']);
});

test('without data-auto-sections the address is not followed', async () => {
  await runScript();
  await started();
  history.pushState(null, '', '/pricing');
  expect(glue.trackers[0]!.named('changeSectionDebounced')).toEqual([]);
});

/* A page without navigation: what is clicked leads nowhere. */
function page(html: string): void {
  document.body.innerHTML = html;
  document.body.addEventListener('click', (event) => event.preventDefault(), true);
  document.body.addEventListener('submit', (event) => event.preventDefault(), true);
}

test('data-outbound-links logs where a link leaves the site, without its query; others are nobody’s business', async () => {
  page(`<a id="out" href="https://example.com/shop?token=secret#part"><b>Shop</b></a><a id="in" href="/docs">Docs</a>
    <a id="mail" href="mailto:ada@example.com">Mail</a><a id="none">Nothing</a>`);
  await runScript({ endpoint: '/api/sessions', outboundLinks: '' });
  await started();
  document.querySelector('b')!.click();
  for (const id of ['in', 'mail', 'none']) document.getElementById(id)!.click();
  document.querySelector('#out')!.dispatchEvent(new MouseEvent('auxclick', { bubbles: true, cancelable: true }));
  await vi.waitFor(() => expect(events()).toEqual(Array(2).fill(['outbound_link', { url: 'https://example.com/shop' }])));
});

test('data-form-submits logs that a form was sent, and nothing that was typed', async () => {
  page(`<form id="contact" action="/send?list=7"><input name="id" value="typed"><input name="action" value="typed"></form>`);
  await runScript({ endpoint: '/api/sessions', formSubmits: '' });
  await started();
  document.querySelector('form')!.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }));
  await vi.waitFor(() => expect(events()).toEqual([['form_submit', { name: 'contact', url: `${location.origin}/send` }]]));
});

test('links and forms are logged on request alone', async () => {
  page('<a href="https://example.com/">Out</a><form id="contact"></form>');
  await runScript();
  await started();
  document.querySelector('a')!.click();
  document.querySelector('form')!.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }));
  window.sessionTracker!.logEvent('last');
  expect(events()).toEqual([['last']]);
});

test('data-hash-routes follows the fragment', async () => {
  history.replaceState(null, '', '/#/cart');
  await runScript({ endpoint: '/api/sessions', hashRoutes: '' });
  await started();
  expect(glue.trackers[0]!.options.section).toBe('cart');
  history.pushState(null, '', '/#!/checkout/pay');
  history.pushState(null, '', '/#top');
  expect(glue.trackers[0]!.named('changeSection')).toEqual([['changeSection', 'checkout', false], ['changeSection', 'home', false]]);
  history.replaceState(null, '', '/');
});
