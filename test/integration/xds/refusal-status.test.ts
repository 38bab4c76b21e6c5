import assert from 'node:assert/strict';
import { join } from 'node:path';
import { KubeApiError } from '../../../src/controller/kube-ports.ts';
import { ApiResourceClient } from '../../../src/kube/resource-client.ts';
import { GRPC_SERVICES } from '../../../src/kube/resources.ts';
import type { Transport } from '../../../src/kube/transport.ts';
import type { GrpcService, XdsReplicaStatus } from '../../../src/model/grpcservice.ts';
import { anXdsRefusal, anXdsReplica } from '../../support/grpc-services.ts';
import { testbed } from '../../support/testbed/index.ts';
import { tokenAccess, transport } from '../kube/bench.ts';

const crds = join(import.meta.dirname, '../../../crds');
const NAMESPACE = 'xds-refusals';

describe('the entries of replicas in the status of a GrpcService', function () {
  this.timeout(60_000);
  const { signal } = new AbortController();
  let connection: Transport;
  let client: ApiResourceClient<GrpcService>;
  let made: GrpcService;
  let names = 0;

  before(async () => {
    const { kubectl, apiServer, createNamespace } = await testbed.cluster();
    await kubectl(['apply', '--server-side', '--force-conflicts', '-f', crds]);
    await kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
    await createNamespace(NAMESPACE);
    connection = transport({ access: tokenAccess(apiServer.url, apiServer.token, apiServer.ca) });
    client = new ApiResourceClient(connection, GRPC_SERVICES);
  });
  after(() => connection.close());

  beforeEach(async () => {
    names += 1;
    const metadata = { namespace: NAMESPACE, name: `orders-${names}` };
    made = await client.create({ metadata, spec: { port: 50051 } }, signal);
  });

  const say = (replica: string, entries: readonly XdsReplicaStatus[]): Promise<GrpcService> =>
    client.applyStatus(
      {
        ...{ namespace: NAMESPACE, name: made.metadata.name },
        status: entries.length === 0 ? null : { xds: { replicas: entries } },
      },
      `rollcall-xds-${replica}`,
      signal,
    );
  const read = async (): Promise<GrpcService> => {
    const stored = await client.get(NAMESPACE, made.metadata.name, signal);
    assert.ok(stored !== null);
    return stored;
  };
  const replicasOf = ({ status }: GrpcService): readonly string[] =>
    (status?.xds?.replicas ?? []).map(({ replica }) => replica);

  it('are each the affair of one replica: neither what another says nor that it falls silent changes them', async () => {
    const [one, two] = [anXdsReplica({ replica: 'one' }), anXdsReplica({ replica: 'two', clients: 3 })];
    await say('one', [one]);
    await say('two', [two]);
    assert.deepEqual((await read()).status?.xds?.replicas, [one, two]);
    const changed = { ...one, refusals: [anXdsRefusal({ reason: 'another' })] };
    await say('one', [changed]);
    assert.deepEqual((await read()).status?.xds?.replicas, [changed, two]);
    await say('one', []);
    assert.deepEqual((await read()).status?.xds?.replicas, [two]);
    await say('two', []);
    const stored = await read();
    assert.deepEqual(replicasOf(stored), []);
    const managers = (stored.metadata as { managedFields?: { manager: string }[] }).managedFields ?? [];
    assert.deepEqual(
      managers.filter(({ manager }) => manager.startsWith('rollcall-xds-')),
      [],
      'a replica that is gone leaves no trace',
    );
  });

  it('are not lost by the leader, which writes the whole status: what it has not seen it cannot overwrite', async () => {
    const before = await read();
    await say('one', [anXdsReplica({ replica: 'one' })]);
    await assert.rejects(
      client.updateStatus({ ...before, status: { slices: 1 } }, signal),
      (error) => error instanceof KubeApiError && error.code === 409,
    );
    const seen = await read();
    await client.updateStatus({ ...seen, status: { ...seen.status, slices: 1 } }, signal);
    // What the leader put back as it was still belongs to the replica, which takes it out without asking.
    await say('one', []);
    const stored = await read();
    assert.deepEqual([stored.status?.slices, replicasOf(stored)], [1, []]);
  });

  it('are taken out by the leader where their replica is gone, and come again with it', async () => {
    await say('gone', [anXdsReplica({ replica: 'gone' })]);
    await say('here', [anXdsReplica({ replica: 'here' })]);
    const seen = await read();
    const kept = (seen.status?.xds?.replicas ?? []).filter(({ replica }) => replica === 'here');
    await client.updateStatus({ ...seen, status: { ...seen.status, xds: { replicas: kept } } }, signal);
    assert.deepEqual(replicasOf(await read()), ['here']);
    await say('gone', [anXdsReplica({ replica: 'gone' })]);
    assert.deepEqual([...replicasOf(await read())].sort(), ['gone', 'here']);
  });

  it('make no GrpcService where there is none', async () => {
    const { uid = '', resourceVersion = '', name } = made.metadata;
    await client.delete({ namespace: NAMESPACE, name, uid, resourceVersion }, signal);
    await assert.rejects(
      say('one', [anXdsReplica()]),
      (error) => error instanceof KubeApiError && error.code === 404,
    );
    assert.equal(await client.get(NAMESPACE, name, signal), null);
  });
});
