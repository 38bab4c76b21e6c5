import assert from 'node:assert/strict';
import { type DesiredEndpoints, desiredEndpoints } from '../../../src/desired/desired-endpoints.ts';
import type { PublishSpec } from '../../../src/desired/publish-spec.ts';
import type { ProtectedBy, ProtectedShare } from '../../../src/desired/protection.ts';
import type { GrpcServiceSpec } from '../../../src/model/grpcservice.ts';
import type { Instance } from '../../../src/model/instance.ts';
import type { Snapshot } from '../../../src/registry/snapshot.ts';
import { type Cidr, parseCidr } from '../../../src/registry/cidr.ts';
import { anInstance, aSnapshot } from '../../support/instances.ts';
import { aPublishSpec } from '../../support/grpc-services.ts';

const SECOND = 1_000_000;
const NOW = 10_000 * SECOND;
const MINUTE = 60 * SECOND;

interface Case {
  readonly publish?: PublishSpec;
  readonly cidrs?: readonly string[];
  readonly snapshot?: Partial<Snapshot>;
  readonly nowUs?: number;
}

function desire(
  instances: readonly Instance[],
  { publish = aPublishSpec(), cidrs = [], snapshot = {}, nowUs = NOW }: Case = {},
): DesiredEndpoints {
  return desiredEndpoints({
    publish,
    allowedCIDRs: cidrs.map(cidr),
    snapshot: aSnapshot(instances, snapshot),
    nowUs,
  });
}

function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  assert.ok(parsed.ok);
  return parsed.cidr;
}

/** `count` instances with addresses 10.0.0.1 and on. */
function instances(count: number, fields: (n: number) => Partial<Instance> = () => ({})): Instance[] {
  return Array.from({ length: count }, (_, i) =>
    anInstance({ instanceId: `i-${i + 1}`, address: `10.0.0.${i + 1}`, ...fields(i + 1) }),
  );
}

const ids = (desired: DesiredEndpoints): string[] => desired.endpoints.map(({ instanceId }) => instanceId);
const heldIds = (desired: DesiredEndpoints): string[] =>
  desired.endpoints.filter(({ held }) => held).map(({ instanceId }) => instanceId);

const ipv6 = (n: number): Partial<Instance> => ({ address: `2001:db8::${n}`, addressType: 'IPv6' });
const heldOfAll = (held: number, share: Omit<ProtectedShare, 'of'>): ProtectedBy => ({
  held,
  shares: [{ of: 'All', ...share }],
});

describe('what is published for a row', () => {
  it('UP and alive: ready, with all that xDS needs', () => {
    const row = anInstance({ weight: 7, region: 'eu', zone: 'eu-1', metadata: { version: '2' } });
    assert.deepEqual(desire([row]).endpoints, [
      {
        address: '10.0.0.1',
        addressType: 'IPv4',
        port: 50051,
        weight: 7,
        region: 'eu',
        zone: 'eu-1',
        state: 'Ready',
        held: false,
        instanceId: 'orders-1',
      },
    ]);
  });

  it('DRAINING and alive: draining, for as long as the row says so', () => {
    const desired = desire([anInstance({ status: 'DRAINING' })], { nowUs: NOW + 365 * 24 * 60 * MINUTE });
    assert.equal(desired.endpoints[0]?.state, 'Draining');
    assert.deepEqual([desired.counts.ready, desired.counts.draining], [0, 1]);
  });

  it('a static row never expires', () => {
    assert.equal(desire([anInstance({ ttlMs: null })], { nowUs: Number.MAX_SAFE_INTEGER }).counts.ready, 1);
  });

  for (const [name, fields] of [
    ['DOWN', { status: 'DOWN' }],
    ['of weight 0', { weight: 0 }],
    ['DRAINING and of weight 0', { status: 'DRAINING', weight: 0 }],
  ] as const) {
    it(`${name}: nothing, and it is counted nowhere`, () => {
      const desired = desire([anInstance(fields)]);
      assert.deepEqual(desired.endpoints, []);
      assert.deepEqual(Object.values(desired.counts), [0, 0, 0, 0, 0, 0, 0]);
      assert.deepEqual(desired.base, []);
    });
  }

  it('expired among alive ones: nothing', () => {
    const desired = desire(instances(3, (n) => (n === 2 ? { expiredAtUs: NOW - SECOND } : {})));
    assert.deepEqual(ids(desired), ['i-1', 'i-3']);
    assert.deepEqual([desired.counts.ready, desired.counts.expired, desired.counts.held], [2, 1, 0]);
    assert.equal(desired.base.length, 3, 'the registry still asks for it');
  });

  it('nothing at all for a service without rows', () => {
    const desired = desire([]);
    assert.deepEqual([desired.endpoints, desired.base, desired.protectedBy], [[], [], null]);
  });
});

describe('the order of endpoints', () => {
  it('is address type, address as a number, port', () => {
    const rows = [
      anInstance({ instanceId: 'a', address: '2001:db8::10', addressType: 'IPv6' }),
      anInstance({ instanceId: 'b', address: '2001:db8::9', addressType: 'IPv6' }),
      anInstance({ instanceId: 'c', address: '10.0.0.10' }),
      anInstance({ instanceId: 'd', address: '10.0.0.9', port: 50051 }),
      anInstance({ instanceId: 'e', address: '10.0.0.9', port: 443 }),
      anInstance({ instanceId: 'f', address: '9.255.255.255' }),
    ];
    assert.deepEqual(ids(desire(rows)), ['f', 'e', 'd', 'c', 'b', 'a']);
  });
});

describe('the selector', () => {
  const rows = [
    anInstance({ instanceId: 'a', address: '10.0.0.1', metadata: { version: '1' } }),
    anInstance({
      instanceId: 'b',
      address: '10.0.0.2',
      metadata: { version: '2', zone: 'said' },
      zone: 'eu-1',
    }),
    anInstance({ instanceId: 'c', address: '10.0.0.3', metadata: { zone: 'eu-1' }, region: 'eu' }),
  ];
  const selected = (selector: PublishSpec['selector']): string[] =>
    ids(desire(rows, { publish: { ...aPublishSpec(), selector } }));

  it('picks by metadata', () => assert.deepEqual(selected({ matchLabels: { version: '2' } }), ['b']));
  it('sees zone and region; the columns win over metadata of the same name', () => {
    assert.deepEqual(selected({ matchLabels: { zone: 'said' } }), []);
    assert.deepEqual(selected({ matchLabels: { zone: 'eu-1' } }), ['b', 'c']);
    assert.deepEqual(selected({ matchLabels: { region: 'eu' } }), ['c']);
  });
  it('takes matchExpressions too', () => {
    assert.deepEqual(selected({ matchExpressions: [{ key: 'version', operator: 'Exists' }] }), ['a', 'b']);
    assert.deepEqual(selected({ matchExpressions: [{ key: 'version', operator: 'NotIn', values: ['1'] }] }), [
      'b',
      'c',
    ]);
  });
  it('does not find what every JavaScript object has', () => {
    assert.deepEqual(selected({ matchExpressions: [{ key: 'constructor', operator: 'Exists' }] }), []);
  });
  it('leaves rows that do not match out of every count', () => {
    const publish = { ...aPublishSpec(), selector: { matchLabels: { version: '1' } } };
    const dead = anInstance({ instanceId: 'd', address: '10.0.0.4', expiredAtUs: 1 });
    const desired = desire([...rows, dead], { publish, cidrs: ['10.0.0.1/32'] });
    assert.deepEqual([desired.counts.ready, desired.counts.expired, desired.counts.rejected], [1, 0, 0]);
  });
});

describe('rows that are wrong', () => {
  it('outside allowedCIDRs: rejected, named, and without harm to their neighbours', () => {
    const rows = [
      anInstance({ instanceId: 'b', address: '192.0.2.1' }),
      anInstance({ instanceId: 'a', address: '10.0.0.1' }),
      anInstance({ instanceId: 'c', address: '2001:db8::1', addressType: 'IPv6' }),
    ];
    const desired = desire(rows, { cidrs: ['10.0.0.0/8', '2001:db8::/32'] });
    assert.deepEqual(ids(desired), ['a', 'c']);
    assert.equal(desired.counts.rejected, 1);
    assert.equal(desired.rejected[0]?.instanceId, 'b');
    assert.equal(desired.rejected[0].reason, 'AddressNotAllowed');
    assert.match(
      desired.rejected[0].message,
      /192\.0\.2\.1 lies outside .* \(10\.0\.0\.0\/8, 2001:db8::\/32\)/,
    );
  });

  it('are listed with those that could not be parsed, by instance id', () => {
    const unparsed = [
      { instanceId: 'a', reason: 'InvalidPort', message: 'x' },
      { instanceId: 'c', reason: 'InvalidAddress', message: 'x' },
    ] as const;
    const desired = desire([anInstance({ instanceId: 'b', address: '192.0.2.1' })], {
      cidrs: ['10.0.0.0/8'],
      snapshot: { rejected: unparsed },
    });
    assert.deepEqual(
      desired.rejected.map(({ instanceId, reason }) => `${instanceId} ${reason}`),
      ['a InvalidPort', 'b AddressNotAllowed', 'c InvalidAddress'],
    );
    assert.equal(desired.counts.rejected, 3);
  });

  it('take no part in protection, and are not rejected while they ask for nothing', () => {
    const rows = [
      anInstance({ instanceId: 'a', address: '192.0.2.1', expiredAtUs: NOW - SECOND }),
      anInstance({ instanceId: 'b', address: '192.0.2.2', status: 'DOWN' }),
    ];
    const desired = desire(rows, { cidrs: ['10.0.0.0/8'] });
    assert.deepEqual([desired.counts.rejected, desired.counts.expired, desired.protectedBy], [1, 0, null]);
  });

  it('name a few of many blocks', () => {
    const cidrs = Array.from({ length: 7 }, (_, i) => `10.${i}.0.0/16`);
    const desired = desire([anInstance({ address: '192.0.2.1' })], { cidrs });
    assert.match(desired.rejected[0]?.message ?? '', /10\.4\.0\.0\/16, and 2 more\)/);
  });
});

describe('several rows with one address and port', () => {
  const twins = (a: Partial<Instance>, b: Partial<Instance>): DesiredEndpoints =>
    desire([anInstance({ instanceId: 'a', ...a }), anInstance({ instanceId: 'b', ...b })]);

  it('an alive one wins over an expired, whichever is newer', () => {
    const desired = twins({ updatedAtUs: 1 }, { updatedAtUs: 9, expiredAtUs: NOW - SECOND });
    assert.deepEqual(ids(desired), ['a']);
    assert.deepEqual([desired.counts.duplicates, desired.counts.expired], [1, 0]);
  });

  it('of two alive ones the newest wins, then the smaller instance id', () => {
    assert.deepEqual(ids(twins({ updatedAtUs: 1 }, { updatedAtUs: 2 })), ['b']);
    assert.deepEqual(ids(twins({ updatedAtUs: 2 }, { updatedAtUs: 2 })), ['a']);
  });

  it('of two expired ones the one that was alive last wins: it is the one that may be held', () => {
    const desired = twins(
      { updatedAtUs: 9, expiredAtUs: NOW - 30 * MINUTE },
      { updatedAtUs: 1, expiredAtUs: NOW - SECOND },
    );
    assert.deepEqual([desired.base.map(({ instanceId }) => instanceId), desired.base.length], [['b'], 1]);
  });

  it('a DRAINING row that is newer takes the address from an UP one', () => {
    const desired = twins({ updatedAtUs: 1 }, { updatedAtUs: 2, status: 'DRAINING' });
    assert.deepEqual([ids(desired), desired.endpoints[0]?.state], [['b'], 'Draining']);
  });

  it('another port is another endpoint', () => {
    const desired = twins({ port: 50051 }, { port: 50052 });
    assert.deepEqual([ids(desired), desired.counts.duplicates], [['a', 'b'], 0]);
  });

  it('a held address never stands beside an alive one, and restarts do not swell the base', () => {
    // Each of two servers came back twice under a new id; then one died.
    const rows = instances(2).flatMap((row) => [
      { ...row, instanceId: `${row.instanceId}-first`, expiredAtUs: NOW - 2 * MINUTE },
      { ...row, instanceId: `${row.instanceId}-second`, expiredAtUs: NOW - MINUTE },
      {
        ...row,
        instanceId: `${row.instanceId}-third`,
        expiredAtUs: row.instanceId === 'i-1' ? null : NOW - SECOND,
      },
    ]);
    const desired = desire(rows);
    assert.deepEqual(ids(desired), ['i-1-third']);
    assert.deepEqual([desired.counts.duplicates, desired.counts.expired, desired.protectedBy], [4, 1, null]);
  });
});

describe('ports', () => {
  it('others than spec.port are counted and named', () => {
    const ports = [50051, 9090, 8080, 9090, 50051, 443];
    const desired = desire(
      instances(6, (n) => ({ port: ports[n - 1] ?? 0, ...(n === 6 ? { status: 'DOWN' } : {}) })),
    );
    assert.equal(desired.counts.otherPort, 3);
    assert.deepEqual(desired.otherPorts, [
      { port: 8080, count: 1 },
      { port: 9090, count: 2 },
    ]);
    assert.equal(desired.endpoints.length, 5, 'xDS can carry them');
  });
});

describe('protection', () => {
  const expired = (n: number): Partial<Instance> => ({ expiredAtUs: NOW - n * SECOND });

  it('holds the most recently alive up to the floor, rounded down', () => {
    const desired = desire(instances(7, expired));
    assert.deepEqual(heldIds(desired), ['i-1', 'i-2', 'i-3']);
    assert.deepEqual(desired.protectedBy, heldOfAll(3, { floor: 3, base: 7, alive: 0 }));
    assert.deepEqual([desired.counts.ready, desired.counts.expired, desired.counts.held], [3, 7, 3]);
  });

  it('publishes held ones as ready', () => {
    assert.deepEqual(
      desire(instances(2, expired)).endpoints.map(({ state, held }) => [state, held]),
      [['Ready', true]],
    );
  });

  it('holds only what is missing to the floor', () => {
    const desired = desire(instances(10, (n) => (n <= 3 ? {} : expired(n))));
    assert.deepEqual(heldIds(desired), ['i-4', 'i-5']);
    assert.deepEqual(desired.protectedBy, heldOfAll(2, { floor: 5, base: 10, alive: 3 }));
  });

  it('holds nothing when the alive ones reach the floor', () => {
    const desired = desire(instances(10, (n) => (n <= 5 ? {} : expired(n))));
    assert.deepEqual([desired.counts.held, desired.protectedBy], [0, null]);
  });

  it('breaks ties by instance id', () => {
    assert.deepEqual(heldIds(desire(instances(4, () => ({ expiredAtUs: NOW - SECOND })))), ['i-1', 'i-2']);
  });

  it('lets the only instance of a service go: half of one, rounded down, is none', () => {
    assert.deepEqual(desire(instances(1, expired)).endpoints, []);
  });

  it('holds all at 100 percent and none at 0', () => {
    const at = (minAvailablePercent: number): number =>
      desire(instances(3, expired), { publish: aPublishSpec({}, { minAvailablePercent }) }).counts.held;
    assert.deepEqual([at(100), at(0)], [3, 0]);
  });

  it('rounds exact shares exactly', () => {
    const publish = aPublishSpec({}, { minAvailablePercent: 29 });
    assert.equal(desire(instances(100, expired), { publish }).counts.held, 29);
  });

  it('mode Off holds none', () => {
    const publish = aPublishSpec({}, { mode: 'Off' });
    const desired = desire(instances(4, expired), { publish });
    assert.deepEqual([desired.endpoints, desired.protectedBy, desired.counts.expired], [[], null, 4]);
  });

  it('counts neither DOWN rows nor rows of weight 0 to the base: they were taken out on purpose', () => {
    const desired = desire(
      instances(10, (n) => (n <= 4 ? { status: 'DOWN' } : n <= 8 ? { weight: 0 } : expired(n))),
    );
    assert.deepEqual(desired.protectedBy, heldOfAll(1, { floor: 1, base: 2, alive: 0 }));
  });

  it('neither counts DRAINING rows to the base nor holds them', () => {
    const desired = desire(
      instances(4, (n) => (n <= 2 ? { status: 'DRAINING', ...expired(n) } : expired(n))),
    );
    assert.deepEqual(heldIds(desired), ['i-3']);
    assert.deepEqual(desired.protectedBy, heldOfAll(1, { floor: 1, base: 2, alive: 0 }));
  });

  it('forgets after forgetAfter: the forgotten leave the base, too', () => {
    const publish = aPublishSpec({}, { forgetAfterMs: 60_000 });
    const rows = instances(4, (n) => ({ expiredAtUs: NOW - (n <= 2 ? 59 : 60) * SECOND }));
    assert.deepEqual(desire(rows, { publish }).protectedBy, heldOfAll(1, { floor: 1, base: 2, alive: 0 }));
    const later = desire(rows, { publish, nowUs: NOW + SECOND });
    assert.deepEqual([later.endpoints, later.protectedBy, later.base.length], [[], null, 4]);
  });

  it('lets those go that expired before the release, and nobody is held in their place', () => {
    const publish = aPublishSpec({}, { releaseHeldUs: NOW - 2 * SECOND });
    const desired = desire(instances(8, expired), { publish });
    assert.deepEqual(heldIds(desired), ['i-1']);
    assert.deepEqual(desired.protectedBy, heldOfAll(1, { floor: 1, base: 2, alive: 0 }));
  });

  it('keeps the share of what DNS carries, however many live on other ports', () => {
    const rows = instances(10, (n) => (n <= 6 ? { port: 9090 } : expired(n)));
    const desired = desire(rows);
    assert.deepEqual(heldIds(desired), ['i-7', 'i-8']);
    assert.deepEqual(desired.protectedBy, { held: 2, shares: [{ of: 'DNS', floor: 2, base: 4, alive: 0 }] });
  });

  it('keeps the share of each address family: a host may have only the one', () => {
    const rows = instances(8, (n) => (n <= 4 ? { ...ipv6(n) } : expired(n)));
    const desired = desire(rows);
    assert.deepEqual(heldIds(desired), ['i-5', 'i-6']);
    assert.deepEqual(desired.protectedBy, { held: 2, shares: [{ of: 'IPv4', floor: 2, base: 4, alive: 0 }] });
  });

  it('keeps the share of the whole where each part by itself would round down to none', () => {
    const rows = instances(2, (n) => (n === 1 ? { ...ipv6(n), ...expired(2) } : expired(1)));
    const desired = desire(rows);
    assert.deepEqual(heldIds(desired), ['i-2']);
    assert.deepEqual(desired.protectedBy, heldOfAll(1, { floor: 1, base: 2, alive: 0 }));
  });

  it('asks nothing for families that DNS is not to carry, nor for DNS where spec.dns is off', () => {
    const rows = instances(8, (n) => (n <= 4 ? expired(n) : { ...ipv6(n) }));
    const held = (dns: GrpcServiceSpec['dns']): number =>
      desire(rows, { publish: aPublishSpec({ dns: dns ?? {} }) }).counts.held;
    assert.deepEqual([held({ addressTypes: ['IPv6'] }), held({ enabled: false }), held({})], [0, 0, 2]);
  });

  it('lets all go when all expired before the release', () => {
    const publish = aPublishSpec({}, { releaseHeldUs: NOW });
    assert.deepEqual(desire(instances(8, expired), { publish }).endpoints, []);
  });
});

describe('a time in which beats could not be stored', () => {
  const grace = { sinceUs: NOW - MINUTE, fromUs: NOW };
  const rows = instances(4, () => ({ expiredAtUs: NOW - 30 * SECOND, ttlMs: 10_000 }));

  it('costs nobody the address until one TTL after it', () => {
    const desired = desire(rows, { snapshot: { grace } });
    assert.deepEqual([desired.counts.ready, desired.counts.held, desired.counts.expired], [4, 0, 0]);
    assert.equal(desired.nextChangeUs, NOW + 10 * SECOND);
  });

  it('is followed by expiry and protection as usual', () => {
    const desired = desire(rows, { snapshot: { grace }, nowUs: NOW + 10 * SECOND });
    assert.deepEqual(desired.protectedBy, heldOfAll(2, { floor: 2, base: 4, alive: 0 }));
    assert.equal(desired.nextChangeUs, NOW + 10 * SECOND + 10 * MINUTE, 'forgetAfter counts from there');
  });

  it('does not bring back what had expired before', () => {
    const long = instances(4, () => ({ expiredAtUs: NOW - 2 * MINUTE }));
    assert.equal(desire(long, { snapshot: { grace } }).counts.expired, 4);
  });
});

describe('when time alone changes the result', () => {
  it('never, while nothing is held and no grace runs', () => {
    assert.equal(
      desire(instances(4, (n) => (n === 4 ? { expiredAtUs: NOW - SECOND } : {}))).nextChangeUs,
      null,
    );
  });

  it('when the first of the base is forgotten, while something is held', () => {
    const desired = desire(instances(4, (n) => ({ expiredAtUs: NOW - n * SECOND })));
    assert.equal(desired.nextChangeUs, NOW - 4 * SECOND + 10 * MINUTE);
  });

  it('when the first grace ends', () => {
    const rows = instances(3, (n) => ({ expiredAtUs: NOW - SECOND, ttlMs: n * 1000 }));
    const grace = { sinceUs: NOW - MINUTE, fromUs: NOW };
    assert.equal(desire(rows, { snapshot: { grace } }).nextChangeUs, NOW + SECOND);
  });
});
