import assert from 'node:assert/strict';
import { RetryableError } from '../../src/lib/errors.ts';
import type { InstanceKey, RegistryReader } from '../../src/registry/registry-reader.ts';
import { any, keyOf, nameOf, readAll, SECOND_US, type ReaderBench } from './registry-reader-bench.ts';
import { leasesContract } from './registry-reader-leases.ts';
import { rowsContract } from './registry-reader-rows.ts';

/** What the syncer, the feeds and the watch on expiries build on: for every reader of the Managed schema, and for the fake of one. */
export function registryReaderContract(name: string, make: () => Promise<ReaderBench>): void {
  describe(`the reader of ${name}`, function () {
    this.timeout(30_000);
    const { signal } = new AbortController();
    let bench: ReaderBench;
    let reader: RegistryReader;

    beforeEach(async () => {
      bench = await make();
      ({ reader } = bench);
    });
    afterEach(() => bench.close());

    /** Every question, once. */
    const questions = (
      keys: readonly InstanceKey[],
      asking = signal,
    ): Record<string, () => Promise<unknown>> => ({
      now: () => reader.now(asking),
      readAll: () => reader.readAll(() => Promise.resolve(), asking),
      'readServices, any': () => reader.readServices(['orders'], any, asking),
      'readServices, other': () => reader.readServices(['orders'], { connection: 'other' }, asking),
      changedSince: () => reader.changedSince(0, asking),
      expiredSince: () => reader.expiredSince(0, asking),
      readLeases: () => reader.readLeases(keys, { aliveOnly: false }, asking),
      checksums: () => reader.checksums(null, null, asking),
      deleteRetired: () => reader.deleteRetired(keys, 0, asking),
    });

    describe('an empty registry', () => {
      it('is read as one that has no rows', async () => {
        assert.deepEqual(await readAll(reader), []);
        assert.deepEqual((await reader.readServices(['orders'], any, signal)).rows, []);
        assert.deepEqual((await reader.changedSince(0, signal))?.rows, []);
        assert.deepEqual((await reader.expiredSince(0, signal))?.leases, []);
        assert.deepEqual((await reader.readLeases([], { aliveOnly: false }, signal))?.leases, []);
        assert.deepEqual((await reader.checksums(null, null, signal)).sums, []);
        assert.equal(await reader.deleteRetired([], 0, signal), 0);
      });
    });

    describe('time', () => {
      it('is the database’s, goes forward only, and comes with every answer', async () => {
        await bench.put('orders', '1', { ttlMs: 60_000 });
        const times = [await reader.now(signal)];
        const { nowUs } = await reader.readAll(
          (_rows, atUs) => Promise.resolve(void times.push(atUs)),
          signal,
        );
        times.push(nowUs);
        times.push((await reader.readServices(['orders'], any, signal)).nowUs);
        times.push((await reader.changedSince(0, signal))?.nowUs ?? 0);
        times.push((await reader.expiredSince(0, signal))?.nowUs ?? 0);
        times.push((await reader.readLeases([], { aliveOnly: true }, signal))?.nowUs ?? 0);
        times.push((await reader.checksums(null, null, signal)).nowUs);
        times.push((await reader.serverState(signal)).nowUs);
        times.push(await reader.now(signal));
        assert.deepEqual(
          times,
          times.toSorted((a, b) => a - b),
        );
      });
    });

    rowsContract(() => bench);
    leasesContract(() => bench);

    describe('who answers', () => {
      it('is the same one, in the same state, as long as it is', async () => {
        const first = await reader.serverState(signal);
        const second = await reader.serverState(signal);
        assert.ok(first.serverId !== '' && first.version !== '');
        assert.match(first.flavor, /^(MySQL|MariaDB)$/);
        assert.ok(first.startedAtUs <= first.nowUs);
        assert.deepEqual([first.readOnly, first.replicaLagMs, first.gtidsWentBack], [false, null, false]);
        const { serverId, startedAtUs } = second;
        assert.deepEqual([serverId, startedAtUs], [first.serverId, first.startedAtUs]);
      });

      it('is not believed when it is another, before somebody has looked (safety rule 8)', async () => {
        await bench.put('orders', '1');
        const before = await reader.serverState(signal);
        const keys = (await readAll(reader)).map(keyOf);
        await bench.replaceServer();
        for (const [question, ask] of Object.entries(questions(keys)))
          await assert.rejects(ask(), isServerChanged, question);
        const after = await reader.serverState(signal);
        assert.notEqual(after.serverId, before.serverId);
        assert.deepEqual((await readAll(reader)).map(nameOf), ['orders/1']);
      });
    });

    it('never answers that there is nothing when it could not read', async () => {
      await bench.put('orders', '1', { ttlMs: 60_000 });
      await reader.serverState(signal);
      const keys = (await readAll(reader)).map(keyOf);
      bench.cut();
      const all = { ...questions(keys), serverState: () => reader.serverState(signal) };
      for (const [question, ask] of Object.entries(all))
        await assert.rejects(ask(), RetryableError, question);
      bench.mend();
      assert.deepEqual((await readAll(reader)).map(nameOf), ['orders/1']);
    });

    it('answers nothing any more to one that was told to stop', async () => {
      await bench.put('orders', '1', { status: 'DOWN', updatedAtUs: SECOND_US });
      const stopped = AbortSignal.abort(new Error('the test stops it'));
      for (const [question, ask] of Object.entries(questions((await readAll(reader)).map(keyOf), stopped)))
        await assert.rejects(ask(), Error, question);
      assert.deepEqual((await readAll(reader)).map(nameOf), ['orders/1']);
    });
  });
}

function isServerChanged(error: unknown): boolean {
  return error instanceof RetryableError && error.reason === 'ServerChanged';
}
