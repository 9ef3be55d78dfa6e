/* Waiting is for a condition, with an end. */
import { setTimeout as pause } from 'node:timers/promises';

/** What `look` gives, as soon as that is something; an error that says what was awaited if it is nothing for so many seconds. */
export async function until(what, look, { seconds = 20, every = 25 } = {}) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`This did not happen within ${seconds} s: ${what}`);
    await pause(every);
  }
}
