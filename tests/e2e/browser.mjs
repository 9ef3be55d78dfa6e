/*
 * A real Chromium, and what every page in it must never do: throw, leave a rejection unhandled, or complain on the console.
 */
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const PLACES = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

/* What the pages of each browser did that a page must not do. */
const faultsOf = new WeakMap();

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The browser named by `CHROMIUM`, or else one where Chromium usually is. */
export function executable() {
  const found = PLACES.find((place) => place && existsSync(place));
  if (!found) throw new Error('No Chromium was found: install it, or name it in the variable CHROMIUM.');
  return found;
}

/**
 * Starts it with its back/forward cache, which Playwright turns off.
 * With the variable `WITHOUT_WEBASSEMBLY` its pages have none.
 */
export async function launch() {
  const browser = guarded(await chromium.launch({ executablePath: executable(), args: ARGUMENTS, ignoreDefaultArgs: ['--disable-back-forward-cache'] }));
  return process.env.WITHOUT_WEBASSEMBLY ? withoutWebAssembly(browser) : browser;
}

/* Whether or not a test looks at its pages' faults: closing the browser fails if there was one that is not a refusal the test had ordered. */
function guarded(browser) {
  const close = browser.close.bind(browser);
  const faults = [];
  faultsOf.set(browser, faults);
  browser.close = async () => {
    await close();
    const strange = faults.filter((fault) => !/Content Security Policy|ERR_FAILED/.test(fault));
    if (strange.length) throw new Error(`Pages did what a page must not do:\n${strange.join('\n')}`);
  };
  return browser;
}

function withoutWebAssembly(browser) {
  const newContext = browser.newContext.bind(browser);
  browser.newContext = async (...options) => {
    const context = await newContext(...options);
    await context.addInitScript(() => delete globalThis.WebAssembly);
    return context;
  };
  return browser;
}

/** A page, and in `faults` everything it did that a page must not do. */
export async function openPage(context) {
  const page = await context.newPage();
  const faults = [];
  const note = (fault) => {
    faults.push(fault);
    faultsOf.get(context.browser())?.push(fault);
  };
  // Playwright reports unhandled rejections as page errors too.
  page.on('pageerror', (error) => note(`exception: ${error.stack ?? error}`));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !isOfTheBrowser(message.text())) {
      note(`console ${message.type()}: ${message.text()}`);
    }
  });
  return { page, faults };
}

/* Chromium itself writes a line for each request that fails or file that it refuses; no page can prevent it. */
function isOfTheBrowser(text) {
  return /^(Failed to load resource: |Access to fetch at |Failed to find a valid digest |Fetch API cannot load .* SRI)/.test(text);
}

/** Closes its tab as a person does: the page hears that it leaves. */
export async function closeTab(page) {
  const closed = page.waitForEvent('close');
  // Without this the browser ends the page's process at once.
  await page.close({ runBeforeUnload: true });
  await closed;
}

/** When the page's tracker is live: the backend has its session. */
export async function trackerIsLive(page) {
  await page.waitForFunction(() => window.sessionTracker?.getState?.().status === 'live');
}

/** When everything that the page's tracker accepted has been acknowledged. */
export async function everythingIsDelivered(page) {
  await page.waitForFunction(() => {
    const { accepted, delivered } = window.sessionTracker.ledger;
    return accepted === delivered;
  });
}

/** What the tracker's ledger says in the page. */
export async function ledgerOf(page) {
  return page.evaluate(() => window.sessionTracker.ledger);
}
