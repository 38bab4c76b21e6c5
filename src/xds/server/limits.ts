import type { BucketOptions } from '../../lib/token-bucket.ts';

/** What a client may have and ask for, and how connections are cared for. */
export interface RpcLimits {
  /** Connections in all; more are closed at once. */
  readonly connections: number;
  /** Advertised as SETTINGS_MAX_CONCURRENT_STREAMS; a stream more is refused by REFUSED_STREAM. */
  readonly streamsPerConnection: number;
  /** Calls that are opened in all, but for health checks; one more is answered RESOURCE_EXHAUSTED. */
  readonly newCalls: BucketOptions;
  /** Of one message that is received (4 MB is the default of gRPC's servers). */
  readonly messageBytes: number;
  /** Of all messages together of which a part has come. */
  readonly unfinishedBytes: number;
  /** Of the header list of one request; advertised as SETTINGS_MAX_HEADER_LIST_SIZE. */
  readonly headerListBytes: number;
  /** How often a client is asked whether it lives (PING; gRFC A8). */
  readonly keepaliveMs: number;
  /** How long it may take to answer; then the connection is dropped. */
  readonly keepaliveTimeoutMs: number;
  /** A client's own PINGs should be that far apart. */
  readonly pingIntervalMs: number;
  /**
   * That many PINGs in a row may come sooner; one more and the connection is closed (`too_many_pings`). Any message that is sent forgives them all.
   * Two in gRPC's servers; here more, for clients send one for each piece of a large message to measure the bandwidth.
   */
  readonly pingStrikes: number;
  /** How old a connection gets (gRFC A9), 10 % more or less by chance, so that they do not all leave at once. */
  readonly ageMs: number;
  /**
   * How long its calls may go on after that. A discovery stream never ends by itself and its client goes nowhere before it does, so there is nothing to
   * wait for but responses under way: short.
   */
  readonly ageGraceMs: number;
  /** A connection without calls is closed after this. */
  readonly idleMs: number;
  /** How long a client may take to fetch the rest of a call that was ended. */
  readonly lingerMs: number;
  /** How long a stop may take. */
  readonly stopMs: number;
  /** How long a TLS handshake may take. */
  readonly handshakeMs: number;
}

/** For thousands of discovery streams. */
export const DEFAULT_RPC_LIMITS: RpcLimits = {
  connections: 10_000,
  streamsPerConnection: 1000,
  newCalls: { qps: 1000, burst: 2000 },
  messageBytes: 4 * 1024 * 1024,
  unfinishedBytes: 64 * 1024 * 1024,
  headerListBytes: 16 * 1024,
  keepaliveMs: 30_000,
  keepaliveTimeoutMs: 10_000,
  pingIntervalMs: 10_000,
  pingStrikes: 20,
  ageMs: 30 * 60_000,
  ageGraceMs: 10_000,
  idleMs: 5 * 60_000,
  lingerMs: 5000,
  stopMs: 5000,
  handshakeMs: 10_000,
};
