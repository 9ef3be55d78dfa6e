/* What was thrown, for people. A page may throw what has no text at all. */
export function described(cause: unknown): string {
  try {
    return String(cause);
  } catch {
    return 'What was thrown has no text.';
  }
}
