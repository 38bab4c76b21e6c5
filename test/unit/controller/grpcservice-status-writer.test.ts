import assert from 'node:assert/strict';
import { GrpcServiceStatusWriter } from '../../../src/controller/grpcservice-status-writer.ts';
import type { GrpcService, GrpcServiceStatus } from '../../../src/model/grpcservice.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeResourceClient } from '../../support/fake-resource-client.ts';
import { aGrpcService } from '../../support/grpc-services.ts';

describe('GrpcServiceStatusWriter', () => {
  const { signal } = new AbortController();
  const status = (slices: number): GrpcServiceStatus => ({ observedGeneration: 1, conditions: [], slices });

  const bench = () => {
    const client = new FakeResourceClient<GrpcService>();
    const cached = aGrpcService();
    client.objects.set('shop/orders', cached);
    const clock = new FakeClock();
    const writer = new GrpcServiceStatusWriter(client, clock);
    const stored = (): GrpcService => client.objects.get('shop/orders') ?? cached;
    return { client, cached, clock, writer, stored };
  };

  it('knows what it wrote before the cache does, so the next write meets no conflict', async () => {
    const { client, cached, clock, writer, stored } = bench();
    assert.equal(await writer.write(cached, status(1), signal), null);
    const latest = writer.latest(cached);
    assert.deepEqual(latest, stored());
    assert.equal(await writer.write(latest, status(1), signal), null, 'nothing differs');
    await clock.advance(1000);
    await writer.write(latest, status(2), signal);
    assert.equal(stored().status?.slices, 2);
    assert.equal(client.calls.length, 2);
  });

  it('believes the cache once that is newer, and after the object was made anew', async () => {
    const { cached, writer } = bench();
    await writer.write(cached, status(1), signal);
    const newer = aGrpcService({}, { resourceVersion: '900', generation: 2 });
    assert.equal(writer.latest(newer), newer);
    const another = aGrpcService({}, { uid: 'another', resourceVersion: '2' });
    assert.equal(writer.latest(another), another);
  });

  it('knows its own echo, and only that', async () => {
    const { cached, writer, stored } = bench();
    await writer.write(cached, status(1), signal);
    assert.equal(writer.isEcho(stored()), true);
    assert.equal(writer.isEcho(aGrpcService({}, { resourceVersion: '900' })), false);
    writer.forgetAll();
    assert.equal(writer.isEcho(stored()), false);
  });

  it('writes what is no transition at most once a second', async () => {
    const { client, cached, clock, writer } = bench();
    await writer.write(cached, status(1), signal);
    await clock.advance(400);
    assert.equal(await writer.write(writer.latest(cached), status(2), signal), 600);
    assert.equal(client.calls.length, 1);
  });
});
