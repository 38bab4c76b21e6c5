/** The service of https://github.com/grpc/grpc/blob/master/doc/health-checking.md. */
export const HEALTH_SERVICE = 'grpc.health.v1.Health';

/** grpc.health.v1.HealthCheckResponse.ServingStatus. */
export const SERVING = { serving: 1, notServing: 2, serviceUnknown: 3 } as const;

export type ServingStatus = (typeof SERVING)[keyof typeof SERVING];

/** HealthCheckResponse { ServingStatus status = 1; }, framed for gRPC. */
export function healthResponse(status: ServingStatus): Buffer {
  return Buffer.from([0, 0, 0, 0, 2, 0x08, status]);
}

/**
 * `service` of HealthCheckRequest { string service = 1; }: '' is the server as a whole. Undefined: that is no such message. Fields that are
 * not known are not skipped: the message has had one field since it was made.
 */
export function decodeHealthRequest(body: Buffer): string | undefined {
  if (body.length === 0) return '';
  if (body[0] !== 0x0a) return undefined;
  let length = 0;
  let at = 1;
  for (let shift = 0; ; shift += 7, at += 1) {
    const byte = body[at];
    if (byte === undefined || shift > 21) return undefined;
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  at += 1;
  return at + length === body.length ? body.toString('utf8', at) : undefined;
}
