import assert from 'node:assert/strict';
import { createClients } from '../../../src/app/kube-parts.ts';
import { NOT_LEADING } from '../../../src/controller/kube-ports.ts';
import type { KubeService } from '../../../src/model/kube-objects.ts';
import type { Registry } from '../../../src/model/registry.ts';
import { aGrpcService } from '../../support/grpc-services.ts';
import { testbed } from '../../support/testbed/index.ts';
import { Bench, never, slice } from './bench.ts';

/** What a replica has that does not lead. */
const closed = { remainingMs: () => 0, enter: () => () => undefined };

describe('the clients of the operator', function () {
  this.timeout(30_000);
  let bench: Bench;

  before(async () => {
    bench = await Bench.start((await testbed.cluster()).apiServer);
  });
  after(() => bench.dispose());

  it('write nothing while this replica does not lead (safety rule 6)', async () => {
    const { slices, kubeServices, grpcServices, registries } = createClients(bench.transport, closed);
    const metadata = { namespace: 'default', name: 'a', uid: 'a', resourceVersion: '1' };
    const version = metadata;
    const service = { metadata, spec: {} } as KubeService;
    const registry = { metadata } as Registry;
    const writes = [
      slices.create(slice('default', 'a'), never),
      slices.update({ ...slice('default', 'a'), metadata }, never),
      slices.delete(version, never),
      kubeServices.create(service, never),
      kubeServices.update(service, never),
      kubeServices.delete(version, never),
      grpcServices.updateStatus(aGrpcService(), never),
      registries.updateStatus(registry, never),
    ];
    await Promise.all(writes.map((write) => assert.rejects(write, { reason: NOT_LEADING })));
    assert.deepEqual(bench.proxy.requests, []);
  });
});
