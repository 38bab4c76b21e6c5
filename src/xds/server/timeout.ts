/** A `grpc-timeout` that is none. */
export class GrpcTimeoutError extends Error {
  override readonly name = 'GrpcTimeoutError';
}

/** Milliseconds of each unit. */
const UNITS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/**
 * `grpc-timeout` in ms: at most eight digits and a unit (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, Timeout).
 * Throws {@link GrpcTimeoutError}.
 */
export function parseTimeout(text: string): number {
  const [, digits, unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(text) ?? [];
  const unitMs = UNITS[unit];
  if (digits === undefined || unitMs === undefined) {
    throw new GrpcTimeoutError(
      `grpc-timeout ${JSON.stringify(text.slice(0, 40))} is not digits and a unit, such as 500m`,
    );
  }
  return Number(digits) * unitMs;
}
