import type { XdsNode } from '../discovery.ts';
import type { XdsResource } from '../resource.ts';
import type { Kind } from './protocol.ts';
import type { Session } from './session.ts';
import type { Entry, TypeState } from './type-state.ts';

/** One resource as one client knows it; times in ms since 1970. */
export interface ResourceListing {
  readonly name: string;
  readonly sent: { readonly version: string; readonly atMs: number } | null;
  /** What the client has. */
  readonly acked: { readonly version: string; readonly atMs: number } | null;
  /** What it refused and has not replaced since. */
  readonly refused: { readonly version: string; readonly reason: string; readonly atMs: number } | null;
}

/** One type on one stream. */
export interface TypeListing {
  readonly typeUrl: string;
  readonly wildcard: boolean;
  readonly names: readonly string[];
  readonly resources: readonly ResourceListing[];
  /** For how long the newest response has been without an answer; 0 for none. */
  readonly lagMs: number;
  /** From sending to the answer, of the response before; null for none. */
  readonly latencyMs: number | null;
}

/** One stream. */
export interface StreamListing {
  readonly id: number;
  readonly kind: Kind;
  readonly method: string;
  readonly peer: string;
  readonly peerNames: readonly string[];
  readonly node: XdsNode | null;
  readonly view: string;
  /** In ms since 1970. */
  readonly sinceMs: number;
  readonly types: readonly TypeListing[];
}

/** What a session looks like now. `nowMs` and `wallMs`: the same moment by {@link Clock.now} and by {@link Clock.wallNow}. */
export function listSession(session: Session, nowMs: number, wallMs: number): StreamListing {
  const wall = (atMs: number): number => Math.round(wallMs - (nowMs - atMs));
  return {
    id: session.id,
    kind: session.kind,
    method: session.method,
    peer: session.peer,
    peerNames: session.peerNames,
    node: session.node,
    view: session.view,
    sinceMs: wall(session.openedAtMs),
    types: [...session.state.types.values()].map((type) => listType(type, nowMs, wall)),
  };
}

function listType(type: TypeState, nowMs: number, wall: (atMs: number) => number): TypeListing {
  return {
    typeUrl: type.typeUrl,
    wildcard: type.wildcard,
    names: [...type.names],
    resources: [...type.entries].map(([name, entry]) => listEntry(name, entry, wall)),
    lagMs: type.underWay === null ? 0 : nowMs - type.underWay.sentAtMs,
    latencyMs: type.lastLatencyMs,
  };
}

function listEntry(name: string, entry: Entry, wall: (atMs: number) => number): ResourceListing {
  const stamped = (resource: XdsResource | null, atMs: number) =>
    resource === null ? null : { version: resource.version, atMs: wall(atMs) };
  const refused = stamped(entry.refused, entry.parked?.refusal.atMs ?? 0);
  return {
    name,
    sent: stamped(entry.sent, entry.sentAtMs),
    acked: stamped(entry.acked, entry.ackedAtMs),
    refused: refused === null ? null : { ...refused, reason: entry.parked?.refusal.reason ?? '' },
  };
}
