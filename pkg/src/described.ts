/* What was thrown or given, for people. A page may throw and give what has no text at all. */
export function described(given: unknown): string {
  try {
    return String(given);
  } catch {
    return 'something that has no text';
  }
}
