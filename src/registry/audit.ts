import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { auditRanges, isInRange, type NameRange } from './audit-ranges.ts';
import type { Gate } from './gate.ts';
import type { RegistryObserver } from './observer.ts';
import type { RegistryReader, RowSum } from './registry-reader.ts';
import type { RowDifference } from './service-state.ts';
import type { RegistryStore } from './store.ts';

export interface AuditOptions {
  readonly reader: RegistryReader;
  readonly store: RegistryStore;
  readonly gate: Gate;
  /** All services are checked once in this time. */
  readonly intervalMs: number;
  /** For how long a difference must stand before it is one that no feed will tell of: longer than the feed's own rounds. */
  readonly settleMs: number;
  readonly hint: (service: string) => void;
  /** True while the service keeps what it has until a drastic read is confirmed. */
  readonly isPending: (service: string) => boolean;
  /** A step failed: `error`; or went well: null. */
  readonly onStep: (error: unknown) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer: RegistryObserver;
}

/** Rows that one step looks at, at least: a small registry is checked in one. */
const ROWS_PER_STEP = { range: 2000, table: 50_000 } as const;
const MOST_STEPS = 30;

/** A service whose checksum was another one, and what was held of it then. */
interface Suspect {
  readonly held: RowSum | undefined;
  readonly sinceMs: number;
}

/**
 * Compares count and checksum of every service with the store, spread evenly over its interval. It finds what no feed tells of: rows deleted
 * by a plain DELETE, transactions that took longer than the overlap, and our own faults. A difference that still stands after a while,
 * though the store has not moved, has its service read; what that read changes is the finding.
 */
export class Audit {
  readonly #options: AuditOptions;
  readonly #suspects = new Map<string, Suspect>();
  /** Services that are being read because of a standing difference. */
  readonly #accused = new Set<string>();

  constructor(options: AuditOptions) {
    this.#options = options;
  }

  /** Works until the signal is aborted, then rejects with its reason. */
  async run(signal: AbortSignal): Promise<never> {
    const { clock, gate, onStep, intervalMs } = this.#options;
    for (;;) {
      // Only what was read can be divided.
      await gate.passed(signal);
      const ranges = this.#nextRound();
      for (const range of ranges) {
        await this.#accuseUntil(clock.now() + intervalMs / ranges.length, signal);
        await gate.passed(signal);
        try {
          await this.#check(range, signal);
          onStep(null);
        } catch (error) {
          signal.throwIfAborted();
          onStep(error);
        }
      }
    }
  }

  /** A read of a service was applied (or held back as drastic): if the audit asked for it, its difference is the finding. */
  applied(service: string, { added, updated, removed }: RowDifference): void {
    this.#suspects.delete(service);
    if (!this.#accused.delete(service)) return;
    const { observer, logger } = this.#options;
    if (added + updated + removed === 0) return;
    logger.warn('audit found changes that no feed had told', { service, added, updated, removed });
    if (added > 0) observer.auditFinding('added', added);
    if (updated > 0) observer.auditFinding('updated', updated);
    if (removed > 0) observer.auditFinding('removed', removed);
  }

  #nextRound(): NameRange[] {
    const { store, reader } = this.#options;
    const rows = new Map([...store.sums()].map(([service, sum]): [string, number] => [service, sum.rows]));
    let total = 0;
    for (const count of rows.values()) total += count;
    const steps = Math.min(MOST_STEPS, Math.max(1, Math.ceil(total / ROWS_PER_STEP[reader.checksumCost])));
    return auditRanges(rows, steps);
  }

  /** Waits, and has suspects read whose difference has stood for long enough. */
  async #accuseUntil(untilMs: number, signal: AbortSignal): Promise<void> {
    const { clock, settleMs } = this.#options;
    for (;;) {
      this.#accuse();
      let nextMs = untilMs;
      for (const { sinceMs } of this.#suspects.values()) nextMs = Math.min(nextMs, sinceMs + settleMs);
      await clock.sleep(Math.max(0, nextMs - clock.now()), signal);
      if (clock.now() >= untilMs) return;
    }
  }

  async #check(range: NameRange, signal: AbortSignal): Promise<void> {
    const { reader, store, clock, observer } = this.#options;
    const startMs = clock.now();
    const { sums } = await reader.checksums(range.after, range.through, signal);
    const actual = new Map(sums.map((sum): [string, RowSum] => [sum.service, sum]));
    // Compared with what is held now, not before the read: a hint that was followed meanwhile is no difference.
    const held = store.sums();
    const names = new Set([...actual.keys(), ...[...held.keys()].filter((name) => isInRange(name, range))]);
    for (const name of names) {
      if (sameSum(actual.get(name), held.get(name))) this.#suspects.delete(name);
      else this.#suspect(name, held.get(name));
    }
    observer.audited(names.size);
    const rows = sums.reduce((total, sum) => total + sum.rows, 0);
    observer.readDone('audit', (clock.now() - startMs) / 1000, rows);
  }

  #suspect(name: string, held: RowSum | undefined): void {
    const { isPending, clock } = this.#options;
    if (isPending(name)) return;
    const known = this.#suspects.get(name);
    if (known !== undefined && sameSum(known.held, held)) return;
    this.#suspects.set(name, { held, sinceMs: clock.now() });
  }

  #accuse(): void {
    const { store, clock, settleMs, hint } = this.#options;
    const held = store.sums();
    for (const [name, suspect] of this.#suspects) {
      if (clock.now() - suspect.sinceMs < settleMs) continue;
      this.#suspects.delete(name);
      // The store has moved: a feed had told of it after all, or something else has changed and the next round will look.
      if (!sameSum(suspect.held, held.get(name))) continue;
      this.#accused.add(name);
      hint(name);
    }
  }
}

function sameSum(a: RowSum | undefined, b: RowSum | undefined): boolean {
  return a?.rows === b?.rows && a?.checksum === b?.checksum;
}
