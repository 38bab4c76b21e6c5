import assert from 'node:assert/strict';
import { KubeApiError } from '../../../src/controller/kube-ports.ts';
import { StraySlices } from '../../../src/controller/stray-slices.ts';
import type { EndpointSlice } from '../../../src/model/kube-objects.ts';
import { LABEL_MANAGED_BY } from '../../../src/model/names.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeResourceClient } from '../../support/fake-resource-client.ts';
import { aGrpcService } from '../../support/grpc-services.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { anEndpoint, aSlice, UID } from '../../support/slices.ts';

const NOTHING = { ours: [], foreignNames: [], deleted: [] };

describe('slices of ours that the cache does not have', () => {
  const { signal } = new AbortController();
  const grpcService = aGrpcService({}, { uid: UID });
  const slice = aSlice('orders-4-abcde-1', [anEndpoint('10.0.0.1')]);
  /** Nothing on it says any more whose it is. */
  const stripped: EndpointSlice = {
    ...slice,
    metadata: { name: slice.metadata.name, namespace: 'shop', uid: 'uid-of-orders-4-abcde-1' },
  };
  /** Somebody gave it to another controller: no watch of ours shows it any more. */
  const relabelled: EndpointSlice = {
    ...slice,
    metadata: { ...slice.metadata, labels: { ...slice.metadata.labels, [LABEL_MANAGED_BY]: 'somebody' } },
  };
  const foreign: EndpointSlice = { ...stripped, metadata: { ...stripped.metadata, uid: 'another' } };

  const world = (stored?: EndpointSlice) => {
    const client = new FakeResourceClient<EndpointSlice>();
    if (stored !== undefined) client.objects.set(`shop/${stored.metadata.name}`, stored);
    const clock = new FakeClock();
    const logger = new RecordingLogger();
    const strays = new StraySlices({ client, namespaces: [], clock, random: () => 0, logger });
    return { client, clock, logger, strays };
  };

  it('costs no request where none was lost', async () => {
    const { client, strays } = world(slice);
    assert.deepEqual(await strays.find(grpcService, [], signal), NOTHING);
    assert.deepEqual(client.calls, []);
  });

  it('finds one that lost every mark, by its uid', async () => {
    const { strays } = world(stripped);
    strays.lost(UID, slice);
    assert.deepEqual(await strays.find(grpcService, [], signal), { ...NOTHING, ours: [stripped] });
  });

  it('looks no longer for one that is gone', async () => {
    const { client, strays } = world();
    strays.nameTaken(UID, slice);
    assert.deepEqual(await strays.find(grpcService, [], signal), NOTHING);
    await strays.find(grpcService, [], signal);
    assert.equal(client.calls.length, 1);
  });

  it('remembers one that others deleted as it was, for a minute or until it is there again', async () => {
    const { client, clock, strays } = world();
    strays.lost(UID, slice);
    const deleted = { ...NOTHING, deleted: [slice] };
    assert.deepEqual(await strays.find(grpcService, [], signal), deleted);
    await clock.advance(59_000);
    assert.deepEqual(await strays.find(grpcService, [], signal), deleted);
    assert.equal(client.calls.length, 1, 'it is looked for once');
    await clock.advance(1000);
    assert.deepEqual(await strays.find(grpcService, [], signal), NOTHING);
    strays.lost(UID, slice);
    assert.deepEqual(await strays.find(grpcService, [slice], signal), NOTHING);
    assert.deepEqual(await strays.find(grpcService, [], signal), NOTHING);
  });

  it('looks no longer for one that the cache has again', async () => {
    const { client, strays } = world(slice);
    strays.lost(UID, slice);
    assert.deepEqual(await strays.find(grpcService, [slice], signal), NOTHING);
    assert.deepEqual(client.calls, []);
  });

  it('takes a slice of a taken name for ours only if it says so', async () => {
    const own = world(slice);
    own.strays.nameTaken(UID, slice);
    assert.deepEqual((await own.strays.find(grpcService, [], signal)).ours, [slice]);
    const other = world(stripped);
    other.strays.nameTaken(UID, slice);
    assert.deepEqual(await other.strays.find(grpcService, [], signal), {
      ...NOTHING,
      foreignNames: [slice.metadata.name],
    });
  });

  it('never takes a slice that somebody made under the name of a lost one', async () => {
    const { strays } = world(foreign);
    strays.lost(UID, slice);
    assert.deepEqual((await strays.find(grpcService, [], signal)).foreignNames, [slice.metadata.name]);
  });

  it('searches until the API server answers', async () => {
    const { client, clock, logger, strays } = world(relabelled);
    let failures = 2;
    client.before = () => {
      failures -= 1;
      if (failures >= 0) throw new KubeApiError(503, 'ServiceUnavailable', 'not now');
    };
    const found = strays.search(signal);
    await clock.advance(1000);
    await clock.advance(2000);
    assert.deepEqual(await found, [relabelled]);
    assert.equal(logger.messages('warn').length, 2);
  });
});
