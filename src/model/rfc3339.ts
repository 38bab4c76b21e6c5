/** RFC 3339 in UTC with six digits (metav1.MicroTime, and valid as RFC3339Nano) of microseconds since 1970. */
export function rfc3339Micros(us: number): string {
  const seconds = new Date(Math.floor(us / 1000)).toISOString().slice(0, 19);
  return `${seconds}.${String(us % 1_000_000).padStart(6, '0')}Z`;
}
