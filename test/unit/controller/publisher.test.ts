import assert from 'node:assert/strict';
import { Conflicts } from '../../../src/controller/conflicts.ts';
import { KubeApiError } from '../../../src/controller/kube-ports.ts';
import { Publisher, type Writes } from '../../../src/controller/publisher.ts';
import { StraySlices } from '../../../src/controller/stray-slices.ts';
import { WrittenObjects } from '../../../src/controller/written-objects.ts';
import type { EndpointSlice, KubeService } from '../../../src/model/kube-objects.ts';
import type { SlicePlan } from '../../../src/slices/slice-plan.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeResourceClient } from '../../support/fake-resource-client.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';

const never = new AbortController().signal;

/** A publisher on an API server in memory. */
class Bench {
  readonly slices = new FakeResourceClient<EndpointSlice>();
  readonly services = new FakeResourceClient<KubeService>();
  readonly conflicts = new Conflicts();
  readonly publisher: Publisher;

  constructor() {
    const clock = new FakeClock();
    const now = (): number => clock.now();
    this.publisher = new Publisher({
      slices: this.slices,
      services: this.services,
      writtenSlices: new WrittenObjects<EndpointSlice>(now),
      writtenServices: new WrittenObjects<KubeService>(now),
      conflicts: this.conflicts,
      strays: new StraySlices({
        client: this.slices,
        namespaces: [],
        clock,
        random: () => 0,
        logger: new RecordingLogger(),
      }),
      sliceWritten: () => undefined,
    });
  }

  apply(slices: Partial<Pick<SlicePlan, 'create' | 'update' | 'delete'>>): Promise<void> {
    const plan = { create: [], update: [], delete: [], ...slices } as unknown as SlicePlan;
    const writes: Writes = {
      slices: plan,
      service: { action: 'none', reason: 'Owned', message: '' },
      obsoleteSlices: [],
      obsoleteServices: [],
      releasedServices: [],
    };
    return this.publisher.apply('owner', writes, never);
  }

  /** Makes the writes of one slice fail. */
  poison(name: string, error: Error): void {
    this.slices.before = (call) => {
      if (call.name === name) throw error;
    };
  }
}

const slice = (name: string): EndpointSlice => ({
  metadata: { namespace: 'shop', name },
  addressType: 'IPv4',
  endpoints: [],
});
const refused = new KubeApiError(422, 'Invalid', 'refused');

describe('Publisher', () => {
  it('tries every write of a phase although one fails: a poisoned slice harms only itself (safety rule 7)', async () => {
    const bench = new Bench();
    bench.poison('b', refused);
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k'];
    await assert.rejects(bench.apply({ create: names.map(slice) }), refused);
    const stored = [...bench.slices.objects.values()].map(({ metadata }) => metadata.name);
    assert.deepEqual(
      stored.sort(),
      names.filter((name) => name !== 'b'),
    );
  });

  it('deletes nothing while a slice that replaces it could not be written', async () => {
    const bench = new Bench();
    const old = await bench.slices.create(slice('old'), never);
    bench.poison('new', refused);
    await assert.rejects(bench.apply({ create: [slice('new')], delete: [old] }), refused);
    assert.ok(bench.slices.objects.has('shop/old'));
  });

  it('throws what is graver than a conflict, whichever came first', async () => {
    const bench = new Bench();
    await bench.slices.create(slice('taken'), never);
    bench.poison('b', refused);
    await assert.rejects(bench.apply({ create: [slice('taken'), slice('b')] }), refused);
  });

  it('counts conflicts until a sync succeeds', async () => {
    const bench = new Bench();
    bench.publisher.forget('owner');
    bench.publisher.forget('owner');
    assert.equal(bench.conflicts.areLasting('owner'), true);
    await bench.apply({ create: [slice('a')] });
    assert.equal(bench.conflicts.areLasting('owner'), false);
  });
});
