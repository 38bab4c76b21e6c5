import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { RPC, type RpcStatus } from '../rpc.ts';
import { encodeGrpcMessage } from './grpc-message.ts';

const HEADERS: OutgoingHttpHeaders = { ':status': 200, 'content-type': 'application/grpc' };
/** node:http2 adds a date unless told otherwise; gRPC's clients have no use for it. */
const RESPOND = { waitForTrailers: true, sendDate: false };
const END = { endStream: true, sendDate: false };

/** The first headers of an answer with messages. */
export function respondHeaders(stream: ServerHttp2Stream): void {
  stream.respond(HEADERS, RESPOND);
}

/** `grpc-status` and, where there is one, `grpc-message`. */
export function trailersOf({ code, message }: RpcStatus): OutgoingHttpHeaders {
  return message === ''
    ? { 'grpc-status': code }
    : { 'grpc-status': code, 'grpc-message': encodeGrpcMessage(message) };
}

/** Answers by a status alone ("trailers-only"): nothing was sent before. */
export function refuse(stream: ServerHttp2Stream, status: RpcStatus): void {
  if (stream.destroyed || stream.closed) return;
  if (stream.headersSent) {
    stream.once('wantTrailers', () => stream.sendTrailers(trailersOf(status)));
    stream.end();
    return;
  }
  const encodings = status.code === RPC.unimplemented ? { 'grpc-accept-encoding': 'identity' } : {};
  stream.respond({ ...HEADERS, ...encodings, ...trailersOf(status) }, END);
  dismiss(stream);
}

/** Answers who does not speak gRPC. */
export function refuseHttp(stream: ServerHttp2Stream, status: number): void {
  if (stream.destroyed || stream.closed) return;
  stream.respond({ ':status': status, ...(status === 405 ? { allow: 'POST' } : {}) }, END);
  dismiss(stream);
}

/** Tells the client by RST_STREAM (NO_ERROR) that it need send no more (RFC 9113, 8.1); what comes still, node:http2 drops. */
function dismiss(stream: ServerHttp2Stream): void {
  setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR));
}
