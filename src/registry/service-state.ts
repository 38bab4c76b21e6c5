import type { Instance, RejectedInstance } from '../model/instance.ts';
import type { InstanceKey, RowSum } from './registry-reader.ts';
import type { ParsedRow, RejectedRow } from './rows.ts';
import type { Grace, Snapshot } from './snapshot.ts';

/** What the store holds of one service. Immutable. */
export interface ServiceState {
  readonly snapshot: Snapshot;
  readonly rejectedRows: readonly RejectedRow[];
  readonly sum: RowSum;
  /** The database's clock at the first read that this state can be compared with; Infinity after a loss: only a read that was asked for confirms that. */
  readonly firstReadUs: number;
}

/** One read of one service, as far as merging is concerned. */
export interface ServiceRead {
  readonly nowUs: number;
  /** When the change was made that led to the read, where the feed knows. */
  readonly changedAtUs: number | null;
  /** True for the second read on another connection that safety rule 2 asks for. */
  readonly confirms: boolean;
  /**
   * `keep`: a row that is known keeps the liveness that the expiry watch found, because this read may be older than that; `take`: the
   * read decides, because beats may have been lost. Then an instance that was alive ran out of its lease after
   * `graceSinceUs`, whatever an older beat that this server has may say, so that the grace covers it.
   */
  readonly liveness: { readonly mode: 'keep' } | { readonly mode: 'take'; readonly graceSinceUs: number };
}

/** How a read differs from what was held, in rows. */
export interface RowDifference {
  readonly added: number;
  readonly updated: number;
  readonly removed: number;
}

export interface Merged {
  readonly state: ServiceState;
  /** Whether subscribers have to know. */
  readonly changed: boolean;
  readonly difference: RowDifference;
  /** Known rows whose liveness, as read, is not what is held: to be asked for by key. */
  readonly doubtful: readonly InstanceKey[];
  /** New or changed leases without a beat: no index leads to their deadline. */
  readonly unbeaten: readonly UnbeatenLease[];
}

export interface UnbeatenLease {
  readonly key: InstanceKey;
  readonly deadlineUs: number;
}

/** Characters of a rejected row's instance id that people are shown. */
const SHOWN = 253;

/** Reads this far apart, in microseconds, can confirm each other (safety rule 2: a second). */
const CONFIRM_AFTER_US = 1_000_000;

/** The state of a service that has no rows, as of the registry's first read. */
export function emptyState(service: string, firstReadUs: number, grace: Grace | null): ServiceState {
  return {
    snapshot: {
      service,
      instances: [],
      rejected: [],
      asOfUs: firstReadUs,
      revision: 0,
      changedAtUs: 0,
      confirmed: false,
      grace,
    },
    rejectedRows: [],
    sum: { rows: 0, checksum: '0000000000000000' },
    firstReadUs,
  };
}

/**
 * What is held of a service after a read of all its rows. `before` null: this is its first read. Pure.
 *
 * | row as read                          | instance held afterwards                     | subscribers are told |
 * |--------------------------------------|----------------------------------------------|----------------------|
 * | hash known                           | the old object (its liveness, see `liveness`) | no                   |
 * | hash new, fields equal (another id)  | the new one                                  | no                   |
 * | hash new, fields differ; or id new   | the new one                                  | yes                  |
 */
export function mergeService(
  service: string,
  before: ServiceState | null,
  rows: readonly ParsedRow[],
  read: ServiceRead,
  grace: Grace | null,
): Merged {
  const old = before ?? emptyState(service, read.nowUs, grace);
  const merge = new Merge(old.snapshot.instances, read);
  const instances: Instance[] = [];
  const rejectedRows: RejectedRow[] = [];
  for (const row of rows) {
    if (row.ok) instances.push(merge.instance(service, row));
    else rejectedRows.push(row.rejected);
  }
  instances.sort(byInstanceId);
  rejectedRows.sort(byInstanceId);
  const sameRejects = sameRejected(old.rejectedRows, rejectedRows);
  const rejected = sameRejects ? old.snapshot.rejected : rejectedRows.map(withoutKey);
  const difference = merge.difference(!sameRejects);
  const changed = before === null || merge.changed || difference.removed > 0 || !sameRejects;
  const { confirmed, firstReadUs } = confirmation(before, read, difference.removed > 0 || merge.changedRows);
  const times =
    before === null
      ? firstTimes([instances, rejectedRows])
      : changeTimes(before.snapshot, changed, merge.changedTimesUs, read);
  return {
    state: {
      snapshot: { service, instances, rejected, asOfUs: read.nowUs, ...times, confirmed, grace },
      rejectedRows,
      sum: sumOf(instances, rejectedRows),
      firstReadUs,
    },
    changed: changed || confirmed !== old.snapshot.confirmed,
    difference,
    doubtful: merge.doubtful,
    unbeaten: merge.unbeaten,
  };
}

/** The first index whose instanceId is not below `instanceId`. */
export function lowerBound(
  instances: readonly { readonly instanceId: string }[],
  instanceId: string,
): number {
  let low = 0;
  let high = instances.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((instances[middle]?.instanceId ?? '') < instanceId) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The instance of this id and hash; a view of the user's own may show one instance id twice. */
export function findRow<T extends { readonly instanceId: string; readonly hash: string }>(
  rows: readonly T[],
  instanceId: string,
  hash: string,
): T | undefined {
  for (let index = lowerBound(rows, instanceId); rows[index]?.instanceId === instanceId; index += 1) {
    if (rows[index]?.hash === hash) return rows[index];
  }
  return undefined;
}

/** Whether clients could tell the two apart: every field but the key, the hash, and times. */
export function sameContent(a: Instance, b: Instance): boolean {
  return (
    a.address === b.address &&
    a.port === b.port &&
    a.weight === b.weight &&
    a.region === b.region &&
    a.zone === b.zone &&
    a.status === b.status &&
    a.ttlMs === b.ttlMs &&
    (a.metadata === b.metadata || JSON.stringify(a.metadata) === JSON.stringify(b.metadata))
  );
}

/** Goes through the rows of a read and finds what is new in them. */
class Merge {
  changed = false;
  /** A row that was known says something else: to a selector it may be lost. */
  changedRows = false;
  readonly doubtful: InstanceKey[] = [];
  readonly unbeaten: UnbeatenLease[] = [];
  /** updated_at of the rows that changed. */
  readonly changedTimesUs: number[] = [];
  readonly #before: readonly Instance[];
  readonly #read: ServiceRead;
  #matched = 0;
  #added = 0;
  #updated = 0;

  constructor(before: readonly Instance[], read: ServiceRead) {
    this.#before = before;
    this.#read = read;
  }

  instance(service: string, row: ParsedRow & { ok: true }): Instance {
    const known = findRow(this.#before, row.instance.instanceId, row.instance.hash);
    if (known !== undefined && this.#read.liveness.mode === 'keep') return this.#known(service, known, row);
    const old = known ?? this.#sameId(row.instance.instanceId);
    this.#track(service, row, old);
    if (old === undefined) return this.#new(row.instance);
    this.#matched += 1;
    if (old === row.instance) return old;
    const instance = { ...row.instance, expiredAtUs: this.#liveness(service, old, row.instance) };
    const differs = !sameContent(old, instance);
    if (differs) {
      this.#updated += 1;
      this.changedRows = true;
    }
    if (differs || old.expiredAtUs !== instance.expiredAtUs) {
      this.changed = true;
      this.changedTimesUs.push(differs ? instance.updatedAtUs : (instance.expiredAtUs ?? this.#read.nowUs));
    }
    return instance;
  }

  difference(rejectedDiffer: boolean): RowDifference {
    const removed = Math.max(0, this.#before.length - this.#matched);
    return { added: this.#added, updated: this.#updated + (rejectedDiffer ? 1 : 0), removed };
  }

  #new(instance: Instance): Instance {
    this.#added += 1;
    this.changed = true;
    this.changedTimesUs.push(instance.updatedAtUs);
    return instance;
  }

  /** See {@link ServiceRead.liveness}; a changed row whose liveness differs is asked for by key as well. */
  #liveness(service: string, old: Instance, instance: Instance): number | null {
    const { liveness } = this.#read;
    const { expiredAtUs, instanceId, id } = instance;
    if (old.expiredAtUs !== null && expiredAtUs !== null) return Math.max(old.expiredAtUs, expiredAtUs);
    if (old.expiredAtUs === expiredAtUs) return null;
    if (liveness.mode === 'take')
      return expiredAtUs === null ? null : Math.max(expiredAtUs, liveness.graceSinceUs);
    if (old.id !== id) return expiredAtUs;
    this.doubtful.push({ service, instanceId, id });
    return old.expiredAtUs;
  }

  /** An unchanged row: most rows of most reads, so the object held is used again. */
  #known(service: string, known: Instance, row: ParsedRow & { ok: true }): Instance {
    this.#matched += 1;
    const { instance } = row;
    let kept = known;
    if (known.updatedAtUs !== instance.updatedAtUs) kept = { ...kept, updatedAtUs: instance.updatedAtUs };
    const { expiredAtUs } = instance;
    if (!row.leaseRead || known.expiredAtUs === expiredAtUs) return kept;
    if (known.expiredAtUs === null || expiredAtUs === null) {
      this.doubtful.push({ service, instanceId: known.instanceId, id: known.id });
      return kept;
    }
    // It came back and ran out again between two looks; an earlier time is what a grace has settled.
    if (expiredAtUs < known.expiredAtUs) return kept;
    this.changed = true;
    this.changedTimesUs.push(expiredAtUs);
    return { ...kept, expiredAtUs };
  }

  /** A lease that was not looked up belongs to a row that was known when it was read; whether it still is, shows here. */
  #track(
    service: string,
    { instance, unbeatenUntilUs, leaseRead }: ParsedRow & { ok: true },
    old: Instance | undefined,
  ): void {
    const key = { service, instanceId: instance.instanceId, id: instance.id };
    if (unbeatenUntilUs !== null) this.unbeaten.push({ key, deadlineUs: unbeatenUntilUs });
    if (!leaseRead && old?.id !== instance.id) this.doubtful.push(key);
  }

  #sameId(instanceId: string): Instance | undefined {
    const found = this.#before[lowerBound(this.#before, instanceId)];
    return found?.instanceId === instanceId ? found : undefined;
  }
}

/**
 * A loss that is none of safety rule 2 for the whole service may be one for a GrpcService that selects a part of it: so no read
 * that loses anything confirms it, unless it is the second one that was asked for.
 */
function confirmation(
  before: ServiceState | null,
  read: ServiceRead,
  loses: boolean,
): Pick<ServiceState, 'firstReadUs'> & Pick<Snapshot, 'confirmed'> {
  if (before === null) return { confirmed: false, firstReadUs: read.nowUs };
  const { snapshot } = before;
  const isLater = read.nowUs - before.firstReadUs >= CONFIRM_AFTER_US;
  return {
    confirmed: read.confirms || (!loses && (snapshot.confirmed || isLater)),
    firstReadUs: loses ? Infinity : before.firstReadUs,
  };
}

type Times = Pick<Snapshot, 'revision' | 'changedAtUs'>;

function firstTimes(rows: readonly (readonly { readonly updatedAtUs: number }[])[]): Times {
  let newest = 0;
  for (const some of rows) for (const row of some) newest = Math.max(newest, row.updatedAtUs);
  return { revision: newest, changedAtUs: newest };
}

function changeTimes(before: Times, changed: boolean, timesUs: readonly number[], read: ServiceRead): Times {
  if (!changed) return { revision: before.revision, changedAtUs: before.changedAtUs };
  // A removed row has no time any more, and neither has a row of a schema without updated_at: then the read's own time stands for it.
  const known = timesUs.filter((time) => time > 0 && time <= read.nowUs);
  let newest = known.length === 0 ? read.nowUs : 0;
  let oldest = known.length === 0 ? read.nowUs : Number.MAX_SAFE_INTEGER;
  for (const time of known) {
    newest = Math.max(newest, time);
    oldest = Math.min(oldest, time);
  }
  return { revision: Math.max(before.revision + 1, newest), changedAtUs: read.changedAtUs ?? oldest };
}

function withoutKey({ instanceId, reason, message }: RejectedRow): RejectedInstance {
  return { instanceId: shortened(instanceId), reason, message };
}

/** What is shown of an id that may be any text: a status has no room for a megabyte. */
function shortened(instanceId: string): string {
  return instanceId.length <= SHOWN ? instanceId : `${instanceId.slice(0, SHOWN - 1)}…`;
}

function sameRejected(before: readonly RejectedRow[], after: readonly RejectedRow[]): boolean {
  return (
    before.length === after.length &&
    after.every((row, index) => {
      const old = before[index];
      return old?.instanceId === row.instanceId && old.reason === row.reason && old.message === row.message;
    })
  );
}

function sumOf(instances: readonly Instance[], rejectedRows: readonly RejectedRow[]): RowSum {
  let high = 0;
  let low = 0;
  for (const rows of [instances, rejectedRows]) {
    for (const { hash } of rows) {
      high ^= Number.parseInt(hash.slice(0, 8), 16);
      low ^= Number.parseInt(hash.slice(8), 16);
    }
  }
  return { rows: instances.length + rejectedRows.length, checksum: hex(high) + hex(low) };
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}

function byInstanceId(
  a: { readonly instanceId: string; readonly hash: string },
  b: { readonly instanceId: string; readonly hash: string },
): number {
  if (a.instanceId !== b.instanceId) return a.instanceId < b.instanceId ? -1 : 1;
  return a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0;
}
