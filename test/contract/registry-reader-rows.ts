import assert from 'node:assert/strict';
import type { RegistryReader } from '../../src/registry/registry-reader.ts';
import {
  any,
  exclusiveOr,
  holding,
  nameOf,
  readAll,
  readOne,
  SECOND_US,
  type ReaderBench,
  type WrittenFields,
} from './registry-reader-bench.ts';

/** The part on rows: reading them, their hashes, what changed. See registry-reader.ts. */
export function rowsContract(current: () => ReaderBench): void {
  const { signal } = new AbortController();
  let bench: ReaderBench;
  let reader: RegistryReader;

  beforeEach(() => {
    bench = current();
    ({ reader } = bench);
  });

  describe('reading everything', () => {
    it('gives every row once, with its columns under the names of the port', async () => {
      const fields = { address: '10.1.0.1', port: 50051, weight: 7, zone: 'z1' };
      const beforeUs = await reader.now(signal);
      await bench.put('orders', '1', { ...fields, status: 'DRAINING', metadata: '{"a": "b"}' });
      await bench.put('orders', '2', { ttlMs: 60_000 });
      await bench.put('stock', '1');
      const afterUs = await reader.now(signal);
      const [row, leased, other, ...more] = await readAll(reader);
      assert.ok(row && leased && other && more.length === 0);
      const { service, instanceId, address, port, weight, region, zone, status, ttlMs, expiresAtUs } = row;
      assert.deepEqual(
        { service, instanceId, address, port, weight, region, zone, status, ttlMs, expiresAtUs },
        {
          ...{ service: 'orders', instanceId: '1', ...fields, region: null, status: 'DRAINING' },
          ...{ ttlMs: null, expiresAtUs: null },
        },
      );
      const { metadata } = row;
      const parsed: unknown = typeof metadata === 'string' ? JSON.parse(metadata) : metadata;
      assert.deepEqual(parsed, { a: 'b' });
      assert.ok(Number(row.updatedAtUs) >= beforeUs && Number(row.updatedAtUs) <= afterUs);
      assert.match(row.hash, /^[0-9a-f]{16}$/);
      assert.deepEqual([row.leaseRead, row.unbeaten], [true, false]);
      assert.deepEqual([nameOf(leased), leased.ttlMs], ['orders/2', 60_000]);
      assert.equal(nameOf(other), 'stock/1');
      assert.equal(new Set([row.id, leased.id, other.id]).size, 3);
    });

    it('shows one moment, whatever is written while it lasts, and one batch at a time', async () => {
      for (const instanceId of ['1', '2', '3']) await bench.put('orders', instanceId);
      const seen: string[] = [];
      let inside = 0;
      await reader.readAll(async (rows) => {
        assert.equal((inside += 1), 1, 'one batch at a time');
        await bench.remove('orders', '3');
        await bench.put('orders', '4');
        seen.push(...rows.map(nameOf));
        inside -= 1;
      }, signal);
      assert.deepEqual(seen.sort(), ['orders/1', 'orders/2', 'orders/3']);
      assert.deepEqual((await readAll(reader)).map(nameOf), ['orders/1', 'orders/2', 'orders/4']);
    });

    it('ends with what the taker of the rows throws, and can be done again', async () => {
      await bench.put('orders', '1');
      const thrown = new Error('the test does not want them');
      await assert.rejects(
        reader.readAll(() => Promise.reject(thrown), signal),
        thrown,
      );
      assert.deepEqual((await readAll(reader)).map(nameOf), ['orders/1']);
    });
  });

  describe('reading services', () => {
    it('gives the rows of those named, to the letter', async () => {
      for (const service of ['orders', 'Orders', 'orders ', 'stock', 'billing'])
        await bench.put(service, '1');
      for (const connection of ['any', 'other'] as const) {
        const read = (services: readonly string[]) =>
          reader.readServices(services, { connection }, signal).then(({ rows }) => rows.map(nameOf).sort());
        assert.deepEqual(await read(['orders']), ['orders/1']);
        assert.deepEqual(await read(['stock', 'absent', 'orders ']), ['orders /1', 'stock/1']);
        assert.deepEqual(await read(['absent']), []);
      }
    });

    it('gives what reading everything gives', async () => {
      await bench.put('orders', '1', { ttlMs: 60_000 });
      await bench.put('orders', '2', { zone: 'z2' });
      await bench.beat('orders', '1', 5000);
      const { rows } = await reader.readServices(['orders'], any, signal);
      assert.deepEqual(
        rows.toSorted((a, b) => nameOf(a).localeCompare(nameOf(b))),
        await readAll(reader),
      );
    });

    it('looks up no lease that is known, by a row that is the same or has changed in other ways', async () => {
      for (const instanceId of ['same', 'changed', 'longer', 'new'])
        await bench.put('orders', instanceId, { ttlMs: 60_000 });
      await bench.put('orders', 'static');
      for (const instanceId of ['same', 'changed', 'longer', 'new'])
        await bench.beat('orders', instanceId, 5000);
      const held = holding((await readAll(reader)).filter(({ instanceId }) => instanceId !== 'new'));
      await bench.put('orders', 'changed', { weight: 3, ttlMs: 60_000 });
      await bench.put('orders', 'longer', { ttlMs: 90_000 });
      const { rows } = await reader.readServices(['orders'], { ...any, held }, signal);
      const read = Object.fromEntries(rows.map((row) => [String(row.instanceId), row.leaseRead]));
      assert.deepEqual(read, { same: false, changed: false, longer: true, new: true, static: true });
      const all = new Map((await readAll(reader)).map((row) => [row.instanceId, row.expiresAtUs]));
      for (const row of rows.filter(({ leaseRead }) => leaseRead))
        assert.equal(row.expiresAtUs, all.get(row.instanceId), nameOf(row));
    });
  });

  describe('the hash of a row', () => {
    it('tells every other content from it, and is the same again with the same content', async () => {
      await bench.put('orders', '1');
      const changes: [WrittenFields, WrittenFields][] = [
        [{ address: '10.9.9.9' }, { address: '10.1.0.1' }],
        [{ port: 9 }, { port: 50051 }],
        [{ weight: 6 }, { weight: 5 }],
        [{ zone: 'z9' }, { zone: null }],
        [{ status: 'DOWN' }, { status: 'UP' }],
        [{ metadata: '{"x": "y"}' }, { metadata: null }],
        [{ ttlMs: 1 }, { ttlMs: 60_000 }],
      ];
      for (const [, back] of changes) await bench.put('orders', '1', back);
      const { hash } = await readOne(reader, 'orders');
      const hashes = new Set([hash]);
      for (const [change, back] of changes) {
        await bench.put('orders', '1', change);
        hashes.add((await readOne(reader, 'orders')).hash);
        await bench.put('orders', '1', back);
        assert.equal((await readOne(reader, 'orders')).hash, hash, JSON.stringify(change));
      }
      assert.equal(hashes.size, 1 + changes.length);
    });

    it('does not hang on beats, and is another after a delete and an insert', async () => {
      await bench.put('orders', '1', { address: '10.1.0.1', ttlMs: 60_000 });
      const { hash, id } = await readOne(reader, 'orders');
      await bench.beat('orders', '1', 5000);
      assert.equal((await readOne(reader, 'orders')).hash, hash);
      await bench.remove('orders', '1');
      await bench.put('orders', '1', { address: '10.1.0.1', ttlMs: 60_000 });
      const again = await readOne(reader, 'orders');
      assert.notEqual(again.id, id);
      assert.notEqual(again.hash, hash);
    });
  });

  describe('what changed', () => {
    const changed = async (sinceUs: number) =>
      ((await reader.changedSince(sinceUs, signal)) ?? assert.fail('the schema has updated_at')).rows;

    it('is there from the moment named on, oldest first, with the hash that a read gives', async () => {
      for (const instanceId of ['1', '2', '3']) await bench.put('orders', instanceId);
      await bench.put('orders', '1', { weight: 3 });
      const rows = await changed(0);
      assert.deepEqual(rows.map(nameOf), ['orders/2', 'orders/3', 'orders/1']);
      const times = rows.map(({ updatedAtUs }) => updatedAtUs);
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      );
      const [, third = 0, last = 0] = times;
      assert.deepEqual((await changed(third)).map(nameOf), ['orders/3', 'orders/1']);
      assert.deepEqual((await changed(last + 1)).map(nameOf), []);
      const hashes = new Map((await readAll(reader)).map((row) => [nameOf(row), row.hash]));
      for (const row of rows) assert.equal(row.hash, hashes.get(nameOf(row)));
    });

    it('is found by looking back, where a transaction took its time', async () => {
      const nowUs = await reader.now(signal);
      await bench.put('orders', 'late', { updatedAtUs: nowUs - 2 * SECOND_US });
      assert.deepEqual((await changed(nowUs)).map(nameOf), []);
      assert.deepEqual((await changed(nowUs - 2 * SECOND_US)).map(nameOf), ['orders/late']);
    });

    it('is no beat and no delete', async () => {
      await bench.put('orders', '1', { ttlMs: 60_000 });
      await bench.put('orders', '2');
      const fromUs = (await reader.now(signal)) + 1;
      await bench.beat('orders', '1', 5000);
      await bench.remove('orders', '2');
      assert.deepEqual(await changed(fromUs), []);
      assert.deepEqual((await changed(0)).map(nameOf), ['orders/1']);
    });
  });

  describe('checksums', () => {
    it('are of every service in (after, through]: how many rows, and the exclusive or of their hashes', async () => {
      for (const service of ['a', 'b', 'c', 'd'])
        for (const instanceId of ['1', '2', '3'].slice(0, service === 'b' ? 3 : 2))
          await bench.put(service, instanceId);
      const rows = await readAll(reader);
      const sums = async (after: string | null, through: string | null) =>
        (await reader.checksums(after, through, signal)).sums.toSorted((x, y) =>
          x.service.localeCompare(y.service),
        );
      const wanted = (...services: string[]) =>
        services.map((service) => {
          const hashes = rows.filter((row) => row.service === service).map(({ hash }) => hash);
          return { service, rows: hashes.length, checksum: exclusiveOr(hashes) };
        });
      assert.deepEqual(await sums(null, null), wanted('a', 'b', 'c', 'd'));
      assert.deepEqual(await sums('a', 'c'), wanted('b', 'c'));
      assert.deepEqual(await sums(null, 'b'), wanted('a', 'b'));
      assert.deepEqual(await sums('c', null), wanted('d'));
      assert.deepEqual(await sums('d', null), []);
    });
  });
}
