import { Breather } from '../lib/event-loop.ts';
import type { Clock } from '../lib/clock.ts';
import { isDrastic } from './confirm.ts';
import type { RawRow } from './registry-reader.ts';
import { Interner, type ParsedRow, parseRow } from './rows.ts';
import type { Merged, ServiceRead } from './service-state.ts';
import type { RegistryStore } from './store.ts';

/** What the applier hands on. */
export interface AppliedSink {
  /** Known rows whose liveness is to be asked for, and leases that no index leads to. */
  leases(merged: Pick<Merged, 'doubtful' | 'unbeaten'>): void;
  /** The read would take much away: the service keeps what it has until a second read confirms it. */
  drastic(service: string): void;
  /** A read was applied, or held back (`drastic`). */
  applied(service: string, merged: Merged, outcome: 'applied' | 'drastic'): void;
}

/** Parsed rows by service. */
export type RowsByService = Map<string, ParsedRow[]>;

/** Turns rows into snapshots in the store, service by service, under safety rule 2. */
export class ReadApplier {
  readonly #store: RegistryStore;
  readonly #clock: Clock;
  readonly #sink: AppliedSink;
  readonly #intern = new Interner();

  constructor(store: RegistryStore, clock: Clock, sink: AppliedSink) {
    this.#store = store;
    this.#clock = clock;
    this.#sink = sink;
  }

  /** Judges rows and adds them to their services. A row without a service belongs to none. */
  parse(rows: readonly RawRow[], nowUs: number, into: RowsByService): void {
    for (const raw of rows) {
      if (typeof raw.service !== 'string' || raw.service === '') continue;
      const parsed = this.#shared(raw.service, parseRow(raw, nowUs, this.#intern));
      const ofService = into.get(raw.service);
      if (ofService === undefined) into.set(raw.service, [parsed]);
      else ofService.push(parsed);
    }
  }

  /** With the instance that is held instead of an equal one: a read of everything would hold everything twice for its time. */
  #shared(service: string, row: ParsedRow): ParsedRow {
    if (!row.ok) return row;
    const { instanceId, hash, updatedAtUs, expiredAtUs } = row.instance;
    const held = this.#store.instance(service, instanceId, hash);
    const isSame = held?.updatedAtUs === updatedAtUs && held.expiredAtUs === expiredAtUs;
    return isSame ? { ...row, instance: held } : row;
  }

  /** Applies a read of everything: a service that is not among `rows` has none. */
  async applyAll(rows: RowsByService, read: ServiceRead): Promise<void> {
    const breather = new Breather(this.#clock);
    for (const service of new Set([...this.#store.services(), ...rows.keys()])) {
      this.apply(service, rows.get(service) ?? [], read);
      // What was read is in the store now, or given up: let it go as we go.
      rows.delete(service);
      const pause = breather.breathe();
      if (pause !== undefined) await pause;
    }
    this.#store.setRead(read.nowUs);
  }

  /** Applies a read of one service. */
  apply(service: string, rows: readonly ParsedRow[], read: ServiceRead): void {
    const before = this.#store.snapshot(service);
    const merged = this.#store.merge(service, rows, read);
    if (before !== undefined && !read.confirms && isDrastic(before, merged.state.snapshot)) {
      this.#sink.drastic(service);
      this.#sink.applied(service, merged, 'drastic');
      return;
    }
    this.#store.put(merged);
    this.#sink.leases(merged);
    this.#sink.applied(service, merged, 'applied');
  }
}
