import { setTimeout as sleep } from 'node:timers/promises';
import type { Oracle } from './oracle.ts';
import type { Registration, RegistryTable } from './registry-table.ts';

/** Options of {@link RandomWriter}. */
export interface RandomWriterOptions {
  readonly table: RegistryTable;
  readonly oracle: Oracle;
  readonly service: string;
  readonly random: () => number;
  /** Live rows stay between these numbers; far enough above 1 that safety rules 2 and 3 have nothing to hold. */
  readonly rows: { readonly fewest: number; readonly most: number };
  /** Between two changes, at random up to so long, in ms. */
  readonly paceMs: number;
}

/** So long that a machine under load does not end a lease that is beaten once a second. */
const TTL_MS = 8000;
const BEAT_EVERY_MS = 1000;
/** Draining rows at once; the oldest of more goes DOWN. */
const DRAINING = 5;

interface Row {
  readonly registration: Registration;
  /** `performance.now()` since when its beats have stopped; null: it beats, or is static. */
  silentSinceMs: number | null;
}

/**
 * Changes the rows of one service at random, as servers and their operators do: they register (static or with a lease), drain, go DOWN,
 * stop beating, and come back. Tells the oracle what is live when.
 */
export class RandomWriter {
  /** How often each kind of change was made. */
  readonly changes: Record<string, number> = {};
  readonly #options: RandomWriterOptions;
  /** UP, whether they beat or not. */
  readonly #rows: Row[] = [];
  readonly #draining: Row[] = [];
  #registered = 0;
  #beatAtMs = Number.NEGATIVE_INFINITY;
  #onPaused: (() => void) | undefined;
  #paused = false;

  constructor(options: RandomWriterOptions) {
    this.#options = options;
  }

  /** Registers as many as there must be. */
  async fill(): Promise<void> {
    while (this.#alive().length < this.#options.rows.fewest) await this.#register();
  }

  /** Changes rows, or only beats while it is paused, until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { random, paceMs } = this.#options;
    while (!signal.aborted) {
      if (!this.#paused) await this.#step();
      else if (this.#onPaused !== undefined) await this.#comeToRest(this.#onPaused);
      await this.#beat();
      await sleep(random() * paceMs);
    }
  }

  /** Resolves when the rows no longer change and every lease is beaten, or its row DOWN. */
  pause(): Promise<void> {
    this.#paused = true;
    return new Promise((resolve) => (this.#onPaused = resolve));
  }

  resume(): void {
    this.#paused = false;
  }

  async #step(): Promise<void> {
    const { random, rows } = this.#options;
    await this.#endSilence(TTL_MS + 1000);
    const oldest = this.#draining.length > DRAINING ? this.#draining.shift() : undefined;
    if (oldest !== undefined) await this.#write(oldest, 'DOWN');
    const alive = this.#alive();
    const row = alive[Math.floor(random() * alive.length)];
    if (row === undefined || alive.length <= rows.fewest || (alive.length < rows.most && random() < 0.5)) {
      await this.#arrive();
      return;
    }
    const mayFallSilent = this.#rows.length - alive.length < rows.fewest / 4;
    if (mayFallSilent && row.registration.ttlMs !== undefined && random() < 0.5) this.#fallSilent(row);
    else await this.#leave(row, random() < 0.3 ? 'DRAINING' : 'DOWN');
  }

  async #comeToRest(onPaused: () => void): Promise<void> {
    this.#onPaused = undefined;
    await this.#endSilence(0);
    onPaused();
  }

  async #arrive(): Promise<void> {
    const { table, oracle, random } = this.#options;
    const silent = this.#rows.find(({ silentSinceMs }) => silentSinceMs !== null);
    if (silent === undefined || random() < 0.6) {
      await this.#register();
      return;
    }
    this.#count('return');
    await table.beat(silent.registration);
    silent.silentSinceMs = null;
    oracle.lives(silent.registration.address);
  }

  async #register(): Promise<void> {
    const { table, oracle, service, random } = this.#options;
    this.#count('register');
    const number = (this.#registered += 1);
    const registration: Registration = {
      service,
      instanceId: `i-${number}`,
      // Never used twice: whatever is seen of it is of this one life.
      address: `10.${80 + (number >>> 16)}.${(number >>> 8) & 255}.${number & 255}`,
      ...(random() < 0.4 ? { ttlMs: TTL_MS } : {}),
    };
    await table.register(registration);
    this.#rows.push({ registration, silentSinceMs: null });
    oracle.lives(registration.address);
  }

  async #leave(row: Row, status: 'DRAINING' | 'DOWN'): Promise<void> {
    this.#rows.splice(this.#rows.indexOf(row), 1);
    if (status === 'DRAINING') this.#draining.push(row);
    await this.#write(row, status);
  }

  async #write({ registration }: Row, status: 'DRAINING' | 'DOWN'): Promise<void> {
    const { table, oracle, service } = this.#options;
    this.#count(status);
    oracle.leaves(registration.address);
    await table.setStatus(service, registration.instanceId, status);
    oracle.dies(registration.address);
  }

  #fallSilent(row: Row): void {
    this.#count('silence');
    row.silentSinceMs = performance.now();
    this.#options.oracle.leaves(row.registration.address);
  }

  /** Somebody clears up what expired: else safety rule 3 would count it, and in the end hold it. */
  async #endSilence(afterMs: number): Promise<void> {
    const nowMs = performance.now();
    const ended = this.#rows.filter(
      (row) => row.silentSinceMs !== null && nowMs - row.silentSinceMs >= afterMs,
    );
    for (const row of ended) await this.#leave(row, 'DOWN');
  }

  async #beat(): Promise<void> {
    const nowMs = performance.now();
    if (nowMs - this.#beatAtMs < BEAT_EVERY_MS) return;
    this.#beatAtMs = nowMs;
    const leased = this.#alive().filter(({ registration }) => registration.ttlMs !== undefined);
    await this.#options.table.beat(...leased.map(({ registration }) => registration));
  }

  #alive(): readonly Row[] {
    return this.#rows.filter(({ silentSinceMs }) => silentSinceMs === null);
  }

  #count(change: string): void {
    this.changes[change] = (this.changes[change] ?? 0) + 1;
  }
}
