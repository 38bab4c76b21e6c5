import assert from 'node:assert/strict';
import { KubeApiError } from '../../../src/controller/kube-ports.ts';
import { PodLocator } from '../../../src/kube/pod-locator.ts';
import type { KubeObject, Pod } from '../../../src/model/kube-objects.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeResourceClient } from '../../support/fake-resource-client.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';

const { signal } = new AbortController();
const LABELS = { 'topology.kubernetes.io/region': 'eu-1', 'topology.kubernetes.io/zone': 'eu-1a' };
const PLACE = { region: 'eu-1', zone: 'eu-1a' };

function bench(options: { readonly namespaces?: readonly string[]; readonly withNodes?: boolean } = {}) {
  const pods = new FakeResourceClient<Pod>();
  const nodes = new FakeResourceClient<KubeObject>();
  const clock = new FakeClock();
  const logger = new RecordingLogger();
  const pod = (name: string, nodeName?: string, labels = {}): void => {
    const metadata = { name, namespace: 'shop', labels };
    pods.objects.set(`shop/${name}`, { metadata, spec: nodeName === undefined ? {} : { nodeName } });
  };
  nodes.objects.set('/n1', { metadata: { name: 'n1', labels: LABELS } });
  nodes.objects.set('/bare', { metadata: { name: 'bare' } });
  const { namespaces = [], withNodes = true } = options;
  const locator = new PodLocator({ pods, nodes: withNodes ? nodes : null, namespaces, clock, logger });
  return { pods, nodes, clock, logger, pod, locator };
}

describe('where a pod runs', () => {
  it('is what the labels of the pod say, and the node is not asked', async () => {
    const { nodes, pod, locator } = bench();
    pod('cart-1', 'n1', { ...LABELS, 'topology.kubernetes.io/zone': 'of-the-pod' });
    assert.deepEqual(await locator.locate('cart-1.shop', signal), { region: 'eu-1', zone: 'of-the-pod' });
    assert.deepEqual(nodes.calls, []);
  });

  it('is what the labels of its node say otherwise, which is asked once for all of its pods', async () => {
    const { nodes, clock, pod, locator } = bench();
    pod('cart-1', 'n1');
    pod('my.cart', 'n1');
    assert.deepEqual(await locator.locate('cart-1.shop', signal), PLACE);
    assert.deepEqual(await locator.locate('my.cart.shop', signal), PLACE);
    assert.equal(nodes.calls.length, 1);
    await clock.advance(600_000);
    await locator.locate('cart-1.shop', signal);
    assert.equal(nodes.calls.length, 2);
  });

  it('is not known of a pod that is not there, on no node, or on one without labels', async () => {
    const { pod, locator } = bench();
    pod('pending');
    pod('bare', 'bare');
    pod('gone', 'gone');
    for (const id of ['none.shop', 'pending.shop', 'bare.shop', 'gone.shop']) {
      assert.equal(await locator.locate(id, signal), null, id);
    }
  });

  it('is not looked for where node.id names no pod, or one of a namespace that is not watched', () => {
    const { locator } = bench();
    for (const id of [
      '',
      'laptop',
      'namespace:shop',
      'a/b.shop',
      'Cart.shop',
      '.shop',
      'cart.',
      'x'.repeat(400),
    ]) {
      assert.equal(locator.knows(id), false, id);
    }
    assert.equal(locator.knows('cart-1.shop'), true);
    const some = bench({ namespaces: ['shop'] }).locator;
    assert.deepEqual([some.knows('cart-1.shop'), some.knows('cart-1.else')], [true, false]);
  });

  it('comes from the pod alone where nodes may not be read', async () => {
    const { nodes, pod, locator } = bench({ withNodes: false });
    pod('cart-1', 'n1');
    assert.equal(await locator.locate('cart-1.shop', signal), null);
    assert.deepEqual(nodes.calls, []);
  });

  it('is left alone for ten minutes when the operator has no right to look, which is told once', async () => {
    const { pods, clock, logger, pod, locator } = bench();
    pod('cart-1', 'n1');
    pods.before = () => {
      throw new KubeApiError(403, 'Forbidden', 'pods "cart-1" is forbidden');
    };
    assert.equal(await locator.locate('cart-1.shop', signal), null);
    assert.equal(locator.knows('cart-1.shop'), false);
    assert.equal(logger.lines.filter(({ level }) => level === 'warn').length, 1);
    await clock.advance(600_000);
    assert.equal(locator.knows('cart-1.shop'), true);
  });

  it('rejects when the API server does not answer, and remembers nothing of it', async () => {
    const { pods, pod, locator } = bench();
    pod('cart-1', 'n1');
    pods.before = () => {
      throw new KubeApiError(500, 'InternalError', 'etcd is away');
    };
    await assert.rejects(locator.locate('cart-1.shop', signal), /etcd is away/);
    pods.before = () => undefined;
    assert.deepEqual(await locator.locate('cart-1.shop', signal), PLACE);
  });
});
