import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Interner, parseRow } from '../../../src/registry/rows.ts';
import type { RawRow } from '../../../src/registry/registry-reader.ts';
import type { ServiceRead } from '../../../src/registry/service-state.ts';
import type { Snapshot } from '../../../src/registry/snapshot.ts';
import { RegistryStore } from '../../../src/registry/store.ts';
import { aRow } from '../../support/raw-rows.ts';

const intern = new Interner();

/** A store with the listener's calls, and short words for what the syncer does with it. */
class Bench {
  readonly store = new RegistryStore();
  told: string[] = [];

  constructor() {
    this.store.subscribe((service) => this.told.push(service));
  }

  read(rows: readonly RawRow[], read: Partial<ServiceRead> = {}) {
    const nowUs = read.nowUs ?? 10_000_000;
    const parsed = rows.map((row) => parseRow(row, nowUs, intern));
    const merged = this.store.merge('orders', parsed, {
      nowUs,
      changedAtUs: null,
      confirms: false,
      liveness: { mode: 'keep' },
      ...read,
    });
    this.store.put(merged);
    return merged;
  }

  /** Of the first instance. */
  get expiredAtUs(): number | null | undefined {
    return this.snapshot.instances[0]?.expiredAtUs;
  }

  get snapshot(): Snapshot {
    const snapshot = this.store.snapshot('orders');
    assert.ok(snapshot);
    return snapshot;
  }
}

const OTHER = aRow({ instanceId: 'b', hash: 'b'.repeat(16) });

/** Two rows, found so by two reads. */
function confirmedBench(): Bench {
  const bench = new Bench();
  bench.read([aRow(), OTHER]);
  bench.read([aRow(), OTHER], { nowUs: 12_000_000 });
  assert.equal(bench.snapshot.confirmed, true);
  return bench;
}

describe('the store', () => {
  it('forgets the oldest of the services without rows when there are more than anybody asks for', () => {
    const store = new RegistryStore();
    store.setRead(1_000_000);
    const read = (service: string, rows: readonly RawRow[]): void => {
      const parsed = rows.map((row) => parseRow(row, 2_000_000, intern));
      const how = { changedAtUs: null, confirms: true, liveness: { mode: 'keep' } } as const;
      store.put(store.merge(service, parsed, { nowUs: 2_000_000, ...how }));
    };
    read('orders', [aRow()]);
    for (let index = 0; index < 20_000; index += 1) read(`nobody-${index}`, []);
    read('nobody-0', []);
    for (let index = 20_000; index < 25_000; index += 1) read(`nobody-${index}`, []);
    assert.equal([...store.services()].length, 20_001);
    const confirmed = ['nobody-0', 'nobody-1', 'nobody-24999'].map((name) => store.snapshot(name)?.confirmed);
    assert.deepEqual(confirmed, [true, false, true]);
    assert.equal(store.snapshot('orders')?.instances.length, 1);
  });

  it('knows nothing of a service before everything was read, and that it is empty afterwards', () => {
    const store = new RegistryStore();
    assert.equal(store.snapshot('orders'), undefined);
    store.setRead(7);
    assert.deepEqual(store.snapshot('orders'), {
      service: 'orders',
      instances: [],
      rejected: [],
      asOfUs: 7,
      revision: 0,
      changedAtUs: 0,
      confirmed: false,
      grace: null,
    });
  });

  it('takes the newest updated_at as the revision of the first read', () => {
    const bench = new Bench();
    bench.read([aRow({ updatedAtUs: 5 }), aRow({ instanceId: 'b', updatedAtUs: 9, port: 0 })]);
    assert.equal(bench.snapshot.revision, 9);
    assert.equal(bench.snapshot.confirmed, false);
    assert.deepEqual(bench.told, ['orders']);
  });

  it('tells nobody of a read that shows the same, and keeps the same objects', () => {
    const bench = new Bench();
    bench.read([aRow()]);
    const before = bench.snapshot;
    const merged = bench.read([aRow({ updatedAtUs: 2_000_000 })], { nowUs: 10_500_000 });
    assert.equal(merged.changed, false);
    assert.deepEqual(bench.told, ['orders']);
    assert.equal(bench.snapshot.revision, before.revision);
    assert.equal(bench.snapshot.asOfUs, 10_500_000);
    assert.equal(bench.snapshot.instances[0]?.updatedAtUs, 2_000_000);
  });

  it('gives a change the time of its row as revision', () => {
    const bench = new Bench();
    bench.read([aRow()]);
    bench.read([aRow({ weight: 5, hash: 'b'.repeat(16), updatedAtUs: 8_000_000 })]);
    assert.equal(bench.snapshot.revision, 8_000_000);
    assert.equal(bench.snapshot.changedAtUs, 8_000_000);
    assert.deepEqual(bench.told, ['orders', 'orders']);
  });

  it('lets a revision grow even when the clock of the rows does not', () => {
    const bench = new Bench();
    bench.read([aRow({ updatedAtUs: 9_000_000 })]);
    bench.read([aRow({ weight: 5, hash: 'b'.repeat(16), updatedAtUs: 3 })]);
    assert.equal(bench.snapshot.revision, 9_000_001);
  });

  it('gives a removal the time of the read', () => {
    const bench = new Bench();
    bench.read([aRow(), aRow({ instanceId: 'b', hash: 'b'.repeat(16) })]);
    const merged = bench.read([aRow()], { nowUs: 20_000_000 });
    assert.deepEqual(merged.difference, { added: 0, updated: 0, removed: 1 });
    assert.equal(bench.snapshot.revision, 20_000_000);
  });

  it('takes over a new id of equal content without telling anybody', () => {
    const bench = new Bench();
    bench.read([aRow({ id: 1 })]);
    const merged = bench.read([aRow({ id: 2, hash: 'b'.repeat(16), updatedAtUs: 9_999_999 })]);
    assert.equal(merged.changed, false);
    assert.equal(bench.snapshot.instances[0]?.id, 2);
  });

  it('confirms a snapshot by a second read, or by any read a second later', () => {
    for (const read of [{ confirms: true }, { nowUs: 11_000_000 }]) {
      const bench = new Bench();
      bench.read([aRow()]);
      bench.read([aRow()], { nowUs: 10_900_000 });
      assert.equal(bench.snapshot.confirmed, false);
      bench.read([aRow()], { nowUs: 10_950_000, ...read });
      assert.equal(bench.snapshot.confirmed, true);
      assert.deepEqual(bench.told, ['orders', 'orders']);
    }
  });

  it('has a loss confirmed only by the second read that was asked for, whatever others show', () => {
    const bench = confirmedBench();
    bench.read([aRow()], { nowUs: 20_000_000 });
    assert.equal(bench.snapshot.confirmed, false, 'as soon as it is seen');
    bench.read([aRow()], { nowUs: 30_000_000 });
    assert.equal(bench.snapshot.confirmed, false, 'by a read on any connection');
    bench.read([aRow()], { nowUs: 31_000_000, confirms: true });
    assert.equal(bench.snapshot.confirmed, true);
    bench.read([], { nowUs: 32_000_000, confirms: true });
    assert.equal(bench.snapshot.confirmed, true, 'what the second read shows is obeyed, whatever it is');
  });

  it('takes a row that says something else for a loss: a selector may not find it any more', () => {
    const bench = confirmedBench();
    bench.read([aRow({ metadata: '{"version":"2"}', hash: 'c'.repeat(16) }), OTHER], { nowUs: 20_000_000 });
    assert.equal(bench.snapshot.confirmed, false);
  });

  it('takes nothing for a loss that only adds, or changes a lease', () => {
    const bench = confirmedBench();
    const more = aRow({ instanceId: 'c', hash: 'c'.repeat(16) });
    bench.read([aRow(), OTHER, more], { nowUs: 20_000_000 });
    assert.equal(bench.snapshot.confirmed, true);
  });

  it('knows rejected rows by their hash too, and counts them', () => {
    const bench = new Bench();
    bench.read([aRow({ port: 0, hash: 'c'.repeat(16) }), aRow({ instanceId: 'b' })]);
    assert.ok(bench.store.has('orders', 'orders-1', 'c'.repeat(16)));
    assert.ok(!bench.store.has('orders', 'orders-1', 'd'.repeat(16)));
    assert.ok(!bench.store.has('orders', 'other', 'c'.repeat(16)));
    assert.ok(!bench.store.has('billing', 'orders-1', 'c'.repeat(16)));
    assert.deepEqual(bench.store.counts(), { services: 1, instances: 1, rejected: 1 });
  });

  it('shows no more than the beginning of an endless instance id', () => {
    const bench = new Bench();
    bench.read([aRow({ instanceId: 'x'.repeat(100_000) })]);
    assert.equal(bench.snapshot.rejected[0]?.instanceId, `${'x'.repeat(252)}…`);
    assert.ok(bench.store.has('orders', 'x'.repeat(100_000), aRow().hash), 'it is known all the same');
  });

  it('keeps two rows with one instance id apart, as a view may show them', () => {
    const bench = new Bench();
    const twins = [aRow({ hash: 'a'.repeat(16) }), aRow({ hash: 'b'.repeat(16), port: 2 })];
    bench.read(twins);
    assert.equal(bench.read([...twins].reverse()).changed, false);
    assert.equal(bench.read(twins.slice(1)).difference.removed, 1);
    assert.equal(bench.snapshot.instances.length, 1);
  });
});

describe('leases in the store', () => {
  const leased = { ttlMs: 1000, expiresAtUs: 12_000_000, id: 1 };
  const lease = (expiresAtUs: number, id = 1) => ({
    service: 'orders',
    instanceId: 'orders-1',
    id,
    expiresAtUs,
    unbeaten: false,
  });

  it('run out and come back by what the expiry watch reads, with a revision each', () => {
    const bench = new Bench();
    bench.read([aRow(leased)]);
    assert.deepEqual(bench.store.setLiveness({ nowUs: 12_100_000, leases: [lease(12_000_000)] }), {
      expired: 1,
      returned: 0,
      unknown: [],
    });
    assert.equal(bench.expiredAtUs, 12_000_000);
    assert.equal(bench.snapshot.revision, 12_000_000);
    assert.deepEqual(bench.store.expiredKeys(), [
      { service: 'orders', instanceId: 'orders-1', id: 1, expiredAtUs: 12_000_000 },
    ]);
    assert.deepEqual(bench.store.setLiveness({ nowUs: 13_000_000, leases: [lease(14_000_000)] }), {
      expired: 0,
      returned: 1,
      unknown: [],
    });
    assert.equal(bench.expiredAtUs, null);
    assert.deepEqual(bench.told, ['orders', 'orders', 'orders']);
    assert.deepEqual(bench.store.expiredKeys(), []);
  });

  it('that ran out are not looked for while their rows say DOWN', () => {
    const bench = new Bench();
    const ranOut = { ...leased, expiresAtUs: 5_000_000 };
    assert.equal(bench.store.hasExpired, false);
    bench.read([aRow({ ...ranOut, status: 'DOWN' })]);
    assert.deepEqual([bench.store.hasExpired, bench.store.expiredKeys()], [false, []]);
    bench.read([aRow({ ...ranOut, hash: 'e'.repeat(16) })]);
    assert.equal(bench.store.hasExpired, true);
    assert.equal(bench.store.expiredKeys().length, 1);
    bench.store.setLiveness({ nowUs: 13_000_000, leases: [lease(14_000_000)] });
    assert.equal(bench.store.hasExpired, false);
  });

  it('tell nobody when they say what is known', () => {
    const bench = new Bench();
    bench.read([aRow(leased)]);
    bench.store.setLiveness({ nowUs: 11_000_000, leases: [lease(12_000_000)] });
    assert.deepEqual(bench.told, ['orders']);
  });

  it('of rows that are not held name the service to read', () => {
    const bench = new Bench();
    bench.read([aRow(leased)]);
    const change = bench.store.setLiveness({
      nowUs: 13_000_000,
      leases: [lease(1, 99), { ...lease(1), service: 'billing' }],
    });
    assert.deepEqual(change, { expired: 0, returned: 0, unknown: ['orders', 'billing'] });
    assert.equal(bench.expiredAtUs, null);
  });

  it('of rejected rows are no reason to read again', () => {
    const bench = new Bench();
    bench.read([aRow({ ...leased, port: 0 })]);
    assert.deepEqual(bench.store.setLiveness({ nowUs: 13_000_000, leases: [lease(1)] }).unknown, []);
  });

  it('keep what the expiry watch found when a read of the row says otherwise, and ask again by key', () => {
    const bench = new Bench();
    bench.read([aRow(leased)]);
    bench.store.setLiveness({ nowUs: 12_100_000, leases: [lease(12_000_000)] });
    const merged = bench.read([aRow({ ...leased, expiresAtUs: 30_000_000 })], { nowUs: 12_200_000 });
    assert.deepEqual(merged.doubtful, [{ service: 'orders', instanceId: 'orders-1', id: 1 }]);
    assert.equal(bench.expiredAtUs, 12_000_000);
  });

  it('go on when their row changes and was read without them', () => {
    const bench = new Bench();
    bench.read([aRow(leased)]);
    const changed = { ...leased, weight: 9, hash: 'f'.repeat(16), leaseRead: false };
    assert.deepEqual(bench.read([aRow(changed)], { nowUs: 10_500_000 }).doubtful, []);
    assert.equal(bench.expiredAtUs, null);
    bench.store.setLiveness({ nowUs: 12_100_000, leases: [lease(12_000_000)] });
    assert.equal(bench.expiredAtUs, 12_000_000);
  });

  it('are asked for when their row turns out to be another one than was read without them', () => {
    const bench = new Bench();
    bench.read([aRow(leased)]);
    const inserted = { ...leased, id: 2, hash: 'f'.repeat(16), leaseRead: false };
    assert.deepEqual(bench.read([aRow(inserted)]).doubtful, [
      { service: 'orders', instanceId: 'orders-1', id: 2 },
    ]);
  });

  it('are known of while they are alive, for the row and the length that they have', () => {
    const bench = new Bench();
    bench.read([aRow(leased)]);
    const { ttlMs } = leased;
    const isAlive = (id: number | null, length: unknown, instanceId = 'orders-1'): boolean =>
      bench.store.isAlive('orders', instanceId, id, length);
    assert.ok(isAlive(1, ttlMs));
    for (const unknown of [isAlive(2, ttlMs), isAlive(null, ttlMs), isAlive(1, 1), isAlive(1, ttlMs, 'x')])
      assert.equal(unknown, false);
    assert.equal(bench.store.isAlive('billing', 'orders-1', 1, ttlMs), false);
    bench.store.setLiveness({ nowUs: 12_100_000, leases: [lease(12_000_000)] });
    assert.equal(
      isAlive(1, ttlMs),
      false,
      'it may be back: whoever beats while the row is DOWN is not looked for',
    );
  });

  it('are taken from the read when another server answers', () => {
    const bench = new Bench();
    bench.read([aRow(leased)]);
    bench.store.setLiveness({ nowUs: 12_100_000, leases: [lease(12_000_000)] });
    const merged = bench.read([aRow({ ...leased, expiresAtUs: 30_000_000 })], {
      nowUs: 12_200_000,
      liveness: { mode: 'take', graceSinceUs: 0 },
    });
    assert.deepEqual(merged.doubtful, []);
    assert.ok(merged.changed);
    assert.equal(bench.expiredAtUs, null);
  });

  it('stay as they are when the row was read without them', () => {
    const bench = new Bench();
    bench.read([aRow(leased)]);
    bench.store.setLiveness({ nowUs: 12_100_000, leases: [lease(12_000_000)] });
    const merged = bench.read([aRow({ ...leased, leaseRead: false })], { nowUs: 12_200_000 });
    assert.equal(bench.snapshot.revision, 12_000_000);
    assert.deepEqual(merged.doubtful, []);
    assert.equal(bench.expiredAtUs, 12_000_000);
  });

  it('without a beat are handed on to be watched, once', () => {
    const bench = new Bench();
    const unbeaten = { ...leased, unbeaten: true };
    assert.deepEqual(bench.read([aRow(unbeaten)]).unbeaten, [
      { key: { service: 'orders', instanceId: 'orders-1', id: 1 }, deadlineUs: 12_000_000 },
    ]);
    assert.deepEqual(bench.read([aRow(unbeaten)]).unbeaten, []);
  });

  it('under a grace are told to those who publish them', () => {
    const bench = new Bench();
    bench.read([aRow({ ...leased, expiresAtUs: 9_000_000 })]);
    bench.store.setGrace({ sinceUs: 1, fromUs: 2 }, 0);
    assert.deepEqual(bench.snapshot.grace, { sinceUs: 1, fromUs: 2 });
    assert.deepEqual(bench.told, ['orders', 'orders']);
  });
});

describe('the checksum of a service', () => {
  const hashes = fc.uniqueArray(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { maxLength: 20 });

  it('is the exclusive or of the hashes as 64 bits, whatever the order', () => {
    fc.assert(
      fc.property(hashes, (numbers) => {
        const bench = new Bench();
        const rows = numbers.map((number, index) =>
          aRow({ instanceId: `i-${index}`, hash: number.toString(16).padStart(16, '0'), port: index % 3 }),
        );
        bench.read(rows.reverse());
        const sum = bench.store.sums().get('orders');
        if (numbers.length === 0) {
          assert.equal(sum, undefined);
          return;
        }
        const checksum = numbers
          .reduce((a, b) => a ^ b, 0n)
          .toString(16)
          .padStart(16, '0');
        assert.deepEqual(sum, { rows: numbers.length, checksum });
      }),
    );
  });
});

describe('any two reads of a service', () => {
  const row = fc.record({
    instanceId: fc.integer({ min: 0, max: 8 }).map((n) => `i-${n}`),
    port: fc.integer({ min: 0, max: 3 }),
    weight: fc.integer({ min: 0, max: 1 }),
    status: fc.constantFrom('UP', 'DOWN', 'bad'),
  });
  const read = fc
    .uniqueArray(row, { selector: ({ instanceId }) => instanceId, maxLength: 8 })
    .map((rows) =>
      rows.map((fields) =>
        aRow({ ...fields, hash: `${fields.port}${fields.weight}${fields.status.length}`.padStart(16, '0') }),
      ),
    );

  it('leave the same state whether one or both were seen, revision apart, and tell of it exactly when it differs', () => {
    fc.assert(
      fc.property(read, read, (first, second) => {
        const both = new Bench();
        both.read(first);
        const before = both.snapshot;
        const merged = both.read(second);
        const fresh = new Bench();
        fresh.read(second);
        assert.deepEqual(both.snapshot.instances, fresh.snapshot.instances);
        assert.deepEqual(both.snapshot.rejected, fresh.snapshot.rejected);
        assert.deepEqual(both.store.sums(), fresh.store.sums());
        const same =
          JSON.stringify([before.instances, before.rejected]) ===
          JSON.stringify([both.snapshot.instances, both.snapshot.rejected]);
        assert.equal(merged.changed, !same);
        assert.equal(both.snapshot.revision > before.revision, !same);
      }),
      { numRuns: 500 },
    );
  });
});
