/*
 * One load of a page as page-speed tools see it, with our tag or without. The two differ in nothing else: the same document, from the same place.
 */
import { openPage } from './browser.mjs';

/** What a load gives. `layoutShift` is a score without unit; the others are milliseconds. */
export const MEASURES = ['blockingTime', 'layoutShift', 'largestPaint', 'taskTime'];

/** Loads the site's first page and gives its measures and `faults`. `slowdown` is how many times slower than this machine's its processor is. */
export async function loadOnce({ browser, server, withTag, slowdown = 1 }) {
  const context = await browser.newContext();
  try {
    await context.addInitScript(observe);
    const { page, faults } = await openPage(context);
    await page.route('**/site/', async (route) => {
      const reply = await route.fetch();
      const html = await reply.text();
      await route.fulfill({ response: reply, body: withTag ? html : html.replace(/<script async src="\/pkg\/[^>]*><\/script>/, '') });
    });
    const devtools = await context.newCDPSession(page);
    await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
    if (slowdown > 1) await devtools.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
    await page.goto(`${server.origin}/site/`);
    // Asked by the protocol itself: what Playwright puts into a page to ask it there takes a long task of its own.
    const expression = `collect(${withTag})`;
    const { result } = await devtools.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    const { metrics } = await devtools.send('Performance.getMetrics');
    // The thread's own time, which other work on the machine does not add to.
    const taskTime = metrics.find(({ name }) => name === 'TaskDuration').value * 1000;
    return { ...result.value, taskTime, faults };
  } finally {
    await context.close();
  }
}

/** The median of each measure. */
export function medians(loads) {
  const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
  return Object.fromEntries(MEASURES.map((name) => [name, median(loads.map((load) => load[name]))]));
}

/* In the page, before anything else. A task blocks for what it takes above 50 ms. */
function observe() {
  const seen = { blockingTime: 0, layoutShift: 0, largestPaint: 0 };
  const add = {
    longtask: ({ duration }) => (seen.blockingTime += duration - 50),
    'layout-shift': ({ value }) => (seen.layoutShift += value),
    'largest-contentful-paint': ({ startTime }) => (seen.largestPaint = startTime),
  };
  const observers = Object.keys(add).map((type) => {
    const take = (entries) => entries.forEach((entry) => add[type](entry));
    const observer = new PerformanceObserver((list) => take(list.getEntries()));
    observer.observe({ type, buffered: true });
    return () => take(observer.takeRecords());
  });
  const frame = () => new Promise(requestAnimationFrame);
  window.collect = async (withTag) => {
    const isLive = () => window.sessionTracker?.getState?.().status === 'live';
    // A paint has its entry in a frame after it.
    while (!seen.largestPaint || (withTag && !isLive())) await frame();
    await frame();
    observers.forEach((flush) => flush());
    return seen;
  };
}
