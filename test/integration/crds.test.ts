import assert from 'node:assert/strict';
import { KubeRequestFailed } from '../../local/servers/kube-client.ts';
import type { Cluster } from '../../local/cluster.ts';
import { API_VERSION } from '../../src/model/names.ts';
import { crdSchema, nodes } from '../support/crds.ts';
import { checkout } from '../support/manifests.ts';
import { testbed } from '../support/testbed/index.ts';
import { type Json, merged, wrongGrpcServices, wrongRegistries } from './crd-cases.ts';

const namespace = 'crds-test';

const registry: Json = {
  apiVersion: API_VERSION,
  kind: 'Registry',
  metadata: { name: 'main', namespace },
  spec: { mysql: { host: 'db', database: 'rollcall', credentialsSecretRef: { name: 'login' } } },
};

const grpcService: Json = {
  apiVersion: API_VERSION,
  kind: 'GrpcService',
  metadata: { name: 'orders', namespace },
  spec: { port: 50_051 },
};

describe('the CRDs on a real API server', () => {
  let cluster: Cluster;
  const path = (plural: string, name = '') =>
    `/apis/${API_VERSION}/namespaces/${namespace}/${plural}${name && `/${name}`}`;

  before(async function () {
    this.timeout(60_000);
    cluster = await testbed.cluster();
    await cluster.kubectl(['apply', '--server-side', '--force-conflicts', '-f', `${checkout}/crds`]);
    await cluster.kubectl([
      'wait',
      '--for=condition=Established',
      'crd',
      '-l',
      'app.kubernetes.io/name=rollcall',
    ]);
    await cluster.createNamespace(namespace);
  });

  /** Asks whether an object would be stored. */
  const tryOut = async (plural: string, object: Json): Promise<Json> =>
    await cluster.request<Json>('POST', `${path(plural)}?dryRun=All&fieldValidation=Strict`, object);

  /** The message with which an object is refused. */
  const refusal = async (plural: string, object: Json): Promise<string> => {
    try {
      await tryOut(plural, object);
    } catch (error) {
      assert.ok(error instanceof KubeRequestFailed, String(error));
      assert.ok([400, 422].includes(error.status), error.message);
      return (JSON.parse(error.body) as { message: string }).message;
    }
    throw new assert.AssertionError({ message: `stored: ${JSON.stringify(object)}` });
  };

  it('are accepted whole: established, their names too, and without a structural fault', async () => {
    for (const plural of ['registries', 'grpcservices']) {
      const crd = await cluster.request<{
        status: { conditions: { type: string; status: string; message: string }[] };
      }>('GET', `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.rollcall.dev`);
      const conditions = new Map(crd.status.conditions.map(({ type, status }) => [type, status]));
      assert.equal(conditions.get('Established'), 'True');
      assert.equal(conditions.get('NamesAccepted'), 'True');
      assert.notEqual(conditions.get('NonStructuralSchema'), 'True');
    }
  });

  describe('defaults', () => {
    it('of a Registry that says only where its database is', async () => {
      const { spec } = await tryOut('registries', registry);
      assert.deepEqual(spec, {
        mysql: {
          host: 'db',
          port: 3306,
          database: 'rollcall',
          credentialsSecretRef: { name: 'login' },
          tls: { mode: 'Disabled' },
          maxReplicaLag: '10s',
        },
        schema: { type: 'Managed' },
        feed: { type: 'Poll', poll: { interval: '1s', auditInterval: '30s' } },
        resyncInterval: '5m',
        allowedNamespaces: { from: 'Same' },
        retention: '24h',
      });
    });

    it('of a GrpcService that says only its port', async () => {
      const { spec } = await tryOut('grpcservices', grpcService);
      assert.deepEqual(spec, {
        port: 50_051,
        protection: { mode: 'Hold', minAvailablePercent: 50, forgetAfter: '10m' },
        dns: { enabled: true, appProtocol: 'grpc', addressTypes: ['IPv4', 'IPv6'], adoption: 'Never' },
      });
    });

    it('fill in what is left out beside what is given', async () => {
      const { spec } = await tryOut(
        'grpcservices',
        merged(grpcService, { spec: { dns: { adoption: 'IfUnowned' }, protection: { mode: 'Off' } } }),
      );
      assert.deepEqual(spec, {
        port: 50_051,
        protection: { mode: 'Off', minAvailablePercent: 50, forgetAfter: '10m' },
        dns: { enabled: true, appProtocol: 'grpc', addressTypes: ['IPv4', 'IPv6'], adoption: 'IfUnowned' },
      });
    });

    it('of xDS, where it is asked for', async () => {
      const { spec } = await tryOut(
        'grpcservices',
        merged(grpcService, {
          spec: {
            xds: {
              loadBalancing: { policy: 'RingHash', ringHash: { header: 'user-id' } },
              locality: { mode: 'PreferSameZone' },
              outlierDetection: { successRate: {}, failurePercentage: {} },
              retry: { backoff: {} },
            },
          },
        }),
      );
      assert.deepEqual((spec as Json).xds, {
        loadBalancing: {
          policy: 'RingHash',
          ringHash: { header: 'user-id', minimumRingSize: 1024, maximumRingSize: 4096 },
        },
        locality: { mode: 'PreferSameZone', minReadyEndpoints: 1 },
        outlierDetection: {
          interval: '10s',
          baseEjectionTime: '30s',
          maxEjectionTime: '5m',
          maxEjectionPercent: 10,
          successRate: { stdevFactor: 1900, enforcementPercent: 100, minimumHosts: 5, requestVolume: 100 },
          failurePercentage: { threshold: 85, enforcementPercent: 100, minimumHosts: 5, requestVolume: 50 },
        },
        retry: { attempts: 2, codes: ['Unavailable'], backoff: { base: '25ms', max: '250ms' } },
      });
    });

    it('of the feeds', async () => {
      const feed = async (given: Json): Promise<Json> => {
        const { spec } = await tryOut('registries', merged(registry, { spec: { feed: given } }));
        return (spec as Json).feed as Json;
      };
      const poll = { interval: '1s', auditInterval: '30s' };
      assert.deepEqual(await feed({ type: 'Trigger', trigger: {} }), {
        ...{ type: 'Trigger', poll },
        trigger: { interval: '20ms', retention: '1h' },
      });
      assert.deepEqual(await feed({ type: 'Redis', redis: { addresses: ['[::1]:6379'] } }), {
        ...{ type: 'Redis', poll },
        redis: {
          ...{ topology: 'Standalone', addresses: ['[::1]:6379'], channel: 'rollcall' },
          ...{ tls: { mode: 'Disabled' }, pollInterval: '10s' },
        },
      });
      assert.deepEqual(await feed({ type: 'Binlog', binlog: {}, fallbackAfter: '10s' }), {
        ...{ type: 'Binlog', poll, fallbackAfter: '10s' },
        binlog: { heartbeatInterval: '1s' },
      });
      assert.deepEqual(await feed({ type: 'Canal', canal: { host: 'c', destination: 'd' } }), {
        ...{ type: 'Canal', poll },
        canal: { host: 'c', port: 11_111, destination: 'd', clientId: 1001 },
      });
    });

    it('of a Custom schema', async () => {
      const columns = { service: 's', instanceId: 'i', address: 'a', port: 'p' };
      const object = merged(registry, {
        spec: { schema: { type: 'Custom', custom: { table: 'servers', columns } } },
      });
      const { spec } = await tryOut('registries', object);
      assert.deepEqual((spec as Json).schema, {
        type: 'Custom',
        custom: { table: 'servers', columns, timeZone: '+00:00', timeUnit: 'Seconds' },
      });
    });
  });

  const kinds = [
    { plural: 'registries', base: registry, wrong: wrongRegistries },
    { plural: 'grpcservices', base: grpcService, wrong: wrongGrpcServices },
  ] as const;
  for (const { plural, base, wrong } of kinds) {
    describe(`wrong ${plural} are refused with a message that says what to write`, () => {
      for (const { name, change, says } of wrong) {
        it(name, async () => {
          const message = await refusal(plural, merged(base, change));
          assert.ok(message.includes(says), `expected "${says}" in:\n${message}`);
        });
      }

      it('every rule of the schema is shown above', () => {
        const shown = wrong.map(({ says }) => says);
        const rules = [...nodes(crdSchema(plural))].flatMap(
          ([, node]) => node['x-kubernetes-validations'] ?? [],
        );
        assert.ok(rules.length > 5);
        const missing = rules.filter(({ message = '' }) => !shown.some((says) => message.includes(says)));
        assert.deepEqual(
          missing.map(({ message }) => message),
          [],
        );
      });
    });
  }

  describe('right objects that look unusual are accepted', () => {
    const cases: readonly { readonly name: string; readonly plural: string; readonly object: Json }[] = [
      {
        name: 'a database at an IPv6 address',
        plural: 'registries',
        object: merged(registry, { spec: { mysql: { host: 'fd00::5' } } }),
      },
      {
        name: 'VerifyIdentity without a CA of its own: the public ones are trusted',
        plural: 'registries',
        object: merged(registry, { spec: { mysql: { tls: { mode: 'VerifyIdentity' } } } }),
      },
      {
        name: 'durations of several parts',
        plural: 'registries',
        object: merged(registry, { spec: { resyncInterval: '1h30m', feed: { poll: { interval: '1.5s' } } } }),
      },
      {
        name: 'an IPv6 network',
        plural: 'registries',
        object: merged(registry, { spec: { allowedCIDRs: ['fd00::/8', '10.1.2.3/32'] } }),
      },
      {
        name: 'a name that no Service can have, with spec.dns.serviceName',
        plural: 'grpcservices',
        object: merged(grpcService, {
          metadata: { name: '2.orders' },
          spec: { dns: { serviceName: 'orders-2' } },
        }),
      },
      {
        name: 'a name that no Service can have, without DNS',
        plural: 'grpcservices',
        object: merged(grpcService, { metadata: { name: '2.orders' }, spec: { dns: { enabled: false } } }),
      },
      {
        name: 'a service name of the registry with every kind of character',
        plural: 'grpcservices',
        object: merged(grpcService, { spec: { service: 'com.Example/Orders v2 ü' } }),
      },
    ];
    for (const { name, plural, object } of cases) {
      it(name, async () => {
        const stored = await tryOut(plural, object);
        assert.equal((stored.metadata as Json).name, (object.metadata as Json).name);
      });
    }
  });

  describe('status', () => {
    const now = '2026-01-31T12:00:00Z';
    const ready = {
      type: 'Ready',
      status: 'True',
      lastTransitionTime: now,
      reason: 'Published',
      message: 'all well',
    };
    before(async () => {
      await cluster.request('POST', path('registries'), registry);
      await cluster.request('POST', path('grpcservices'), grpcService);
    });
    after(async () => {
      await cluster.request('DELETE', path('registries', 'main'));
      await cluster.request('DELETE', path('grpcservices', 'orders'));
    });

    const mergeStatus = async (plural: string, name: string, status: Json) =>
      await cluster.request(
        'PATCH',
        `${path(plural, name)}/status`,
        { status },
        'application/merge-patch+json',
      );

    it('is a subresource: a write of the object does not touch it, and a write of it does not touch the spec', async () => {
      await mergeStatus('grpcservices', 'orders', { revision: 7 });
      await cluster.request(
        'PATCH',
        path('grpcservices', 'orders'),
        { spec: { paused: true }, status: { revision: 99 } },
        'application/merge-patch+json',
      );
      const stored = await cluster.request<Json>('GET', path('grpcservices', 'orders'));
      assert.deepEqual([(stored.spec as Json).paused, (stored.status as Json).revision], [true, 7]);
    });

    it('has conditions by type: two writers do not overwrite each other', async () => {
      const apply = async (manager: string, type: string) =>
        await cluster.request(
          'PATCH',
          `${path('grpcservices', 'orders')}/status?fieldManager=${manager}`,
          {
            apiVersion: API_VERSION,
            kind: 'GrpcService',
            metadata: { name: 'orders' },
            status: { conditions: [{ ...ready, type }] },
          },
          'application/apply-patch+yaml',
        );
      await apply('one', 'Ready');
      await apply('two', 'Protected');
      const stored = await cluster.request<{ status: { conditions: { type: string }[] } }>(
        'GET',
        path('grpcservices', 'orders'),
      );
      assert.deepEqual(stored.status.conditions.map(({ type }) => type).sort(), ['Protected', 'Ready']);
    });

    it('is shown by kubectl get: does it work, and what do clients dial', async () => {
      await mergeStatus('grpcservices', 'orders', {
        conditions: [ready],
        endpoints: { desired: 4, ready: 3, draining: 1, expired: 2, held: 1, rejected: 5 },
        slices: 1,
        targets: { dns: 'dns:///orders.crds-test.svc.cluster.local:50051' },
      });
      const [header = [], row = []] = await table('gsvc');
      assert.deepEqual(header, 'NAME READY REASON ENDPOINTS DRAINING HELD REJECTED TARGET AGE'.split(' '));
      assert.deepEqual(
        row.slice(0, -1),
        'orders True Published 3 1 1 5 dns:///orders.crds-test.svc.cluster.local:50051'.split(' '),
      );
    });

    it('of a Registry is shown by kubectl get, too', async () => {
      await mergeStatus('registries', 'main', {
        conditions: [{ ...ready, status: 'False', reason: 'AccessDenied' }],
        feed: { active: 'Poll', since: now, reason: 'Configured' },
        services: 12,
        instances: 340,
        lastSyncTime: new Date(Date.now() - 90_000).toISOString(),
      });
      const [header = [], row = []] = await table('reg');
      assert.deepEqual(header, 'NAME READY REASON HOST FEED SERVICES INSTANCES SYNCED AGE'.split(' '));
      assert.deepEqual(row.slice(0, -2), 'main False AccessDenied db Poll 12 340'.split(' '));
      assert.match(row.at(-2) ?? '', /^9\ds$/);
    });

    it('has a category that lists both kinds', async () => {
      const names = await cluster.kubectl(['get', 'rollcall', '-n', namespace, '-o', 'name']);
      assert.deepEqual(names.trim().split('\n').sort(), [
        'grpcservice.rollcall.dev/orders',
        'registry.rollcall.dev/main',
      ]);
    });

    const table = async (kind: string) => {
      const text = await cluster.kubectl(['get', kind, '-n', namespace]);
      return text
        .trim()
        .split('\n')
        .map((line) => line.trim().split(/\s+/));
    };
  });
});
