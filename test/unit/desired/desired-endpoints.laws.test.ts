import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  type DesiredEndpoints,
  type DesiredInput,
  desiredEndpoints,
} from '../../../src/desired/desired-endpoints.ts';
import type { ProtectedShare } from '../../../src/desired/protection.ts';
import type { Instance } from '../../../src/model/instance.ts';
import { deepFreeze } from '../../support/deep-freeze.ts';
import { anInstance, aSnapshot } from '../../support/instances.ts';
import { aPublishSpec } from '../../support/grpc-services.ts';

const NOW = 1_000_000;
const FORGET_MS = 100;

/** Few addresses and few times, so that duplicates, ties and boundaries are common. */
const instance: fc.Arbitrary<Omit<Instance, 'instanceId'>> = fc
  .record({
    host: fc.integer({ min: 1, max: 12 }),
    port: fc.constantFrom(50051, 50051, 50051, 50052),
    weight: fc.constantFrom(100, 100, 1, 0),
    status: fc.constantFrom('UP', 'UP', 'UP', 'DRAINING', 'DOWN'),
    ttlMs: fc.constantFrom(null, 10, 50),
    expiredAgoUs: fc.option(fc.integer({ min: 0, max: 2 * FORGET_MS * 1000 })),
    updatedAtUs: fc.integer({ min: 1, max: 3 }),
  } as const)
  .map(({ host, expiredAgoUs, ...rest }) =>
    anInstance({
      ...rest,
      ...(host % 3 === 0
        ? { address: `2001:db8::${host}`, addressType: 'IPv6' }
        : { address: `10.0.0.${host}` }),
      expiredAtUs: expiredAgoUs === null ? null : NOW - expiredAgoUs,
    }),
  );

const input: fc.Arbitrary<DesiredInput> = fc
  .record({
    rows: fc.array(instance, { maxLength: 24 }),
    mode: fc.constantFrom('Hold', 'Hold', 'Hold', 'Off'),
    minAvailablePercent: fc.integer({ min: 0, max: 100 }),
    releaseHeldUs: fc.option(fc.integer({ min: NOW - 200_000, max: NOW })),
    grace: fc.option(
      fc.record({
        sinceUs: fc.integer({ min: NOW - 100_000, max: NOW - 10_000 }),
        fromUs: fc.integer({ min: NOW - 10_000, max: NOW }),
      }),
    ),
  } as const)
  .map(({ rows, grace, ...protection }) =>
    deepFreeze({
      publish: aPublishSpec({}, { ...protection, forgetAfterMs: FORGET_MS }),
      allowedCIDRs: [],
      snapshot: aSnapshot(
        rows.map((row, i) => ({ ...row, instanceId: `i-${i}` })),
        { grace },
      ),
      nowUs: NOW,
    }),
  );

type Place = Pick<Instance, 'port' | 'addressType'>;
/** What protection keeps a share of. */
const PARTS: Readonly<Record<ProtectedShare['of'], (place: Place) => boolean>> = {
  All: () => true,
  DNS: ({ port }) => port === 50051,
  IPv4: ({ port, addressType }) => port === 50051 && addressType === 'IPv4',
  IPv6: ({ port, addressType }) => port === 50051 && addressType === 'IPv6',
};

const law = (check: (input: DesiredInput, desired: DesiredEndpoints) => void): void =>
  fc.assert(
    fc.property(input, (given) => check(given, desiredEndpoints(given))),
    { numRuns: 1000 },
  );

const key = ({ address, port }: { address: string; port: number }): string => `${address}:${port}`;
const at = (given: DesiredInput, nowUs: number): DesiredEndpoints => desiredEndpoints({ ...given, nowUs });
const published = (desired: DesiredEndpoints): string[] => desired.endpoints.map(key);

describe('laws of the desired endpoints', () => {
  it('every row that asks to be published is in exactly one count', () => {
    law(({ snapshot }, { counts, endpoints }) => {
      const asking = snapshot.instances.filter(
        ({ status, weight }) => status !== 'DOWN' && weight > 0,
      ).length;
      assert.equal(counts.ready - counts.held + counts.draining + counts.expired + counts.duplicates, asking);
      assert.equal(counts.ready + counts.draining, endpoints.length);
      assert.equal(counts.held, endpoints.filter(({ held }) => held).length);
    });
  });

  it('no address:port is published twice, and each is one of a row that asks for it', () => {
    law(({ snapshot }, desired) => {
      const keys = published(desired);
      assert.equal(new Set(keys).size, keys.length);
      const asking = new Set(snapshot.instances.filter(({ status }) => status !== 'DOWN').map(key));
      assert.ok(keys.every((each) => asking.has(each)));
    });
  });

  it('every address:port that has an alive row is published, and not as a held one', () => {
    law((given, desired) => {
      const alive = given.snapshot.instances.filter(
        ({ status, weight, expiredAtUs }) => status !== 'DOWN' && weight > 0 && expiredAtUs === null,
      );
      const plain = new Set(desired.endpoints.filter(({ held }) => !held).map(key));
      for (const row of alive) assert.ok(plain.has(key(row)), key(row));
    });
  });

  it('the order of the rows is irrelevant', () => {
    fc.assert(
      fc.property(input, fc.array(fc.nat(), { minLength: 24, maxLength: 24 }), (given, random) => {
        const shuffled = given.snapshot.instances
          .map((row, i) => ({ row, by: random[i] ?? 0 }))
          .sort((a, b) => a.by - b.by)
          .map(({ row }) => row);
        const other = { ...given, snapshot: { ...given.snapshot, instances: shuffled } };
        assert.deepEqual(desiredEndpoints(other), desiredEndpoints(given));
      }),
    );
  });

  it('expiry takes no part below its floor, which is the share of its base rounded down', () => {
    law(({ publish }, { protectedBy, endpoints, counts }) => {
      if (publish.protection.mode === 'Off' || protectedBy === null) {
        assert.deepEqual([protectedBy, counts.held], [null, 0]);
        return;
      }
      assert.equal(protectedBy.held, counts.held);
      for (const { of, floor, base, alive } of protectedBy.shares) {
        const up = endpoints.filter((endpoint) => endpoint.state === 'Ready' && PARTS[of](endpoint));
        assert.equal(floor, Math.floor((base * publish.protection.minAvailablePercent) / 100));
        assert.ok(up.length >= floor && alive < floor);
        assert.equal(up.filter(({ held }) => !held).length, alive);
      }
    });
  });

  it('without protection the same is published but for the held ones', () => {
    law((given, desired) => {
      const off = { ...given.publish, protection: { ...given.publish.protection, mode: 'Off' as const } };
      assert.deepEqual(
        desiredEndpoints({ ...given, publish: off }).endpoints,
        desired.endpoints.filter(({ held }) => !held),
      );
    });
  });

  it('who is held was alive no earlier than any expired UP endpoint of the same part that is not held', () => {
    law(({ snapshot }, desired) => {
      const out = new Set(published(desired));
      const expiredAtUs = (id: string): number =>
        snapshot.instances.find(({ instanceId }) => instanceId === id)?.expiredAtUs ?? Infinity;
      const left = desired.base.filter((row) => row.status === 'UP' && !out.has(key(row)));
      const held = desired.endpoints.filter((endpoint) => endpoint.held);
      if (snapshot.grace !== null) return; // there the order is that of the graces' ends: see the unit tests
      for (const { instanceId } of held) {
        const isMostRecent = (part: (row: Place) => boolean): boolean =>
          desired.base.some((row) => row.instanceId === instanceId && part(row)) &&
          left.filter(part).every((row) => (row.expiredAtUs ?? 0) <= expiredAtUs(instanceId));
        assert.ok(Object.values(PARTS).some(isMostRecent));
      }
    });
  });

  it('as time goes on with one snapshot, what is published only shrinks, down to what is alive', () => {
    fc.assert(
      fc.property(input, fc.array(fc.nat(400_000), { minLength: 1, maxLength: 6 }), (given, steps) => {
        let before = new Set(published(at(given, NOW)));
        for (const step of [...steps].sort((a, b) => a - b)) {
          const now = published(at(given, NOW + step));
          assert.ok(now.every((each) => before.has(each)));
          before = new Set(now);
        }
        const end = at(given, NOW + 10_000_000);
        assert.ok(end.endpoints.every(({ held }) => !held));
      }),
      { numRuns: 1000 },
    );
  });

  it('a release only takes away, and what it leaves is held by the same rule', () => {
    law((given, desired) => {
      const protection = { ...given.publish.protection, releaseHeldUs: NOW };
      const released = desiredEndpoints({ ...given, publish: { ...given.publish, protection } });
      const before = new Set(published(desired));
      assert.ok(published(released).every((each) => before.has(each)));
      for (const endpoint of released.endpoints.filter(({ held }) => held)) {
        const row = given.snapshot.instances.find(({ instanceId }) => instanceId === endpoint.instanceId);
        assert.ok(row?.expiredAtUs === NOW || given.snapshot.grace !== null);
      }
    });
  });

  it('nothing changes before nextChangeUs, and something does then', () => {
    law((given, desired) => {
      const { nextChangeUs } = desired;
      const times = nextChangeUs === null ? [NOW + 50_000, NOW + 10_000_000] : [nextChangeUs - 1];
      for (const time of times.filter((each) => each > NOW)) assert.deepEqual(at(given, time), desired);
      if (nextChangeUs === null) return;
      assert.ok(nextChangeUs > NOW);
      assert.notDeepEqual(at(given, nextChangeUs), desired);
    });
  });
});
