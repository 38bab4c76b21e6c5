import type { XdsNode } from '../discovery.ts';
import type { XdsResource } from '../resource.ts';
import type { RpcStatus } from '../rpc.ts';
import type { Kind } from './protocol.ts';

/** Which stream something is about. */
export interface StreamIdentity {
  /** Grows with each stream of the process. */
  readonly id: number;
  readonly kind: Kind;
  readonly method: string;
  readonly peer: string;
  readonly peerNames: readonly string[];
  /** Null until the first request was read. */
  readonly node: XdsNode | null;
  /** The source's name for what this client is shown; '' until the first request was read. */
  readonly view: string;
}

/** A client refused a response (NACK). */
export interface Refusal {
  readonly typeUrl: string;
  /** What it refused: the names that its reason mentions, or else everything that was new to it in the response. */
  readonly resources: readonly XdsResource[];
  /** True where the names are from the reason, false where they are the whole response. */
  readonly told: boolean;
  /** The client's own words, cut to 1,000 characters. */
  readonly reason: string;
  /** By {@link Clock.now}. */
  readonly atMs: number;
}

/** A client accepted a response (ACK). */
export interface Acceptance {
  readonly typeUrl: string;
  /** What was new in it. */
  readonly resources: readonly XdsResource[];
  /** Names that were taken away, or that do not exist. */
  readonly removed: readonly string[];
  /** From sending to this. */
  readonly latencyMs: number;
}

/** What left. */
export interface SentResponse {
  readonly typeUrl: string;
  readonly resources: number;
  readonly removed: number;
  readonly bytes: number;
}

/** Told of what happens on streams (port): metrics and conditions are made of it. Must not throw. */
export interface XdsObserver {
  opened(stream: StreamIdentity): void;
  sent(stream: StreamIdentity, response: SentResponse): void;
  accepted(stream: StreamIdentity, acceptance: Acceptance): void;
  refused(stream: StreamIdentity, refusal: Refusal): void;
  /** The same object as in `refused`: the client took something newer for all of it, wants it no longer, or is gone. */
  withdrawn(stream: StreamIdentity, refusal: Refusal): void;
  /** `status`: null where the client ended it. */
  closed(stream: StreamIdentity, status: RpcStatus | null): void;
}
