/*
 * What our tag does to a page's score: the page with it and without, in turns, on a processor four times slower, as page-speed tools take for a
 * phone. Prints the medians. Fails where the page with the tag has more blocking time or layout shift than its neighbour without.
 */
import { launch } from '../tests/e2e/browser.mjs';
import { loadOnce, MEASURES, medians } from '../tests/e2e/loads.mjs';
import { startServer } from '../tests/e2e/server.mjs';

const PAIRS = Number(process.env.RUNS ?? 15);
const SLOWDOWN = 4;

const server = await startServer();
const browser = await launch();
const loads = { without: [], with: [] };
try {
  for (let pair = 0; pair < PAIRS; pair += 1) {
    for (const [name, taken] of Object.entries(loads)) taken.push(await loadOnce({ browser, server, withTag: name === 'with', slowdown: SLOWDOWN }));
  }
} finally {
  await browser.close();
  await server.stop();
}
const [without, withTag] = [medians(loads.without), medians(loads.with)];
console.log(`${PAIRS} pairs of loads in turns, processor ${SLOWDOWN} times slower; medians, in milliseconds but for layoutShift`);
console.log(['', 'without', 'with'].map((cell) => cell.padEnd(16)).join(''));
for (const name of MEASURES) console.log([name, without[name].toFixed(name === 'layoutShift' ? 4 : 1), withTag[name].toFixed(name === 'layoutShift' ? 4 : 1)].map((cell) => cell.padEnd(16)).join(''));
for (const name of ['blockingTime', 'layoutShift']) {
  if (withTag[name] > without[name]) {
    console.error(`error: ${name} is ${withTag[name]} with the tag and ${without[name]} without`);
    process.exitCode = 1;
  }
}
