import assert from 'node:assert/strict';
import { PodLocator } from '../../../src/kube/pod-locator.ts';
import { ApiResourceClient } from '../../../src/kube/resource-client.ts';
import { NODES, PODS } from '../../../src/kube/resources.ts';
import type { Transport } from '../../../src/kube/transport.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import type { Pod } from '../../../src/model/kube-objects.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { testbed } from '../../support/testbed/index.ts';
import { never, tokenAccess, transport } from './bench.ts';

const NAMESPACE = `located-${process.pid}`;
const [LABELLED, LATER] = [`node-a-${process.pid}`, `node-b-${process.pid}`];
const LABELS = { 'topology.kubernetes.io/region': 'eu-1', 'topology.kubernetes.io/zone': 'eu-1a' };
const PLACE = { region: 'eu-1', zone: 'eu-1a' };

describe('where a pod runs, asked of a real API server', function () {
  this.timeout(60_000);
  let connection: Transport;
  let pods: ApiResourceClient<Pod>;

  before(async () => {
    const { apiServer, createNamespace, request, kubectl } = await testbed.cluster();
    connection = transport({ access: tokenAccess(apiServer.url, apiServer.token, apiServer.ca) });
    pods = new ApiResourceClient(connection, PODS);
    await createNamespace(NAMESPACE);
    await request('POST', '/api/v1/nodes', { metadata: { name: LABELLED, labels: LABELS } });
    await request('POST', '/api/v1/nodes', { metadata: { name: LATER } });
    for (const [name, nodeName] of [
      ['cart-1', LABELLED],
      ['cart-2', LATER],
    ] as const) {
      const spec = { nodeName, containers: [{ name: 'app', image: 'example.com/app:1' }] };
      await request('POST', `/api/v1/namespaces/${NAMESPACE}/pods`, {
        metadata: { name },
        spec: { ...spec, automountServiceAccountToken: false },
      });
    }
    // So that only its node says where cart-2 runs.
    await kubectl(['label', 'node', LATER, ...Object.entries(LABELS).map((label) => label.join('='))]);
  });
  after(async () => {
    const { kubectl } = await testbed.cluster();
    await kubectl(['delete', 'pod', '--all', '-n', NAMESPACE, '--force', '--grace-period=0']);
    await kubectl(['delete', 'node', LABELLED, LATER]);
    await connection.close();
  });

  const locator = (withNodes: boolean): PodLocator =>
    new PodLocator({
      pods,
      nodes: withNodes ? new ApiResourceClient(connection, NODES) : null,
      namespaces: [],
      clock: systemClock,
      logger: new RecordingLogger(),
    });

  it('is on the pod itself, where Kubernetes copies the labels of the node', async () => {
    const pod = await pods.get(NAMESPACE, 'cart-1', never);
    assert.equal(pod?.metadata.labels?.['topology.kubernetes.io/zone'], 'eu-1a');
    assert.deepEqual(await locator(false).locate(`cart-1.${NAMESPACE}`, never), PLACE);
  });

  it('is on its node otherwise', async () => {
    assert.equal(await locator(false).locate(`cart-2.${NAMESPACE}`, never), null);
    assert.deepEqual(await locator(true).locate(`cart-2.${NAMESPACE}`, never), PLACE);
  });

  it('is not known of a pod that does not exist', async () => {
    assert.equal(await locator(true).locate(`cart-3.${NAMESPACE}`, never), null);
  });
});
