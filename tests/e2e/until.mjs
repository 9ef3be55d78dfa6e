/* Waiting is for a condition, with an end. */
import { setTimeout as pause } from 'node:timers/promises';

const DEADLINE_MILLISECONDS = 20_000;
const LOOK_AGAIN_MILLISECONDS = 25;

/** What `look` gives, as soon as that is something; an error that says what was awaited if it never is. */
export async function until(what, look) {
  const deadline = Date.now() + DEADLINE_MILLISECONDS;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`This did not happen within ${DEADLINE_MILLISECONDS / 1000} s: ${what}`);
    await pause(LOOK_AGAIN_MILLISECONDS);
  }
}
