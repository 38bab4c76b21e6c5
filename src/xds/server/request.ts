import { RPC, type RpcStatus } from '../rpc.ts';
import { GrpcTimeoutError, parseTimeout } from './timeout.ts';

/** The headers of a request that are looked at. */
export interface RequestHeaders {
  readonly ':method'?: string | undefined;
  readonly ':path'?: string | undefined;
  readonly 'content-type'?: string | undefined;
  readonly 'grpc-encoding'?: string | string[] | undefined;
  readonly 'grpc-timeout'?: string | string[] | undefined;
}

/**
 * What a request is. `http`: not gRPC, answered by a status of HTTP alone. `refused`: gRPC, answered by a status of gRPC alone. `call`: to be
 * opened; `timeoutMs` is undefined where the client waits for ever.
 */
export type Judgement =
  | { readonly kind: 'http'; readonly status: number }
  | { readonly kind: 'refused'; readonly status: RpcStatus }
  | { readonly kind: 'call'; readonly method: string; readonly timeoutMs: number | undefined };

/** `application/grpc` with a codec or without, and not `application/grpc-web`. */
const GRPC = /^application\/grpc(?:[+;]|$)/i;

/** Judges the headers of a request (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, Requests). */
export function judgeRequest(headers: RequestHeaders): Judgement {
  if (headers[':method'] !== 'POST') return { kind: 'http', status: 405 };
  if (!GRPC.test(headers['content-type'] ?? '')) return { kind: 'http', status: 415 };
  const encoding = headers['grpc-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    return refused(RPC.unimplemented, `grpc-encoding ${String(encoding)} is not spoken here; send identity`);
  }
  const timeout = headers['grpc-timeout'];
  try {
    const timeoutMs = timeout === undefined ? undefined : parseTimeout(String(timeout));
    return { kind: 'call', method: headers[':path'] ?? '', timeoutMs };
  } catch (error) {
    if (!(error instanceof GrpcTimeoutError)) throw error;
    return refused(RPC.internal, error.message);
  }
}

function refused(code: number, message: string): Judgement {
  return { kind: 'refused', status: { code, message } };
}
