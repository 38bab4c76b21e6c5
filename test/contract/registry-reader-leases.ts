import assert from 'node:assert/strict';
import type { LeaseRead, RegistryReader } from '../../src/registry/registry-reader.ts';
import { keyOf, nameOf, readAll, readOne, SECOND_US, type ReaderBench } from './registry-reader-bench.ts';

/** The part on leases, and on rows that are retired for good. See registry-reader.ts. */
export function leasesContract(current: () => ReaderBench): void {
  const { signal } = new AbortController();
  let bench: ReaderBench;
  let reader: RegistryReader;

  beforeEach(() => {
    bench = current();
    ({ reader } = bench);
  });

  describe('leases', () => {
    const leasesOf = (read: LeaseRead | null): readonly string[] =>
      (read ?? assert.fail('the schema has leases')).leases.map(nameOf).sort();

    beforeEach(async () => {
      for (const instanceId of ['alive', 'expired', 'unbeaten']) {
        await bench.put('orders', instanceId, { ttlMs: 60_000 });
      }
      await bench.put('orders', 'static');
      await bench.beat('orders', 'alive', 50_000);
      await bench.beat('orders', 'expired', -5000);
      await bench.beat('orders', 'static', -5000);
    });

    it('have the deadline of the beat, or created_at + ttl where there is none; a static row has none', async () => {
      const nowUs = await reader.now(signal);
      const rows = new Map((await readAll(reader)).map((row) => [row.instanceId, row]));
      const inUs = (instanceId: string): number => Number(rows.get(instanceId)?.expiresAtUs) - nowUs;
      assert.ok(inUs('alive') > 20 * SECOND_US && inUs('alive') <= 50 * SECOND_US);
      assert.ok(inUs('expired') <= -5 * SECOND_US);
      assert.ok(inUs('unbeaten') > 30 * SECOND_US && inUs('unbeaten') <= 60 * SECOND_US);
      assert.equal(rows.get('static')?.expiresAtUs, null);
      const unbeaten = [...rows.values()].filter((row) => row.unbeaten).map(({ instanceId }) => instanceId);
      assert.deepEqual(unbeaten, ['unbeaten']);
    });

    it('that ran out lie after the moment named; the index leads to beats only', async () => {
      assert.deepEqual(leasesOf(await reader.expiredSince(0, signal)), ['orders/expired']);
      const deadlineUs = Number((await readOne(reader, 'orders', 'expired')).expiresAtUs);
      assert.deepEqual(leasesOf(await reader.expiredSince(deadlineUs - 1, signal)), ['orders/expired']);
      assert.deepEqual(leasesOf(await reader.expiredSince(deadlineUs, signal)), []);
      const [lease] = (await reader.expiredSince(0, signal))?.leases ?? [];
      const { id } = await readOne(reader, 'orders', 'expired');
      assert.deepEqual(lease, {
        ...{ service: 'orders', instanceId: 'expired', id, expiresAtUs: deadlineUs, unbeaten: false },
      });
    });

    it('are looked up by key: all, or only beats that lie ahead; what is gone or static is left out', async () => {
      await bench.put('orders', 'gone', { ttlMs: 60_000 });
      const rows = await readAll(reader);
      await bench.remove('orders', 'gone');
      const keys = rows.map(keyOf);
      const all = await reader.readLeases(keys, { aliveOnly: false }, signal);
      assert.deepEqual(leasesOf(all), ['orders/alive', 'orders/expired', 'orders/unbeaten']);
      const deadlines = new Map(rows.map((row) => [row.instanceId, row]));
      for (const { instanceId, expiresAtUs, unbeaten } of all?.leases ?? []) {
        assert.equal(expiresAtUs, Number(deadlines.get(instanceId)?.expiresAtUs), instanceId);
        assert.equal(unbeaten, instanceId === 'unbeaten');
      }
      assert.deepEqual(leasesOf(await reader.readLeases(keys, { aliveOnly: true }, signal)), [
        'orders/alive',
      ]);
      const some = keys.filter(({ instanceId }) => instanceId === 'alive');
      assert.deepEqual(leasesOf(await reader.readLeases(some, { aliveOnly: false }, signal)), [
        'orders/alive',
      ]);
    });
  });

  describe('deleting what is retired', () => {
    it('takes of those named only what has been DOWN or expired for long enough', async () => {
      const longAgoUs = (await reader.now(signal)) - 60 * SECOND_US;
      await bench.put('orders', 'down', { status: 'DOWN', updatedAtUs: longAgoUs });
      await bench.put('orders', 'just down', { status: 'DOWN' });
      await bench.put('orders', 'draining', { status: 'DRAINING', updatedAtUs: longAgoUs });
      await bench.put('orders', 'old', { updatedAtUs: longAgoUs });
      await bench.put('orders', 'not named', { status: 'DOWN', updatedAtUs: longAgoUs });
      for (const [instanceId, ms] of Object.entries({ expired: -60_000, late: -1000, alive: 60_000 })) {
        await bench.put('orders', instanceId, { ttlMs: 60_000, updatedAtUs: longAgoUs });
        await bench.beat('orders', instanceId, ms);
      }
      const keys = (await readAll(reader)).filter(({ instanceId }) => instanceId !== 'not named').map(keyOf);
      assert.equal(await reader.deleteRetired(keys, 30_000, signal), 2);
      assert.deepEqual(
        (await readAll(reader)).map(({ instanceId }) => instanceId),
        ['alive', 'draining', 'just down', 'late', 'not named', 'old'],
      );
    });
  });
}
