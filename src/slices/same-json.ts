/**
 * Whether two JSON values say the same: the order of an object's fields does not count, and neither does a field that is
 * absent, null, an empty list or an empty object (the API server writes some of those and leaves out others).
 */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (isNothing(a) || isNothing(b)) return isNothing(a) && isNothing(b);
  if (Array.isArray(a) || Array.isArray(b)) return sameList(a, b);
  return isRecord(a) && isRecord(b) && sameRecord(a, b);
}

function sameList(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  return a.every((item, i) => sameJson(item, b[i]));
}

function sameRecord(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  return (
    Object.keys(a).every((key) => sameJson(a[key], b[key])) &&
    Object.keys(b).every((key) => Object.hasOwn(a, key) || isNothing(b[key]))
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isNothing(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
