import type { ErrorDetail } from '../discovery.ts';
import type { XdsResource } from '../resource.ts';
import type { Refusal } from './observer.ts';

/** Characters of a client's reason that are kept. */
const REASON_LENGTH = 1_000;

/** What a response means for one name. */
export interface Mark {
  readonly name: string;
  /** Null: the client was told that there is no such resource. */
  readonly resource: XdsResource | null;
  /** False: the client has it already, it is there for completeness. */
  readonly fresh: boolean;
}

/** A refusal and what of it still stands. */
export interface Parked {
  readonly refusal: Refusal;
  /** Names for which the client has taken nothing newer. */
  readonly open: Set<string>;
  /** One of its resources has changed where it is not known which was the bad one: all of them may be tried again. */
  reopened: boolean;
}

/**
 * What a refusal is about. Clients refuse a response as a whole and write the names of what is bad into their reason (gRPC: `[name]: why`, Envoy:
 * `Error adding/updating cluster(s) name: why`). Where it mentions some of what was new, those are meant; else all that was new.
 */
export function makeRefusal(
  typeUrl: string,
  marks: readonly Mark[],
  error: ErrorDetail,
  nowMs: number,
): Parked {
  const all = marks.filter((mark) => mark.resource !== null);
  const fresh = all.filter((mark) => mark.fresh);
  const candidates = fresh.length > 0 ? fresh : all;
  const mentioned = candidates.filter(({ name }) => mentions(error.message, name));
  const told = mentioned.length > 0 || candidates.length === 1;
  const meant = mentioned.length > 0 ? mentioned : candidates;
  return {
    refusal: {
      typeUrl,
      resources: meant
        .map(({ resource }) => resource)
        .filter((resource): resource is XdsResource => resource !== null),
      told,
      reason: error.message.slice(0, REASON_LENGTH),
      atMs: nowMs,
    },
    open: new Set(meant.map(({ name }) => name)),
    reopened: false,
  };
}

/** True where the text holds the name as a whole: `orders.shop` is not in `orders.shop:50051` nor in `reorders.shop`. */
export function mentions(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + 1)) {
    const before = text.slice(Math.max(0, at - 2), at);
    const after = text.slice(at + name.length, at + name.length + 2);
    if (!/[\w-]$|\w[.:/]$/.test(before) && !/^[\w-]|^[.:/]\w/.test(after)) return true;
  }
  return false;
}
