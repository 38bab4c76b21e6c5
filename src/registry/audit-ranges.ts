/** A range of service names: (`after`, `through`], null for no bound. */
export interface NameRange {
  readonly after: string | null;
  readonly through: string | null;
}

/**
 * Divides all names, those that nobody knows included, into at most `steps` ranges of about equally many rows. The first has no lower bound
 * and the last no upper one. Ordered as the database orders them: by code point, which is the order of the UTF-8 bytes.
 */
export function auditRanges(rows: ReadonlyMap<string, number>, steps: number): NameRange[] {
  const names = [...rows.keys()].sort(byBytes);
  let total = 0;
  for (const count of rows.values()) total += count;
  const ranges: NameRange[] = [];
  let after: string | null = null;
  let passed = 0;
  for (const [index, name] of names.entries()) {
    passed += rows.get(name) ?? 0;
    const isEnough = passed >= (total * (ranges.length + 1)) / steps;
    if (!isEnough || ranges.length >= steps - 1 || index === names.length - 1) continue;
    ranges.push({ after, through: name });
    after = name;
  }
  ranges.push({ after, through: null });
  return ranges;
}

/** Whether a name lies in a range. */
export function isInRange(name: string, { after, through }: NameRange): boolean {
  return (after === null || byBytes(name, after) > 0) && (through === null || byBytes(name, through) <= 0);
}

/** Code point order: UTF-16 puts U+E000 to U+FFFF after the surrogates of higher code points. */
export function byBytes(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'));
}
