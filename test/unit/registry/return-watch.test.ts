import assert from 'node:assert/strict';
import { Gate } from '../../../src/registry/gate.ts';
import { LeaseTaker } from '../../../src/registry/lease-taker.ts';
import type { InstanceKey } from '../../../src/registry/registry-reader.ts';
import { LATEST_PER_TICK, RETURNS_PER_TICK, ReturnWatch } from '../../../src/registry/return-watch.ts';
import { Interner, parseRow } from '../../../src/registry/rows.ts';
import { RegistryStore } from '../../../src/registry/store.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { aRow } from '../../support/raw-rows.ts';
import { RecordingRegistryObserver } from '../../support/recording-registry-observer.ts';

const NOW_US = 1_000_000_000;
const TICK_MS = 250;

/** A store of leases that ran out, the last of them last, a registry that says which are back, and the two parts that follow them. */
class Bench {
  readonly clock = new FakeClock();
  readonly gate = new Gate();
  readonly store = new RegistryStore();
  readonly observer = new RecordingRegistryObserver();
  /** The ids that were asked for, one list for each read. */
  readonly asked: number[][] = [];
  isBack: (id: number) => boolean = () => false;
  readonly taker: LeaseTaker;
  readonly watch: ReturnWatch;
  readonly #stopping = new AbortController();
  readonly #running: Promise<unknown>;

  constructor(expired: number) {
    const rows = Array.from({ length: expired }, (_, id) => {
      const fields = { id, instanceId: `i${id}`, ttlMs: 1000, expiresAtUs: NOW_US - expired + id };
      return parseRow(aRow({ ...fields, hash: id.toString(16).padStart(16, '0') }), NOW_US, new Interner());
    });
    const read = { nowUs: NOW_US, changedAtUs: null, confirms: false, liveness: { mode: 'keep' } as const };
    this.store.put(this.store.merge('orders', rows, read));
    const { clock, gate, store, observer } = this;
    this.taker = new LeaseTaker({ clock, gate, store, observer, healthy: () => true, hint: () => undefined });
    const readLeases = (keys: readonly InstanceKey[]) => {
      const ids = keys.map(({ id }) => Number(id));
      this.asked.push(ids);
      return Promise.resolve({
        nowUs: this.nowUs,
        leases: ids.filter(this.isBack).map((id) => this.lease(id, 1e9)),
      });
    };
    const fail = (error: unknown): void => assert.fail(String(error));
    this.watch = new ReturnWatch({ clock, gate, store, taker: this.taker, fail, reader: { readLeases } });
    gate.open();
    this.#running = this.watch.run(this.#stopping.signal).catch(() => undefined);
  }

  get nowUs(): number {
    return NOW_US + 1000 + this.clock.now() * 1000;
  }

  lease(id: number, inUs: number) {
    return { service: 'orders', instanceId: `i${id}`, id, expiresAtUs: NOW_US + inUs, unbeaten: false };
  }

  isExpired(id: number): boolean {
    return this.store.expiredKeys().some((key) => key.id === id);
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the test is over'));
    await this.#running;
  }
}

describe('leases that come back', () => {
  let bench: Bench;
  const start = async (expired: number): Promise<void> => {
    bench = new Bench(expired);
    await bench.clock.advance(0);
  };
  afterEach(() => bench.stop());

  it('are each looked for in every tick while they are not too many', async () => {
    await start(RETURNS_PER_TICK);
    await bench.clock.advance(3 * TICK_MS);
    assert.deepEqual(
      bench.asked.map((ids) => new Set(ids).size),
      [RETURNS_PER_TICK, RETURNS_PER_TICK, RETURNS_PER_TICK, RETURNS_PER_TICK],
    );
    assert.equal(bench.watch.roundMs, bench.clock.now());
  });

  it('are not looked for while none has run out, and at once when one has', async () => {
    await start(1);
    bench.isBack = () => true;
    await bench.clock.advance(TICK_MS);
    const { length } = bench.asked;
    await bench.clock.advance(TICK_MS);
    assert.equal(bench.clock.pending, 0, 'no timer wakes anybody');
    await bench.clock.advance(60_000);
    assert.equal(bench.asked.length, length);
    assert.equal(bench.watch.roundMs, bench.clock.now(), 'a look at nothing is complete');
    bench.isBack = () => false;
    await bench.taker.take({ nowUs: bench.nowUs, leases: [bench.lease(0, 0)] }, bench.gate.round);
    await bench.clock.advance(0);
    assert.deepEqual(bench.asked.slice(length), [[0]]);
    assert.equal(bench.watch.roundMs, bench.clock.now());
    await bench.clock.advance(TICK_MS);
    assert.equal(bench.asked.length, length + 2);
  });

  it('cost a bounded number of looks a second, however many have run out', async () => {
    await start(20_000);
    await bench.clock.advance(19 * TICK_MS);
    assert.equal(bench.asked.length, 20);
    assert.ok(bench.asked.every((ids) => ids.length <= RETURNS_PER_TICK));
    assert.equal(new Set(bench.asked.flat()).size, 20_000, 'each has had its turn');
    for (const ids of bench.asked) {
      const asked = new Set(ids);
      for (let id = 20_000 - LATEST_PER_TICK; id < 20_000; id += 1) assert.ok(asked.has(id), `${id}`);
    }
    assert.equal(bench.watch.roundMs, 0);
  });

  it('all at once are all found at once', async () => {
    await start(20_000);
    bench.isBack = () => true;
    await bench.clock.advance(2 * TICK_MS);
    assert.equal(bench.observer.returned, 20_000);
  });

  it('are looked for in one go when somebody waits for it', async () => {
    await start(20_000);
    await bench.clock.advance(5 * TICK_MS);
    const sinceMs = bench.clock.now();
    assert.ok(bench.watch.roundMs < sinceMs);
    await bench.clock.advance(10);
    bench.watch.hurry(sinceMs);
    await bench.clock.advance(TICK_MS);
    assert.ok(bench.watch.roundMs >= sinceMs);
    const { length } = bench.asked;
    await bench.clock.advance(TICK_MS);
    assert.equal(bench.asked.length, length + 1, 'and only once');
  });

  it('stay back when an answer from before it says that they have run out', async () => {
    await start(3);
    const beforeUs = bench.nowUs;
    bench.isBack = (id) => id === 1;
    await bench.clock.advance(TICK_MS);
    assert.equal(bench.isExpired(1), false);
    const read = { nowUs: beforeUs, leases: [bench.lease(1, 0), bench.lease(2, 0)] };
    const { isTaken, overtaken } = await bench.taker.take(read, bench.gate.round);
    assert.deepEqual([isTaken, overtaken.map(({ id }) => id)], [true, [1]]);
    assert.equal(bench.isExpired(1), false);
    const later = { nowUs: bench.nowUs + 1, leases: [bench.lease(1, 0)] };
    await bench.taker.take(later, bench.gate.round);
    assert.equal(bench.isExpired(1), true, 'what was read later counts');
  });

  it('do not come back by an answer whose deadline has passed meanwhile', async () => {
    await start(1);
    await bench.taker.take(
      { nowUs: NOW_US + 5_000_000, leases: [bench.lease(0, 4_000_000)] },
      bench.gate.round,
    );
    const late = { nowUs: NOW_US + 3_000_000, leases: [bench.lease(0, 4_000_000)] };
    assert.equal(await bench.taker.takeReturns(late, bench.gate.round), 0);
    assert.equal(bench.isExpired(0), true);
  });

  it('say nothing when the registry was lost while they were read', async () => {
    await start(1);
    const { round } = bench.gate;
    bench.gate.close();
    bench.gate.open();
    const read = { nowUs: bench.nowUs, leases: [bench.lease(0, 1e9)] };
    assert.equal(await bench.taker.takeReturns(read, round), null);
    assert.equal((await bench.taker.take(read, round)).isTaken, false);
    assert.equal(bench.isExpired(0), true);
  });
});
