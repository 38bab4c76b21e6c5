import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun } from '../../local/lib/run.ts';
import { waitFor } from '../../local/lib/wait.ts';
import { addressRange } from '../../local/peers/greeter.ts';
import { checkout } from '../support/manifests.ts';
import { Callers, failuresOf, presentKinds, serversOf } from './support/callers.ts';
import { GreeterService, type Home } from './support/greeter-service.ts';
import type { OperatorProcess } from './support/operator.ts';
import { World } from './support/world.ts';

const NODE = `node-${process.pid}`;
const LABELS = ['topology.kubernetes.io/region=eu', 'topology.kubernetes.io/zone=eu-b'];

describe('clients with a bootstrap that Rollcall made', function () {
  this.timeout(120_000);
  let home: Home;
  let operator: OperatorProcess;
  let folder: string;
  let calling: Callers | undefined;
  let service: GreeterService | undefined;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rollcall-bootstrap-'));
    const world = await World.create();
    const registry = await world.registry({ feed: { type: 'Poll', poll: { interval: '200ms' } } });
    home = { world, registry, namespace: await world.namespace('bootstrap') };
    operator = await world.operator(registry);
  });
  afterEach(async () => {
    await calling?.stop();
    service?.close();
  });
  after(async () => {
    await home.world.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  const call = (name: string, xdsBootstrap: string): Callers => {
    const target = `xds:///${name}.${home.namespace}`;
    calling = new Callers({ target, rate: 50, timeoutSeconds: 30, xdsBootstrap });
    return calling;
  };
  const assertServers = (callers: Callers, servers: readonly string[]): void => {
    for (const kind of presentKinds) {
      assert.deepEqual(failuresOf(callers.results(kind)), [], kind);
      assert.deepEqual([...serversOf(callers.results(kind))].sort(), [...servers].sort(), kind);
    }
  };

  it('stay in the zone of their node from the first call on, although neither pod nor bootstrap says where that is', async () => {
    const { cluster } = home.world;
    const { namespace } = home;
    await cluster.request('POST', '/api/v1/nodes', { metadata: { name: NODE } });
    await cluster.request('POST', `/api/v1/namespaces/${namespace}/pods`, {
      metadata: { name: 'caller-1' },
      spec: {
        ...{ nodeName: NODE, automountServiceAccountToken: false },
        containers: [{ name: 'app', image: 'example.com/app:1' }],
      },
    });
    // Labelled after the pod was placed: Kubernetes has not copied the labels to it.
    await cluster.kubectl(['label', 'node', NODE, ...LABELS]);
    const [far, near] = addressRange('10.77.176.1', 2) as [string, string];
    service = await GreeterService.start(home, 'near', [far, near]);
    await home.registry.table.register(
      ...[far, near].map((address, index) => ({
        ...{
          service: 'near',
          instanceId: address,
          address,
          region: 'eu',
          zone: index === 0 ? 'eu-a' : 'eu-b',
        },
      })),
    );
    await home.world.applyGrpcService(namespace, 'near', {
      xds: { locality: { mode: 'PreferSameZone' } },
    });
    await home.world.untilReady(namespace, 'near', [far, near]);
    const file = join(folder, 'pod.json');
    const args = ['xds-bootstrap', '--server', operator.xdsServer, '--output', file];
    await mustRun(process.execPath, [join(checkout, 'src/main.ts'), ...args], {
      env: { POD_NAME: 'caller-1', POD_NAMESPACE: namespace },
    });
    const callers = call('near', file);
    await callers.untilSeen([near]);
    await callers.untilMore(20);
    assertServers(callers, [near]);
    await cluster.kubectl(['delete', 'pod', 'caller-1', '-n', namespace, '--force', '--grace-period=0']);
    await cluster.kubectl(['delete', 'node', NODE]);
  });

  it('call with the ConfigMap that their namespace was given for its label', async () => {
    const { cluster } = home.world;
    const { namespace } = home;
    const servers = addressRange('10.77.177.1', 2);
    service = await GreeterService.start(home, 'mapped', servers);
    await cluster.kubectl(['label', 'namespace', namespace, 'rollcall.dev/xds-bootstrap=enabled']);
    const path = `/api/v1/namespaces/${namespace}/configmaps/rollcall-xds`;
    const file = join(folder, 'map.json');
    await waitFor('the ConfigMap', async () => {
      const { data }: { data: Record<string, string> } = await cluster
        .request<{ data: Record<string, string> }>('GET', path)
        .catch(() => ({ data: {} }));
      await writeFile(file, data['bootstrap.json'] ?? '');
      return data['bootstrap.json'] !== undefined;
    });
    // No name of a Service leads to an operator outside the cluster.
    const text = await readFile(file, 'utf8');
    const uri = 'dns:///rollcall-xds.rollcall-system.svc.cluster.local:18000';
    assert.ok(text.includes(`"${uri}"`), text);
    await writeFile(file, text.replace(uri, `dns:///${operator.xdsServer}`));
    const callers = call('mapped', file);
    await callers.untilSeen(servers);
    assertServers(callers, servers);
  });
});
