import assert from 'node:assert/strict';
import { waitFor } from '../../../local/lib/wait.ts';
import { startClient } from '../../../local/peers/clients.ts';
import { startGreeter, type Greeter } from '../../../local/peers/greeter.ts';
import { startEnvoy, type EnvoyServer } from '../../../local/servers/envoy.ts';
import { startXdsReference, type XdsReference } from '../../../local/servers/xds-reference.ts';
import { assignment, cluster, proxyListener, route } from '../../support/xds/resources.ts';
import { freshAddress, needs } from '../../support/testbed/index.ts';

describe('Envoy and go-control-plane', function () {
  this.timeout(60_000);
  const port = 10_000;
  const greeters: Greeter[] = [];
  let address: string;
  let reference: XdsReference;
  let envoy: EnvoyServer | undefined;

  before(async function () {
    needs(this, 'xdsReference', 'envoy');
    for (const id of ['one', 'two'])
      greeters.push(await startGreeter({ id, address: freshAddress(), port: 50051 }));
  });
  beforeEach(async () => {
    address = freshAddress();
    reference = await startXdsReference({ address, cache: 'linear' });
    await reference.apply([
      ...[proxyListener('proxy', address, port, 'proxy'), route('proxy', 'greeter'), cluster('greeter')],
      assignment('greeter', greeters[0]?.target ?? ''),
    ]);
  });
  afterEach(async () => {
    await envoy?.dispose();
    await reference.dispose();
  });
  after(() => Promise.all(greeters.map((greeter) => greeter.stop())));

  for (const protocol of ['sotw', 'delta'] as const) {
    it(`${protocol}: calls go through it to the endpoints that it is told, one more and one less without a failure`, async () => {
      envoy = await startEnvoy({ address, xds: { address, port: 18_000 }, protocol, drainSeconds: 1 });
      const client = startClient('node', { target: `${address}:${port}`, rate: 50 });
      try {
        const since = (mark: number) => new Set(client.results.slice(mark).map(({ server }) => server));
        await waitFor('one', () => since(0).has('one'));
        await reference.apply([assignment('greeter', ...greeters.map(({ target }) => target))]);
        await waitFor('two', () => since(0).has('two'));
        await reference.apply([assignment('greeter', greeters[1]?.target ?? '')]);
        await waitFor('no more of one', () => client.results.length > 20 && !since(-20).has('one'));
        assert.deepEqual(
          client.results.filter(({ ok }) => !ok),
          [],
        );

        const path = '/rollcall.demo.v1.Greeter/SayHello';
        const logged = await waitFor('the access log', () => envoy?.accessLog().at(-1));
        assert.deepEqual(logged, { path, upstream: greeters[1]?.target });
        const { configs } = await envoy.configDump();
        assert.ok(
          configs.some((config) => JSON.stringify(config).includes(greeters[1]?.target.split(':')[0] ?? '?')),
        );
        assert.equal(await envoy.stat('cluster_manager.cds.update_rejected'), 0);
        assert.equal(await envoy.stat('cluster.greeter.membership_total'), 1);
      } finally {
        await client.stop();
      }
    });
  }

  it('sends its clients away when it drains', async () => {
    envoy = await startEnvoy({ address, xds: { address, port: 18_000 }, drainSeconds: 1 });
    const client = startClient('node', { target: `${address}:${port}`, rate: 50, timeoutSeconds: 1 });
    try {
      await waitFor('an answer', () => client.results.some(({ ok }) => ok));
      await envoy.drain();
      await waitFor('the listener to be gone', () => client.results.at(-1)?.code === 14);
    } finally {
      await client.stop();
    }
  });
});
