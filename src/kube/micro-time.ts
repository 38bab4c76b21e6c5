/**
 * metav1.MicroTime: RFC 3339 with exactly six digits after the point. `Date#toISOString` gives three, which the API server
 * answers with 400. `ms`: since 1970, fractions are kept.
 */
export function microTime(ms: number): string {
  const micros = Math.round(ms * 1000);
  const whole = Math.floor(micros / 1_000_000);
  const fraction = String(micros - whole * 1_000_000).padStart(6, '0');
  return `${new Date(whole * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
}
