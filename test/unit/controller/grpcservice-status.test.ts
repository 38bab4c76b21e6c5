import assert from 'node:assert/strict';
import { decide } from '../../../src/controller/publish-decision.ts';
import { grpcServiceStatus, statusDelayMs } from '../../../src/controller/grpcservice-status.ts';
import { publishedCounts } from '../../../src/controller/published-counts.ts';
import type { StatusFacts } from '../../../src/controller/grpcservice-status-facts.ts';
import type { GrpcService } from '../../../src/model/grpcservice.ts';
import type { Condition } from '../../../src/model/kube-objects.ts';
import type { Instance } from '../../../src/model/instance.ts';
import { aForeignService } from '../../support/kube-services.ts';
import { aSlice, endpoints } from '../../support/slices.ts';
import { aGrpcService, anXdsRefusal, anXdsReplica } from '../../support/grpc-services.ts';
import { anInstance, aSnapshot } from '../../support/instances.ts';
import { anObservation } from '../../support/observations.ts';

const WALL = Date.parse('2026-05-05T05:05:05Z');

function statusOf(
  fields: Parameters<typeof anObservation>[0],
  grpcService: GrpcService = aGrpcService(),
  change: Partial<StatusFacts> = {},
) {
  const observation = anObservation(fields, grpcService);
  const decision = decide(observation, false);
  const { lookup } = observation;
  return grpcServiceStatus(
    grpcService,
    {
      publish: observation.publish,
      registryFault: lookup.ok ? null : lookup,
      registryHealth: observation.health,
      registryKey: observation.lookup.key,
      snapshot: observation.snapshot,
      desired: decision.desired,
      dns: decision.dns,
      published: publishedCounts(observation, decision, false),
      customTable: null,
      outcome: decision.held === null ? { kind: 'Published' } : { kind: 'Held', ...decision.held },
      clusterDomain: 'cluster.local',
      servesXds: false,
      xdsReplicas: [],
      ...change,
    },
    WALL,
  );
}

const condition = (
  status: { readonly conditions?: readonly Condition[] },
  type: string,
): Condition | undefined => status.conditions?.find((each) => each.type === type);

const cases: readonly {
  readonly name: string;
  readonly fields: Parameters<typeof anObservation>[0];
  readonly spec?: Parameters<typeof aGrpcService>[0];
  readonly type: string;
  readonly is: string;
  readonly says?: RegExp;
}[] = [
  { name: 'published', fields: {}, type: 'Ready', is: 'True Published', says: /1 of 1/ },
  {
    name: 'a service with no rows',
    fields: { snapshot: aSnapshot([]) },
    type: 'Ready',
    is: 'False NoInstances',
    says: /register one, or correct spec\.service/,
  },
  {
    name: 'all rows DOWN',
    fields: { snapshot: aSnapshot([anInstance({ status: 'DOWN' })]) },
    type: 'Ready',
    is: 'False NoReadyInstances',
    says: /1 row: 1 DOWN\./,
  },
  {
    name: 'the only row expired',
    fields: { snapshot: aSnapshot([anInstance({ expiredAtUs: 5 })]) },
    type: 'Ready',
    is: 'False NoReadyInstances',
    says: /1 row: 1 with a lease that ended\./,
  },
  {
    name: 'all rows on another port',
    fields: { snapshot: aSnapshot([anInstance({ port: 7 })]) },
    type: 'Ready',
    is: 'False NoReadyInstances',
    says: /1 row: 1 on another port than spec\.port \(50051\)\./,
  },
  {
    name: 'mixed ports',
    fields: {
      snapshot: aSnapshot([anInstance(), anInstance({ instanceId: 'z', address: '10.0.0.9', port: 7 })]),
    },
    type: 'PortsUniform',
    is: 'False MixedPorts',
    says: /left out: 1 on port 7/,
  },
  { name: 'uniform ports', fields: {}, type: 'PortsUniform', is: 'True Uniform' },
  {
    name: 'a registry that fails after it was read',
    fields: { health: { available: false, reason: 'Unreachable', message: 'no route', needsHelp: false } },
    type: 'RegistryAvailable',
    is: 'False Unreachable',
    says: /no route/,
  },
  {
    name: 'the same, for clients',
    fields: { health: { available: false, reason: 'Unreachable', message: 'no route', needsHelp: false } },
    type: 'Ready',
    is: 'True Published',
  },
  {
    name: 'a registry not read yet',
    fields: {
      snapshot: undefined,
      health: { available: false, reason: 'NeverRead', message: 'opening', needsHelp: false },
    },
    type: 'Ready',
    is: 'Unknown NeverRead',
  },
  {
    name: 'no registry',
    fields: { lookup: { ok: false, key: null, reason: 'NoRegistry', message: 'set it' } },
    type: 'RegistryAvailable',
    is: 'False NoRegistry',
    says: /set it/,
  },
  { name: 'paused', fields: {}, spec: { paused: true }, type: 'Ready', is: 'Unknown Paused' },
  { name: 'nothing held', fields: {}, type: 'Protected', is: 'False NothingHeld' },
  {
    name: 'held by protection',
    fields: {
      snapshot: aSnapshot([
        anInstance({ expiredAtUs: 999_999_000 }),
        anInstance({ instanceId: 'b', address: '10.0.0.2', expiredAtUs: 999_998_000 }),
      ]),
    },
    type: 'Protected',
    is: 'True HoldingExpired',
    says: /release-held/,
  },
  {
    name: 'DNS switched off',
    fields: {},
    spec: { dns: { enabled: false } },
    type: 'Ready',
    is: 'True DNSDisabled',
  },
];

describe('grpcServiceStatus', () => {
  for (const { name, fields, spec, type, is, says } of cases) {
    it(`${type} is ${is} for ${name}`, () => {
      const found = condition(statusOf(fields, aGrpcService(spec)), type);
      assert.equal(`${found?.status ?? ''} ${found?.reason ?? ''}`, is);
      if (says !== undefined) assert.match(found?.message ?? '', says);
    });
  }

  it('counts what is published, not what the registry asks for, where nothing may be written', () => {
    const kubeService = aForeignService({ clusterIP: '10.96.0.7' });
    assert.deepEqual(statusOf({ kubeService }).endpoints, {
      ...{ desired: 0, ready: 0, draining: 0, expired: 0, held: 0, rejected: 0 },
    });
    const slices = [aSlice('orders-4-abcde-1', endpoints(3))];
    const paused = statusOf({ slices }, aGrpcService({ paused: true }));
    assert.deepEqual([paused.endpoints?.ready, paused.slices], [3, 1]);
  });

  it('counts why no row can take calls, each cause by itself, and shows how to see them', () => {
    const row = (n: number, fields: Partial<Instance>): Instance =>
      anInstance({ instanceId: `i${n}`, address: `10.0.0.${n}`, metadata: { tier: 'a' }, ...fields });
    const instances = [
      row(1, { status: 'DOWN' }),
      row(2, { status: 'DOWN' }),
      row(3, { weight: 0 }),
      row(4, { metadata: {} }),
      row(5, { status: 'DRAINING' }),
      row(6, { expiredAtUs: 5 }),
      row(7, { port: 7 }),
      row(8, { address: '2001:db8::8', addressType: 'IPv6' }),
    ];
    const rejected = [{ instanceId: 'x', reason: 'InvalidPort' as const, message: 'port 0' }];
    const status = statusOf(
      { snapshot: aSnapshot(instances, { rejected }) },
      aGrpcService({
        service: "it's",
        selector: { matchLabels: { tier: 'a' } },
        dns: { addressTypes: ['IPv4'] },
      }),
    );
    assert.equal(
      condition(status, 'Ready')?.message,
      "No instance of service it's can take calls. 9 rows: 2 DOWN, 1 of weight 0, 1 not matched by spec.selector, 1 draining, 1 with a lease that ended, 1 rejected (see status.rejected), 1 on another port than spec.port (50051), 1 of a family that spec.dns.addressTypes leaves out. In the registry's database: SELECT instance_id, address, port, status, weight, metadata, ttl_ms, expires_at, NOW(6) FROM instances LEFT JOIN heartbeats ON instance = id WHERE service = 'it''s'",
    );
  });

  it('names the table of the user where the schema is Custom', () => {
    const fields = { snapshot: aSnapshot([anInstance({ status: 'DOWN' })]) };
    const status = statusOf(fields, aGrpcService(), { customTable: 'servers' });
    assert.match(condition(status, 'Ready')?.message ?? '', /look into servers$/);
  });

  it('is True XdsAccepted while no client refuses anything', () => {
    const accepted = condition(statusOf({}), 'XdsAccepted');
    assert.deepEqual([accepted?.status, accepted?.reason], ['True', 'Accepted']);
  });

  it('is False XdsAccepted as soon as a client of any replica refuses something, and says who, what and why', () => {
    const xdsReplicas = [
      anXdsReplica(),
      anXdsReplica({
        replica: 'rollcall-2',
        clients: 7,
        refusals: [
          anXdsRefusal({ clients: 5, node: 'api-1.shop' }),
          anXdsRefusal({ clients: 2, reason: 'no such thing' }),
          anXdsRefusal({ resource: 'users.shop' }),
        ],
      }),
    ];
    const status = statusOf({}, aGrpcService(), { xdsReplicas });
    const accepted = condition(status, 'XdsAccepted');
    assert.deepEqual([accepted?.status, accepted?.reason], ['False', 'RefusedByClients']);
    assert.match(
      accepted?.message ?? '',
      /^8 xDS clients refuse what is sent: api-1\.shop and 4 more \(Cluster orders\.shop, version 0123456789abcdef, on replica rollcall-2\): lb_policy is not supported; /,
    );
    assert.match(
      accepted?.message ?? '',
      /; and 1 more in status\.xds\. They go on with what they accepted last\./,
    );
    assert.equal(condition(status, 'Ready')?.status, 'True', 'the others find the service');
  });

  it('carries the entries of replicas as they are, and leaves out those that count no more', () => {
    const before = { xds: { replicas: [anXdsReplica(), anXdsReplica({ replica: 'rollcall-2' })] } };
    const grpcService = { ...aGrpcService(), status: before };
    const kept = statusOf({}, grpcService, { xdsReplicas: before.xds.replicas });
    assert.deepEqual(kept.xds, before.xds);
    const one = statusOf({}, grpcService, { xdsReplicas: before.xds.replicas.slice(1) });
    assert.deepEqual(one.xds, { replicas: before.xds.replicas.slice(1) });
    assert.equal('xds' in statusOf({}, grpcService), false);
  });

  it('is False DNSFits above 4,000 A records', () => {
    const many = Array.from({ length: 4001 }, (_, n) =>
      anInstance({ instanceId: `i${n}`, address: `10.1.${n >> 8}.${n & 255}` }),
    );
    assert.equal(condition(statusOf({ snapshot: aSnapshot(many) }), 'DNSFits')?.reason, 'TooManyAddresses');
  });

  it('tells what to dial, and takes it back when DNS is switched off', () => {
    assert.equal(statusOf({}).targets?.dns, 'dns:///orders.shop.svc.cluster.local:50051');
    assert.deepEqual(statusOf({}, aGrpcService({ dns: { enabled: false } })).targets, {});
    const renamed = aGrpcService({ dns: { serviceName: 'other' } });
    assert.equal(statusOf({}, renamed, { servesXds: true }).targets?.xds, 'xds:///orders.shop');
  });

  it('tells a write that the API server refused', () => {
    const status = statusOf({}, aGrpcService(), {
      outcome: { kind: 'Failed', reason: 'WriteRefused', message: 'quota exceeded' },
    });
    assert.equal(condition(status, 'Ready')?.reason, 'WriteRefused');
  });

  it('shows at most ten rejected rows and counts all', () => {
    const rejected = Array.from({ length: 12 }, (_, n) => ({
      instanceId: `i${String(n).padStart(2, '0')}`,
      reason: 'InvalidPort' as const,
      message: 'port 0',
    }));
    const status = statusOf({ snapshot: aSnapshot([anInstance()], { rejected }) });
    assert.equal(status.rejected?.length, 10);
    assert.equal(status.endpoints?.rejected, 12);
  });

  it('never lets the revision go back', () => {
    const before = { ...aGrpcService(), status: { revision: 99 } };
    assert.equal(statusOf({ snapshot: aSnapshot([anInstance()], { revision: 5 }) }, before).revision, 99);
  });

  it('keeps the counts of the last read while nothing was read', () => {
    const before = { ...aGrpcService(), status: statusOf({}) };
    const status = statusOf({ snapshot: undefined }, before);
    assert.deepEqual(status.endpoints, before.status.endpoints);
  });
});

describe('statusDelayMs', () => {
  const status = statusOf({});
  it('writes nothing where nothing differs', () =>
    assert.equal(statusDelayMs(status, structuredClone(status), 0), null));
  it('writes a transition at once', () => {
    const down = statusOf({
      health: { available: false, reason: 'Unreachable', message: '', needsHelp: false },
    });
    assert.equal(statusDelayMs(status, down, 0), 0);
  });
  it('writes counts at most once a second', () => {
    const other = { ...status, slices: 7 };
    assert.equal(statusDelayMs(status, other, 300), 700);
    assert.equal(statusDelayMs(status, other, 1500), 0);
  });
});
