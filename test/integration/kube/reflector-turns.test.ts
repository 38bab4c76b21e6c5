import assert from 'node:assert/strict';
import { testbed } from '../../support/testbed/index.ts';
import { Bench, never, slice, tokenAccess, transport } from './bench.ts';

describe('Reflector of many objects', () => {
  it('does not keep the event loop while it takes 2,000 objects of 10 kB', async function () {
    this.timeout(240_000);
    const { apiServer } = await testbed.cluster();
    const bench = await Bench.start(apiServer);
    const namespace = 'reflector-many';
    await apiServer.createNamespace(namespace);
    const endpoints = Array.from({ length: 100 }, (_, index) => ({
      addresses: [`10.77.8.${index}`],
      conditions: { ready: true, serving: true, terminating: false },
    }));
    const slices = bench.slices();
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let index = next++; index < 2000; index = next++) {
        await slices.create({ ...slice(namespace, `big-${index}`), endpoints }, never);
      }
    };
    await Promise.all(Array.from({ length: 16 }, worker));
    const direct = transport({ access: tokenAccess(apiServer.url, apiServer.token, apiServer.ca) });
    const cache = bench.reflect({ namespaces: [namespace], transport: direct });
    // CPU time of the thread that turns, so that neither a busy machine nor V8's other threads are a fault.
    const turns: number[] = [];
    let before = process.threadCpuUsage();
    while (!cache.synced) {
      await new Promise((resolve) => setImmediate(resolve));
      const { user, system } = process.threadCpuUsage(before);
      turns.push((user + system) / 1000);
      before = process.threadCpuUsage();
    }
    await direct.close();
    await bench.dispose();
    assert.equal(cache.size, 2000);
    turns.sort((one, other) => one - other);
    const [p99 = 0, longest = 0] = [turns[Math.floor(turns.length * 0.99)], turns.at(-1)];
    assert.ok(p99 <= 20 && longest <= 100, `p99 ${p99} ms, longest ${longest} ms of ${turns.length} turns`);
  });
});
