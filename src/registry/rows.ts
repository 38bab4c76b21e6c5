import { inspect } from 'node:util';
import type { Instance, InstanceStatus, RejectedInstance, RejectionReason } from '../model/instance.ts';
import { parseAddress, quoted as quotedText } from './address.ts';
import type { RawRow } from './registry-reader.ts';

/**
 * One row, judged by itself: an instance, or the reason why it cannot be one. Never an exception: a bad row is data.
 * `unbeatenUntilUs`: the lease has no beat yet and ends then (no index leads to it); null otherwise.
 * `leaseRead`: false where the reader left the lease out because the row is known (see {@link RawRow.leaseRead}).
 */
export type ParsedRow =
  | {
      readonly ok: true;
      readonly instance: Instance;
      readonly unbeatenUntilUs: number | null;
      readonly leaseRead: boolean;
    }
  | { readonly ok: false; readonly rejected: RejectedRow };

/** A rejected row with what the store needs to recognise it again. */
export interface RejectedRow extends RejectedInstance {
  readonly id: number | null;
  readonly hash: string;
  readonly updatedAtUs: number;
}

const EMPTY: Readonly<Record<string, string>> = Object.freeze({});
const DEFAULT_WEIGHT = 100;
const MAX_UINT32 = 0xffff_ffff;
/** Longest instance id; nothing of Kubernetes has a longer name. */
const MAX_ID = 253;
/** Longest region and zone, as in our own tables and as a label of a node can be (topology.kubernetes.io/zone). */
const MAX_PLACE = 63;
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f]/;

/**
 * Judges a row as read at `nowUs` of the database's clock. Whether the address lies within allowedCIDRs is judged where endpoints are
 * made (src/desired), so that a changed list needs no read.
 */
export function parseRow(raw: RawRow, nowUs: number, intern: Interner): ParsedRow {
  const problem = new Problem(raw);
  const instanceId = instanceIdOf(raw.instanceId, problem);
  const address = addressOf(raw.address, problem);
  const port = portOf(raw.port, problem);
  const weight = weightOf(raw.weight, problem);
  const region = placeOf('region', raw.region, intern, problem);
  const zone = placeOf('zone', raw.zone, intern, problem);
  const status = statusOf(raw.status, problem);
  const metadata = metadataOf(raw.metadata, intern, problem);
  const { ttlMs, endsAtUs } = leaseOf(raw, problem);
  const rejected = problem.rejected();
  if (rejected !== null) return { ok: false, rejected };
  const hasEnded = endsAtUs !== null && endsAtUs <= nowUs;
  return {
    ok: true,
    instance: {
      instanceId,
      ...address,
      port,
      weight,
      region,
      zone,
      status,
      metadata,
      ttlMs,
      expiredAtUs: hasEnded ? endsAtUs : null,
      updatedAtUs: integer(raw.updatedAtUs) ?? 0,
      hash: raw.hash,
      id: raw.id,
    },
    unbeatenUntilUs: raw.unbeaten && !hasEnded ? endsAtUs : null,
    leaseRead: raw.leaseRead,
  };
}

/** Keeps the first thing that is wrong with a row: one reason a row is what people can act on. */
class Problem {
  readonly #raw: RawRow;
  #found: { reason: RejectionReason; message: string } | null = null;

  constructor(raw: RawRow) {
    this.#raw = raw;
  }

  is(reason: RejectionReason, message: string): void {
    this.#found ??= { reason, message };
  }

  rejected(): RejectedRow | null {
    if (this.#found === null) return null;
    const { id, hash, instanceId, updatedAtUs } = this.#raw;
    return {
      ...this.#found,
      id,
      hash,
      instanceId: textOf(instanceId),
      updatedAtUs: integer(updatedAtUs) ?? 0,
    };
  }
}

function instanceIdOf(value: unknown, problem: Problem): string {
  const text = textOf(value);
  if (text === '' || text.length > MAX_ID || CONTROL.test(text)) {
    problem.is(
      'InvalidInstanceId',
      `instance id ${quoted(text)} is empty, longer than ${MAX_ID} or has control characters`,
    );
  }
  return text;
}

function addressOf(value: unknown, problem: Problem): Pick<Instance, 'address' | 'addressType'> {
  const judged = parseAddress(textOf(value));
  if (judged.ok) return { address: judged.address, addressType: judged.addressType };
  problem.is(judged.reason, judged.message);
  return { address: '', addressType: 'IPv4' };
}

function portOf(value: unknown, problem: Problem): number {
  const port = integer(value);
  if (port !== null && port >= 1 && port <= 65_535) return port;
  problem.is('InvalidPort', `port ${quoted(value)} is not a whole number from 1 to 65535`);
  return 0;
}

function weightOf(value: unknown, problem: Problem): number {
  const weight = value === null ? DEFAULT_WEIGHT : integer(value);
  if (weight !== null && weight >= 0 && weight <= MAX_UINT32) return weight;
  problem.is('InvalidWeight', `weight ${quoted(value)} is not a whole number from 0 to ${MAX_UINT32}`);
  return 0;
}

function placeOf(what: 'region' | 'zone', value: unknown, intern: Interner, problem: Problem): string | null {
  const text = textOf(value);
  if (text.length <= MAX_PLACE && !CONTROL.test(text)) return intern.text(value);
  problem.is(
    what === 'zone' ? 'InvalidZone' : 'InvalidRegion',
    `${what} ${quoted(text)} is longer than ${MAX_PLACE} or has control characters`,
  );
  return null;
}

function statusOf(value: unknown, problem: Problem): InstanceStatus {
  if (value === 'UP' || value === 'DRAINING' || value === 'DOWN') return value;
  problem.is('InvalidStatus', `status ${quoted(value)} is none of UP, DRAINING, DOWN`);
  return 'DOWN';
}

function metadataOf(value: unknown, intern: Interner, problem: Problem): Readonly<Record<string, string>> {
  const metadata = intern.metadata(value);
  if (metadata !== null) return metadata;
  problem.is('InvalidMetadata', `metadata ${quoted(value)} is not a JSON object`);
  return EMPTY;
}

/** A lease is there where a TTL or a deadline is; a schema of the user's own may know the deadline only. */
function leaseOf(raw: RawRow, problem: Problem): { ttlMs: number | null; endsAtUs: number | null } {
  const ttlMs = raw.ttlMs === null ? null : integer(raw.ttlMs);
  if (raw.ttlMs !== null && (ttlMs === null || ttlMs < 1 || ttlMs > MAX_UINT32)) {
    problem.is(
      'InvalidTtl',
      `the lease of ${quoted(raw.ttlMs)} ms is not a whole number from 1 to ${MAX_UINT32}`,
    );
    return { ttlMs: null, endsAtUs: null };
  }
  if (!raw.leaseRead || (ttlMs === null && raw.expiresAtUs === null)) return { ttlMs, endsAtUs: null };
  const endsAtUs = integer(raw.expiresAtUs);
  if (endsAtUs === null || endsAtUs < 0) {
    problem.is('InvalidTime', 'the end of the lease is not a time that the database can convert');
  }
  return { ttlMs, endsAtUs };
}

function quoted(value: unknown): string {
  return quotedText(typeof value === 'string' ? value : inspect(value, { depth: 0 }));
}

/** The text of a column that may be a number in a schema of the user's own; '' for NULL. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : '';
}

/** A whole number, given as one or as its decimal text; null for anything else. */
function integer(value: unknown): number | null {
  if (typeof value === 'string' && /^-?\d{1,16}$/.test(value)) return Number(value);
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
}

/**
 * Shares what many rows have in common: 100,000 instances of three zones need three strings. Bounded: it is emptied when full, which
 * costs sharing but never correctness.
 */
export class Interner {
  readonly #limit: number;
  readonly #texts = new Map<string, string>();
  readonly #metadata = new Map<string, Readonly<Record<string, string>> | null>();

  constructor(limit = 20_000) {
    this.#limit = limit;
  }

  /** The text of a region or zone; null for NULL and for '' (which says no more). */
  text(value: unknown): string | null {
    const text = textOf(value);
    if (text === '') return null;
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size >= this.#limit) this.#texts.clear();
    this.#texts.set(text, text);
    return text;
  }

  /** The metadata of a row (JSON text or an object), frozen; null where it is not an object. */
  metadata(value: unknown): Readonly<Record<string, string>> | null {
    if (value === null || value === undefined || value === '') return EMPTY;
    if (typeof value !== 'string') return strings(value);
    const known = this.#metadata.get(value);
    if (known !== undefined) return known;
    const parsed = strings(parseJson(value));
    if (this.#metadata.size >= this.#limit) this.#metadata.clear();
    this.#metadata.set(value, parsed);
    return parsed;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * Values as texts, because selectors match texts: numbers and booleans as JSON writes them, nested values as their JSON, keys with
 * null are left out. Keys are sorted, so that equal metadata has equal JSON however the database keeps it.
 */
function strings(value: unknown): Readonly<Record<string, string>> | null {
  if (value === null) return EMPTY;
  if (typeof value !== 'object' || Array.isArray(value)) return null;
  const entries = Object.entries(value)
    .filter(([, item]) => item !== null)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]): [string, string] => [key, typeof item === 'string' ? item : JSON.stringify(item)]);
  // fromEntries defines own properties, so a key "__proto__" is only a key.
  return entries.length === 0 ? EMPTY : Object.freeze(Object.fromEntries(entries));
}
