import { setTimeout as sleep } from 'node:timers/promises';
import type { RegistryDatabase } from '../world/registry.ts';

const everyMs = 10_000;
const atOnce = 100;

/** Lets all leased instances beat every 10 s, evenly in time: the servers of a quiet fleet. */
export class Beats {
  readonly #registry: RegistryDatabase;
  readonly #leaseMs: number;
  readonly #ids: readonly number[];
  #stopped = false;
  #work: Promise<void> = Promise.resolve();

  private constructor(registry: RegistryDatabase, leaseMs: number, ids: readonly number[]) {
    this.#registry = registry;
    this.#leaseMs = leaseMs;
    this.#ids = ids;
  }

  /** Renews all leases once, then goes on. */
  static async start(registry: RegistryDatabase, leaseMs: number): Promise<Beats> {
    const rows = await registry.sql<{ id: number }>('SELECT id FROM instances ORDER BY id');
    const ids = rows.map(({ id }) => id);
    const beats = new Beats(registry, leaseMs, ids);
    await beats.#beat(ids);
    beats.#work = beats.#goOn();
    return beats;
  }

  /** Rejects when a beat could not be written. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#work;
  }

  async #goOn(): Promise<void> {
    const since = performance.now();
    const gapMs = (everyMs * atOnce) / this.#ids.length;
    for (let turn = 0; !this.#stopped; turn++) {
      const from = (turn * atOnce) % this.#ids.length;
      await this.#beat(this.#ids.slice(from, from + atOnce));
      await sleep(Math.max(0, since + (turn + 1) * gapMs - performance.now()));
    }
  }

  async #beat(ids: readonly number[]): Promise<void> {
    await this.#registry.sql(
      'UPDATE heartbeats SET expires_at = NOW(6) + INTERVAL ? MICROSECOND WHERE instance IN (?)',
      [this.#leaseMs * 1000, ids],
    );
  }
}
