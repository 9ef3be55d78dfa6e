/* A fake of the module's twin in plain JavaScript: the same fake, and whether it was started. */
export { SessionTracker } from './glue';

export const plain = { starts: 0, failToStart: undefined as Error | undefined };

export function instantiate(): void {
  if (plain.failToStart) throw plain.failToStart;
  plain.starts += 1;
}
