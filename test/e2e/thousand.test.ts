import assert from 'node:assert/strict';
import { waitFor } from '../../local/lib/wait.ts';
import type { GrpcService } from '../../src/model/grpcservice.ts';
import { Neighbour } from './support/neighbour.ts';
import type { OperatorProcess } from './support/operator.ts';
import { type TestRegistry, World } from './support/world.ts';
import { WriteLog } from './support/written.ts';

const COUNT = 1000;

describe('a thousand GrpcServices applied at once', function () {
  this.timeout(120_000);
  let world: World;
  let registry: TestRegistry;
  let operator: OperatorProcess;
  let namespace: string;
  let neighbour: Neighbour;

  before(async () => {
    world = await World.create();
    registry = await world.registry({ feed: { type: 'Poll', poll: { interval: '200ms' } } });
    namespace = await world.namespace('crowd');
    const beside = await world.namespace('beside');
    operator = await world.operator(registry);
    await registry.table.register(
      ...names().map((name, at) => ({
        service: name,
        instanceId: 'only',
        address: `10.79.${Math.floor(at / 200)}.${(at % 200) + 1}`,
      })),
    );
    neighbour = await Neighbour.start(world, registry, beside);
  });
  after(() => world.dispose());

  it('are all published and say so, in few writes, and the neighbour is served meanwhile', async () => {
    const written = await WriteLog.start(world, namespace);
    const { moves } = neighbour;
    await applyAll();
    await waitFor('all of them to be ready', async () => (await notReady()).length === 0, {
      timeoutMs: 60_000,
      intervalMs: 500,
    });
    assert.ok(neighbour.moves > moves, 'the neighbour moved meanwhile');
    await neighbour.end(5_000);
    await written.stop();
    assert.equal(written.count('endpointslices'), COUNT);
    assert.equal(written.count('services'), COUNT);
    const statuses = written.count('grpcservices') - COUNT;
    assert.ok(statuses <= 2 * COUNT, `${statuses} writes of statuses`);
  });

  it('were written without a single conflict', async () => {
    const codes = ['409', '422', '429', '500'].map((code) =>
      operator.metric('rest_client_requests_total', { code }),
    );
    assert.deepEqual(await Promise.all(codes), [0, 0, 0, 0]);
  });

  const applyAll = async (): Promise<void> => {
    const waiting = names();
    const worker = async (): Promise<void> => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
        await world.create('grpcservices', namespace, {
          apiVersion: 'rollcall.dev/v1alpha1',
          kind: 'GrpcService',
          metadata: { name },
          spec: { port: 50051 },
        });
      }
    };
    await Promise.all(Array.from({ length: 16 }, worker));
  };

  const notReady = async (): Promise<readonly GrpcService[]> => {
    const { items } = await world.cluster.request<{ items: GrpcService[] }>(
      'GET',
      `/apis/rollcall.dev/v1alpha1/namespaces/${namespace}/grpcservices`,
    );
    return items.filter(({ status }) => {
      const ready = status?.conditions?.find(({ type }) => type === 'Ready');
      return ready?.status !== 'True' || status?.endpoints?.ready !== 1;
    });
  };
});

function names(): string[] {
  return Array.from({ length: COUNT }, (_, at) => `service-${at}`);
}
