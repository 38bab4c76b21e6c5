/** The gRPC transport as the engine sees it (port): bidirectional calls, messages already framed, no promise for each message. */

/** Status codes of gRPC (https://grpc.github.io/grpc/core/md_doc_statuscodes.html) that are used here. */
export const RPC = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

export interface RpcStatus {
  readonly code: number;
  /** '' for none. Says what is wrong and what to do; never a stack. */
  readonly message: string;
}

/** One call that is under way. */
export interface RpcStream {
  /** `/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources` */
  readonly method: string;
  /** Address and port of the client. */
  readonly peer: string;
  /** Names of the client's certificate (URI and DNS SANs); empty without one. */
  readonly peerNames: readonly string[];
  /** Bytes that were sent and that the client has not let go yet (its window, its socket). A message counts whole until its last byte has left. */
  readonly queuedBytes: number;
  /** Sends one message: the five bytes of its frame, then the message. The buffer is shared with other streams and must not be changed. */
  send(frame: Buffer): void;
  /** Ends the call; nothing is sent or received after it. A second call does nothing. */
  end(status: RpcStatus): void;
}

/** The server's side of one call. Called in order, never after `ended`. A throw ends the call with INTERNAL and is logged. */
export interface RpcHandler {
  /** A whole message, without its frame. The buffer is a piece of a larger one: what is kept of it longer keeps that. */
  message(body: Buffer): void;
  /** The client sends no more (half-close). */
  halfClosed(): void;
  /** All that was queued has left: {@link RpcStream.queuedBytes} is 0 again. */
  drained(): void;
  /** The call is over, by whoever ended it. Comes once, and never inside {@link RpcStream.end} or {@link RpcStream.send}. */
  ended(): void;
}

/** Accepts a call. Throws {@link RpcRefused} to refuse it. */
export type OpenRpc = (stream: RpcStream) => RpcHandler;

/** Refuses a call with its status. */
export class RpcRefused extends Error {
  override readonly name = 'RpcRefused';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}
