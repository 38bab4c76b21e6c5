/** Names of gRPC's status codes (https://grpc.github.io/grpc/core/md_doc_statuscodes.html), by number. */
const NAMES: readonly string[] = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];

/** What people call a status code; `UNKNOWN` for a number that is none. */
export function codeName(code: number): string {
  return NAMES[code] ?? 'UNKNOWN';
}
