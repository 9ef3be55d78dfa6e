/*
 * What a suite plays on: a real Chromium for all its tests, for each of them a visitor without a past, and the real server, with an empty database for
 * each test or one for them all. Knows nothing of what is played.
 */
import { after, afterEach, before, beforeEach } from 'node:test';
import { launch, openPage } from './browser.mjs';
import { startServer } from './server.mjs';

/**
 * Gives what holds `browser`, `server` and `context` while a test runs, and opens pages there. `isShared`: one server for the suite; `flags` are those of its command
 * line, `visitor` is what Playwright is told of the context.
 */
export function openStage({ isShared = false, flags = [], visitor = {} } = {}) {
  const stage = {
    openPage: () => openPage(stage.context),
    /** Shows a page with this in it, of the server's origin. */
    async show(page, html) {
      await putPage(page, html);
      await page.goto(`${stage.server.origin}/own/`);
    },
  };
  const openServer = async () => {
    stage.server = await startServer(flags);
  };
  const closeServer = () => stage.server?.stop();
  before(async () => {
    stage.browser = await launch();
    if (isShared) await openServer();
  });
  after(async () => {
    await stage.browser?.close();
    if (isShared) await closeServer();
  });
  beforeEach(async () => {
    if (!isShared) await openServer();
    stage.context = await stage.browser.newContext(visitor);
  });
  afterEach(async () => {
    await stage.context?.close();
    if (!isShared) await closeServer();
  });
  return stage;
}

/** The script tag, with these attributes besides the address of the API. */
export const scriptTag = (attributes = '') => `<script async src="/pkg/session-tracker.iife.js" data-endpoint="/api/sessions" ${attributes}></script>`;

/** Puts a page with this in it at `/own/` of whatever origin the page is led to; the last one put there is the one that is shown. */
export async function putPage(page, html) {
  await page.unroute('**/own/');
  await page.route('**/own/', (route) => route.fulfill({ contentType: 'text/html', body: `<!doctype html><title>-</title>${html}` }));
}

/** Leaves a picture in `screenshots/` for whoever wants to look. */
export const picture = (page, name) => page.screenshot({ path: new URL(`screenshots/${name}.png`, import.meta.url).pathname, fullPage: true });
