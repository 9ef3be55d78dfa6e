/*
 * Two ledgers as one: every count of both, added up.
 */
type Counts = { readonly [name: string]: number | Counts };

export function added<Sum extends object>(one: Sum, other: object): Sum {
  const sum = { ...one } as Record<string, unknown>;
  for (const [name, count] of Object.entries(other as Counts)) {
    const before = sum[name];
    sum[name] = typeof count === 'number' ? ((before as number) ?? 0) + count : added((before as Counts) ?? {}, count);
  }
  return sum as Sum;
}
