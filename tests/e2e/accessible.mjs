/*
 * What axe-core finds wrong with a page, in its light and in its dark colours. Only what stands in the page at that moment is judged.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The violations as sentences; none of an accessible page. */
export async function violationsOf(page) {
  const found = [];
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    // As a value, for a script element is what a page's policy may forbid.
    await page.evaluate(AXE);
    const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
    for (const { id, help, nodes } of violations) found.push(...nodes.map(({ target, failureSummary }) => `${colorScheme}: ${id}: ${help}: ${target.join(' ')}: ${failureSummary}`));
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'no-preference' });
  return found;
}

/** How many pixels the page is wider than its window. */
export function overflowOf(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
