import assert from 'node:assert/strict';
import { waitFor } from '../../../local/lib/wait.ts';
import { clientComponents, clientKinds, runClient, startClient } from '../../../local/peers/clients.ts';
import { startGreeter, type Greeter } from '../../../local/peers/greeter.ts';
import { writeXdsBootstrap } from '../../../local/peers/xds-bootstrap.ts';
import { startEnvoy } from '../../../local/servers/envoy.ts';
import { startXdsReference, type XdsReference } from '../../../local/servers/xds-reference.ts';
import type { Endpoint } from '../../../src/desired/endpoint.ts';
import type { XdsServiceSpec } from '../../../src/model/grpcservice.ts';
import { makeResource } from '../../../src/xds/codec/resources.ts';
import { proxyResources } from '../../../src/xds/resources/proxy.ts';
import type { ResourceDraft } from '../../../src/xds/resources/proto.ts';
import { xdsResources } from '../../../src/xds/resources/service-resources.ts';
import { viewNamed } from '../../../src/xds/resources/view.ts';
import { xdsSpec } from '../../../src/xds/resources/xds-spec.ts';
import { aGrpcService } from '../../support/grpc-services.ts';
import { anEndpoint } from '../../support/xds/endpoints.ts';
import { freshAddress, needs } from '../../support/testbed/index.ts';

/** Every setting that there is, each in a service of its own. */
const settings: Readonly<Record<string, XdsServiceSpec>> = {
  nothing: {},
  'least request': { loadBalancing: { policy: 'LeastRequest', leastRequest: { choiceCount: 3 } } },
  'a ring by header': { loadBalancing: { policy: 'RingHash', ringHash: { header: 'user-id' } } },
  'all the rest': {
    outlierDetection: { successRate: {}, failurePercentage: {} },
    circuitBreaker: { maxRequests: 100 },
    retry: {
      attempts: 4,
      codes: ['Unavailable', 'Internal', 'Cancelled', 'DeadlineExceeded', 'ResourceExhausted'],
    },
    timeout: '5s',
  },
};

const encode = (drafts: readonly ResourceDraft[]) =>
  drafts
    .map(({ typeUrl, name, message, needs: wants }) => makeResource(typeUrl, name, message, wants))
    .map(({ typeUrl, body }) => ({ typeUrl, value: body }));

/** Three calls in four; 400 calls are off by more than a tenth once in a million times. */
function assertShare(share: number): void {
  assert.ok(share > 0.64 && share < 0.86, `${share}`);
}

/** The server is go-control-plane: what is tested is what clients make of the resources. */
describe('the resources of a GrpcService and real clients', function () {
  this.timeout(60_000);
  const greeters: Greeter[] = [];
  let reference: XdsReference | undefined;

  before(async function () {
    needs(this, 'xdsReference');
    reference = await startXdsReference({ address: freshAddress(), cache: 'linear' });
    // Ports of their own: xDS carries them.
    for (const [i, id] of ['heavy', 'light', 'draining'].entries())
      greeters.push(await startGreeter({ id, address: freshAddress(), port: 50051 + i }));
  });

  after(async () => {
    await Promise.all(greeters.map((greeter) => greeter.stop()));
    await reference?.dispose();
  });

  const endpoint = (id: string, fields: Partial<Endpoint> = {}): Endpoint => {
    const [address = '', port] = greeters.find((greeter) => greeter.id === id)?.target.split(':') ?? [];
    return anEndpoint({ instanceId: id, address, port: Number(port), ...fields });
  };
  const all = (): readonly Endpoint[] => [
    endpoint('heavy', { weight: 300 }),
    endpoint('light', { weight: 100 }),
    endpoint('draining', { weight: 1000, state: 'Draining' }),
  ];
  const resourcesOf = (name: string, xds: XdsServiceSpec, endpoints: readonly Endpoint[], view = 'grpc') =>
    xdsResources(
      {
        namespace: 'shop',
        name,
        clusterDomain: 'cluster.local',
        port: 50051,
        xds: xdsSpec(aGrpcService({ xds })),
      },
      { endpoints },
      viewNamed(view),
    );

  for (const kind of clientKinds) {
    for (const [index, [setting, xds]] of Object.entries(settings).entries()) {
      it(`${kind}: takes ${setting}, and calls every ready server at its port and no draining one`, async function () {
        needs(this, ...clientComponents[kind]);
        assert.ok(reference);
        const name = `${kind}-${index}`;
        await reference.apply(encode(resourcesOf(name, xds, all())));
        const client = startClient(kind, {
          target: `xds:///${name}.shop:50051`,
          xdsBootstrap: writeXdsBootstrap({ servers: [reference.target], nodeId: `${kind}.test` }),
        });
        try {
          const servers = (): Set<string | undefined> =>
            new Set(client.results.flatMap(({ ok, server }) => (ok ? [server] : [])));
          await waitFor('both servers', () => servers().size === 2);
          // From here on both are connected.
          const from = client.results.length;
          await waitFor('calls', () => client.results.length >= from + 400);
          const results = client.results.slice(from);
          assert.deepEqual(
            client.results.filter(({ ok }) => !ok),
            [],
          );
          assert.deepEqual(servers(), new Set(['heavy', 'light']));
          assertShare(results.filter(({ server }) => server === 'heavy').length / results.length);
        } finally {
          await client.stop();
        }
      });
    }
  }

  for (const kind of clientKinds) {
    it(`${kind}: calls its own zone, and the next one when nobody is left there`, async function () {
      needs(this, ...clientComponents[kind]);
      assert.ok(reference);
      const xds: XdsServiceSpec = { locality: { mode: 'PreferSameZone' } };
      const near = endpoint('light', { region: 'eu', zone: 'a' });
      const far = endpoint('heavy', { region: 'eu', zone: 'b' });
      const name = `zones-${kind}`;
      await reference.apply(encode(resourcesOf(name, xds, [near, far], 'grpc@eu/a')));
      const client = startClient(kind, {
        target: `xds:///${name}.shop`,
        rate: 50,
        xdsBootstrap: writeXdsBootstrap({ servers: [reference.target], nodeId: `${kind}.test` }),
      });
      try {
        await waitFor('calls', () => client.results.length > 50);
        assert.deepEqual(new Set(client.results.map(({ server }) => server)), new Set(['light']));
        const drained = [{ ...near, state: 'Draining' as const }, far];
        await reference.apply(encode(resourcesOf(name, xds, drained, 'grpc@eu/a').slice(-1)));
        await waitFor('the next zone', () => client.results.at(-1)?.server === 'heavy');
        assert.deepEqual(
          client.results.filter(({ ok }) => !ok),
          [],
        );
      } finally {
        await client.stop();
      }
    });
  }

  it('Envoy: takes all of them, and calls as the gRPC clients do by spec.proxy', async function () {
    needs(this, 'envoy');
    assert.ok(reference);
    const address = freshAddress();
    const services = Object.values(settings).map((xds, i) => ({
      namespace: 'shop',
      name: `envoy-${i}`,
      createdAt: '2026-01-01T00:00:00Z',
      proxy: i === 0 ? { rpcServices: ['rollcall.demo.v1.Greeter'] } : { hosts: [`s${i}.example.com`] },
      spec: xds,
      xds: xdsSpec(aGrpcService({ xds })),
    }));
    const { resources } = proxyResources(services, { address, port: 10_000 });
    const ofServices = services
      .flatMap(({ name, spec }) => resourcesOf(name, spec, all(), 'proxy'))
      .filter(({ typeUrl }) => typeUrl.endsWith('.Cluster') || typeUrl.endsWith('.ClusterLoadAssignment'));
    const own = await startXdsReference({ address, cache: 'linear' });
    try {
      await own.apply(encode([...resources, ...ofServices]));
      const envoy = await startEnvoy({ address, xds: { address, port: 18_000 }, protocol: 'delta' });
      try {
        const summary = await runClient('node', { target: `${address}:10000`, calls: 400 });
        const told = JSON.stringify(summary);
        assert.equal(summary.failed, 0, told);
        assertShare((summary.servers.heavy ?? 0) / summary.ok);
        assert.equal(summary.servers.draining, undefined);
        for (const kind of ['cluster_manager.cds', 'listener_manager.lds'])
          assert.equal(await envoy.stat(`${kind}.update_rejected`), 0, kind);
        assert.equal(await envoy.stat('http.proxy.rds.proxy.update_rejected'), 0);
        assert.equal(await envoy.stat('cluster_manager.active_clusters'), services.length + 1);
        const line = await waitFor('the access log', () => envoy.accessLog().at(-1));
        assert.equal(line.path, '/rollcall.demo.v1.Greeter/SayHello');
        assert.equal(line.grpcStatus, 'OK');
        const health = await fetch(`http://${address}:10000/healthz`);
        assert.equal(health.status, 200);
      } finally {
        await envoy.dispose();
      }
    } finally {
      await own.dispose();
    }
  });
});
