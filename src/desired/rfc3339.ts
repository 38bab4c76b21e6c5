const RFC3339 =
  /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** Microseconds since 1970 of an RFC 3339 time, finer digits cut off; null for text that is none (2026-02-30 included). */
export function parseTimeUs(text: string): number | null {
  const match = RFC3339.exec(text);
  if (match === null) return null;
  const [, date = '', time = '', fraction = '', zone = ''] = match;
  const localMs = Date.parse(`${date}T${time}Z`);
  // Date.parse takes 30 February for 2 March; what it understood must read as what was written.
  if (Number.isNaN(localMs) || new Date(localMs).toISOString() !== `${date}T${time}.000Z`) return null;
  return (localMs - offsetMs(zone)) * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6));
}

function offsetMs(zone: string): number {
  if (zone.length === 1) return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4));
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}
