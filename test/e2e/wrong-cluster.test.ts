import assert from 'node:assert/strict';
import { waitFor } from '../../local/lib/wait.ts';
import type { OperatorProcess } from './support/operator.ts';
import type { TestRegistry, World } from './support/world.ts';
import { describeWrongInput, MENDED_MS, type WrongInput } from './support/wrong-input.ts';

let bench: WrongInput;
let world: World;
let registry: TestRegistry;
let namespace: string;
let operator: OperatorProcess;

const take = (started: WrongInput): void => {
  bench = started;
  ({ world, registry, namespace, operator } = started);
};

describeWrongInput('what the cluster does not let happen', take, () => {
  describe('one Service name, claimed twice:', () => {
    const claim = (name: string, change: object = {}) =>
      world.applyGrpcService(namespace, name, {
        ...bench.ref(registry.name),
        service: 'orders',
        dns: { serviceName: 'contested' },
        ...change,
      });

    it('the first has it, the second is told; when the first goes, the second has it', async () => {
      await claim('first');
      await world.untilCondition(namespace, 'first', 'Ready', 'True Published');
      await registry.table.register({ service: 'second', instanceId: 'a', address: '10.77.74.2' });
      await claim('second', { service: 'second' });
      const { message } = await world.untilCondition(namespace, 'second', 'Ready', 'False ServiceNameTaken');
      assert.match(
        message,
        /GrpcService first publishes Service contested already: set spec\.dns\.serviceName/,
      );
      assert.deepEqual(await world.ready(namespace, 'contested'), ['10.77.70.1']);
      await world.delete('grpcservices', namespace, 'first');
      await world.untilCondition(namespace, 'second', 'Ready', 'True Published');
      await world.untilReady(namespace, 'contested', ['10.77.74.2']);
    });

    it('an older one that is renamed onto a name in use does not get it', async () => {
      await claim('older', { dns: { serviceName: 'older-name' } });
      await world.untilCondition(namespace, 'older', 'Ready', 'True Published');
      await claim('younger', { dns: { serviceName: 'held-name' }, service: 'second' });
      await world.untilCondition(namespace, 'younger', 'Ready', 'True Published');
      await claim('older', { dns: { serviceName: 'held-name' } });
      await world.untilCondition(namespace, 'older', 'Ready', 'False ServiceNameTaken');
      await world.untilCondition(namespace, 'younger', 'Ready', 'True Published');
      assert.deepEqual(await world.ready(namespace, 'held-name'), ['10.77.74.2']);
      assert.deepEqual(
        await world.ready(namespace, 'older-name'),
        ['10.77.70.1'],
        'its old name still serves',
      );
      await claim('younger', { dns: { serviceName: 'younger-name' }, service: 'second' });
      await world.untilCondition(namespace, 'older', 'Ready', 'True Published');
      await world.untilReady(namespace, 'held-name', ['10.77.70.1']);
    });
  });

  describe('the GrpcService itself:', () => {
    it('an annotation release-held that is no time is named in the condition, and nothing is released', async () => {
      await world.applyGrpcService(
        namespace,
        'annotated',
        { service: 'orders', ...bench.ref(registry.name) },
        { 'rollcall.dev/release-held': 'now' },
      );
      const { message } = await waitFor('the condition', async () => {
        const { status } = (await world.grpcService(namespace, 'annotated')) ?? {};
        return status?.conditions?.find(
          ({ type, message: text }) => type === 'Protected' && text.includes('"now"'),
        );
      });
      assert.match(message, /release-held "now" is not a time: write one like .*date -u/);
      await world.untilCondition(namespace, 'annotated', 'Ready', 'True Published');
    });
  });

  describe('the cluster refuses writes:', () => {
    it('a ResourceQuota without room for another Service', async () => {
      const full = await world.namespace('full');
      await world.cluster.request('POST', `/api/v1/namespaces/${full}/resourcequotas`, {
        metadata: { name: 'no-services' },
        spec: { hard: { 'count/services': '0' } },
      });
      // Its controller is not part of this cluster: what it would count is written by hand.
      await world.cluster.request(
        'PATCH',
        `/api/v1/namespaces/${full}/resourcequotas/no-services/status`,
        { status: { hard: { 'count/services': '0' }, used: { 'count/services': '0' } } },
        'application/merge-patch+json',
      );
      await world.applyGrpcService(full, 'orders', bench.ref(registry.name));
      const { message } = await world.untilCondition(full, 'orders', 'Ready', 'False WriteRefused');
      assert.match(message, /exceeded quota: no-services/);
      await world.cluster.request('DELETE', `/api/v1/namespaces/${full}/resourcequotas/no-services`);
      await world.untilCondition(full, 'orders', 'Ready', 'True Published', { timeoutMs: MENDED_MS });
      assert.ok(await world.service(full, 'orders'));
    });

    it('a webhook that nobody answers', async () => {
      const hooked = await world.namespace('hooked');
      await world.applyGrpcService(hooked, 'orders', bench.ref(registry.name));
      await world.untilReady(hooked, 'orders', ['10.77.70.1']);
      await world.untilCondition(hooked, 'orders', 'Ready', 'True Published');
      const path = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
      await world.cluster.request('POST', path, {
        metadata: { name: hooked },
        webhooks: [
          {
            name: 'nobody.example.org',
            clientConfig: { url: 'https://10.77.199.8/refuse' },
            rules: [
              {
                apiGroups: ['discovery.k8s.io'],
                apiVersions: ['v1'],
                operations: ['*'],
                resources: ['endpointslices'],
              },
            ],
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': hooked } },
            failurePolicy: 'Fail',
            sideEffects: 'None',
            timeoutSeconds: 1,
            admissionReviewVersions: ['v1'],
          },
        ],
      });
      try {
        await waitFor('the webhook to refuse', async () => {
          const [slice] = await world.slices(hooked, 'orders');
          const patch = { metadata: { annotations: { probe: 'x' } } };
          const dry = world.mergePatch('endpointslices', hooked, `${slice?.metadata.name}?dryRun=All`, patch);
          return await dry.then(
            () => false,
            () => true,
          );
        });
        await registry.table.register({ service: 'orders', instanceId: 'extra', address: '10.77.70.8' });
        const { message } = await world.untilCondition(hooked, 'orders', 'Ready', 'False WriteFailed');
        assert.match(message, /failed calling webhook "nobody\.example\.org"/);
        assert.deepEqual(await world.ready(hooked, 'orders'), ['10.77.70.1']);
      } finally {
        await world.cluster.request('DELETE', `${path}/${hooked}`);
      }
      await world.untilReady(hooked, 'orders', ['10.77.70.1', '10.77.70.8'], MENDED_MS);
      await world.untilCondition(hooked, 'orders', 'Ready', 'True Published');
      await registry.table.remove('orders', 'extra');
      await world.untilReady(hooked, 'orders', ['10.77.70.1']);
    });

    it('a namespace that is being deleted goes with all in it, and nothing is tried again and again', async () => {
      const doomed = await world.namespace('doomed');
      await world.applyGrpcService(doomed, 'orders', bench.ref(registry.name));
      await world.untilReady(doomed, 'orders', ['10.77.70.1']);
      const errors = () =>
        operator.metric('controller_runtime_reconcile_errors_total', { controller: 'grpcservice' });
      const before = await errors();
      await world.cluster.request('DELETE', `/api/v1/namespaces/${doomed}`);
      await waitFor('the namespace to be gone', async () => {
        const { items } = await world.cluster.request<{ items: { metadata: { name: string } }[] }>(
          'GET',
          '/api/v1/namespaces',
        );
        return !items.some(({ metadata }) => metadata.name === doomed);
      });
      assert.ok((await errors()) - before <= 5, `${(await errors()) - before} errors`);
    });
  });
});
