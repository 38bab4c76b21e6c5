import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Endpoint } from '../../../src/desired/endpoint.ts';
import type { AddressType } from '../../../src/model/instance.ts';
import type { EndpointSlice } from '../../../src/model/kube-objects.ts';
import { compactSlices } from '../../../src/slices/compact-slices.ts';
import { addressesOf, planSlices } from '../../../src/slices/plan-slices.ts';
import type { SlicePlan, SlicePlanInput } from '../../../src/slices/slice-plan.ts';
import { hasDrifted } from '../../../src/slices/slice-shape.ts';
import { applyPlan } from '../../support/apply-plan.ts';
import { deepFreeze } from '../../support/deep-freeze.ts';
import {
  addressesIn,
  anAddress,
  anEndpoint,
  aSlice,
  aTarget,
  endpoints,
  inputOf,
  writesOf,
} from '../../support/slices.ts';
import { upstreamWrites } from '../../support/upstream-packing.ts';

const POOL = 24;
const family = fc.constantFrom<AddressType>('IPv4', 'IPv4', 'IPv6');

const endpoint: fc.Arbitrary<Endpoint> = fc
  .record({
    n: fc.integer({ min: 1, max: POOL }),
    addressType: family,
    state: fc.constantFrom<Endpoint['state']>('Ready', 'Ready', 'Draining'),
    zone: fc.constantFrom(null, null, 'eu-1'),
  })
  .map(({ n, addressType, ...rest }) => anEndpoint(anAddress(n, addressType), rest));

const desired = fc.uniqueArray(endpoint, { selector: ({ address }) => address, maxLength: 2 * POOL });

/** What can be wrong with a stored slice besides its endpoints. */
const flaw = fc.constantFrom(
  ...['none', 'none', 'none', 'none', 'labels', 'owner', 'ports', 'otherService', 'deleting', 'annotated'],
);

/** Stored slices in any state: addresses in several of them, too many in one, empty, foreign, being deleted. */
const stored = fc
  .array(fc.record({ addressType: family, flaw, held: fc.array(endpoint, { maxLength: 7 }) }), {
    maxLength: 8,
  })
  .map((slices) => slices.map(({ addressType, flaw: f, held }, i) => flawed(`s-${i}`, addressType, f, held)));

function flawed(
  name: string,
  addressType: AddressType,
  kind: string,
  held: readonly Endpoint[],
): EndpointSlice {
  const target = aTarget(kind === 'otherService' ? { serviceName: 'old' } : {});
  const metadata = {
    ...(kind === 'labels' ? { labels: { stray: 'label' } } : {}),
    ...(kind === 'owner' ? { ownerReferences: [] } : {}),
    ...(kind === 'deleting' ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    ...(kind === 'annotated' ? { annotations: { note: 'x' } } : {}),
  };
  const ofFamily = held.filter((each) => each.addressType === addressType);
  const fields = {
    addressType,
    ...(kind === 'ports' ? { ports: null } : {}),
    metadata: { name, ...metadata },
  };
  return aSlice(name, ofFamily, fields, target);
}

const input: fc.Arbitrary<SlicePlanInput> = fc
  .record({
    current: stored,
    wanted: desired,
    max: fc.integer({ min: 1, max: 5 }),
    addressTypes: fc.constantFrom<readonly AddressType[]>(
      ['IPv4', 'IPv6'],
      ['IPv6', 'IPv4'],
      ['IPv4'],
      ['IPv6'],
    ),
  })
  .map(({ current, wanted, max, addressTypes }) =>
    deepFreeze(
      inputOf(
        current,
        wanted.filter(({ addressType }) => addressTypes.includes(addressType)),
        { max, target: aTarget({ addressTypes }) },
      ),
    ),
  );

/** Slices as our own planner leaves them after some history: every valid state and no other. */
const settled: fc.Arbitrary<SlicePlanInput> = fc
  .record({
    history: fc.array(desired, { minLength: 1, maxLength: 4 }),
    next: desired,
    max: fc.integer({ min: 1, max: 6 }),
  })
  .map(({ history, next, max }) => {
    const current = history.reduce<readonly EndpointSlice[]>(
      (slices, wanted) => carryOut(inputOf(slices, wanted, { max })),
      [],
    );
    return deepFreeze(inputOf(current, next, { max }));
  });

const carryOut = (given: SlicePlanInput): readonly EndpointSlice[] =>
  applyPlan(given.current, planSlices(given));

const law = (
  inputs: fc.Arbitrary<SlicePlanInput>,
  check: (input: SlicePlanInput, plan: SlicePlan) => void,
  numRuns = 1000,
): void =>
  fc.assert(
    fc.property(inputs, (given) => check(given, planSlices(given))),
    { numRuns },
  );

const present = (slices: readonly EndpointSlice[]): readonly EndpointSlice[] =>
  slices.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
const reachable = (slices: readonly EndpointSlice[], given: SlicePlanInput): ReadonlySet<string> =>
  addressesOf(present(slices), given.target);

/** No address that clients had before and shall have after is missing after any single write. */
function assertNothingAbsent(given: SlicePlanInput, plan: SlicePlan): void {
  const before = reachable(given.current, given);
  const staying = given.desired.map(({ address }) => address).filter((address) => before.has(address));
  applyPlan(given.current, plan, (slices) => {
    const now = reachable(slices, given);
    assert.deepEqual(
      staying.filter((address) => !now.has(address)),
      [],
    );
  });
}

describe('laws of the slice plan', () => {
  for (const [name, inputs] of [
    ['any state', input],
    ['a state of our own making', settled],
  ] as const) {
    it(`from ${name}: a plan that was carried out leaves nothing to plan`, () => {
      law(inputs, (given, plan) => {
        const again = planSlices({ ...given, current: applyPlan(given.current, plan) });
        assert.deepEqual([again.idle, writesOf(again)], [true, 0]);
      });
    });

    it(`from ${name}: the slices hold the desired endpoints, each once, as they should be`, () => {
      law(inputs, (given, plan) => {
        const slices = present(applyPlan(given.current, plan));
        const held = slices.flatMap((slice) => slice.endpoints ?? []);
        const wanted = [...given.desired].sort((a, b) => (a.address < b.address ? -1 : 1));
        const found = [...held].sort((a, b) => ((a.addresses[0] ?? '') < (b.addresses[0] ?? '') ? -1 : 1));
        assert.deepEqual(
          found.map(({ addresses, conditions, zone }) => [addresses, conditions?.terminating, zone ?? null]),
          wanted.map(({ address, state, zone }) => [[address], state === 'Draining', zone]),
        );
        assert.ok(slices.every((slice) => !hasDrifted(slice, given.target)));
      });
    });

    it(`from ${name}: after no single write is an address absent that stays`, () => {
      law(inputs, assertNothingAbsent);
    });

    it(`from ${name}: neither is it whatever the order within creates, updates and deletes`, () => {
      law(inputs, (given, plan) => {
        const reversed = (slices: readonly EndpointSlice[]): readonly EndpointSlice[] =>
          [...slices].reverse();
        assertNothingAbsent(given, {
          ...plan,
          create: reversed(plan.create),
          update: reversed(plan.update),
          delete: reversed(plan.delete),
        });
      });
    });

    it(`from ${name}: no slice holds more than the limit, and none but a lone placeholder is empty`, () => {
      law(inputs, (given, plan) => {
        const slices = present(applyPlan(given.current, plan));
        const sizes = slices.map((slice) => addressesIn(slice).length);
        assert.ok(sizes.every((size) => size <= given.limits.maxEndpointsPerSlice));
        assert.ok(slices.length > 0);
        if (sizes.includes(0)) assert.deepEqual(sizes, [0]);
      });
    });

    it(`from ${name}: the order of slices and endpoints is irrelevant`, () => {
      fc.assert(
        fc.property(inputs, fc.array(fc.nat(), { minLength: 60, maxLength: 60 }), (given, random) => {
          const shuffled = <T>(items: readonly T[]): T[] =>
            items
              .map((item, i) => ({ item, by: random[i] ?? 0 }))
              .sort((a, b) => a.by - b.by)
              .map(({ item }) => item);
          const other = { ...given, current: shuffled(given.current), desired: shuffled(given.desired) };
          assert.deepEqual(planSlices(other), planSlices(given));
        }),
        { numRuns: 500 },
      );
    });

    it(`from ${name}: the numbers are those of what happens`, () => {
      law(inputs, (given, plan) => {
        const before = addressesOf(present(given.current), given.target);
        const after = present(applyPlan(given.current, plan));
        const now = new Set(after.flatMap(addressesIn));
        assert.equal(plan.addressesAdded, [...now].filter((address) => !before.has(address)).length);
        assert.equal(plan.addressesRemoved, [...before].filter((address) => !now.has(address)).length);
        assert.deepEqual([plan.numbers.slices, plan.numbers.endpointsDesired], [after.length, now.size]);
        assert.equal(plan.numbers.slicesChanged, writesOf(plan));
        assert.equal(plan.idle, writesOf(plan) === 0);
      });
    });
  }

  it('of the slices that hold no removed, changed or doubled endpoint and are otherwise right, at most one a family is written', () => {
    law(settled, (given, plan) => {
      for (const addressType of ['IPv4', 'IPv6'] as const) {
        const written = plan.update.filter((slice) => slice.addressType === addressType);
        const untouched = written.filter((slice) => {
          const old = given.current.find(({ metadata }) => metadata.name === slice.metadata.name);
          const [was, is] = [old?.endpoints ?? [], slice.endpoints ?? []];
          return was.length > 0 && is.length > was.length && was.every((e, i) => isSame(e, is[i]));
        });
        assert.ok(untouched.length <= 1);
      }
    });
  });

  it('never needs more writes than the EndpointSlice controller', () => {
    law(settled, (given, plan) => {
      for (const addressType of ['IPv4', 'IPv6'] as const) {
        const wanted = given.desired.filter((e) => e.addressType === addressType);
        if (wanted.length === 0) continue;
        const slices = given.current.filter((slice) => slice.addressType === addressType);
        const asHeld = new Map(
          slices.flatMap((s) => (s.endpoints ?? []).map((e) => [e.addresses[0], JSON.stringify(e)])),
        );
        const asWanted = planSlices(inputOf([], wanted, { max: 1000 })).create.flatMap(
          (s) => s.endpoints ?? [],
        );
        const changed = asWanted.filter((e) => asHeld.get(e.addresses[0]) !== JSON.stringify(e));
        const bound = upstreamWrites(
          slices.map(addressesIn),
          new Set(wanted.map(({ address }) => address)),
          new Set(changed.map(({ addresses }) => addresses[0] ?? '')),
          given.limits.maxEndpointsPerSlice,
        );
        const ours = [...plan.create, ...plan.update, ...plan.delete].filter(
          (s) => s.addressType === addressType,
        );
        assert.ok(ours.length <= bound, `${ours.length} writes, the EndpointSlice controller ${bound}`);
      }
    });
  });

  it('names are unique, and no name of a stored slice is given to a new one', () => {
    law(input, ({ current }, { create }) => {
      const names = [...current, ...create].map(({ metadata }) => metadata.name);
      assert.equal(new Set(names).size, names.length);
    });
  });
});

describe('laws of compaction', () => {
  /** Many endpoints, of which few stay: thin slices. */
  const shrunk: fc.Arbitrary<SlicePlanInput> = fc
    .record({
      left: fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 60 }),
      max: fc.integer({ min: 2, max: 6 }),
    })
    .map(({ left, max }) => {
      const full = carryOut(inputOf([], [...endpoints(60), ...endpoints(9, 'IPv6')], { max }));
      const few = [...endpoints(left), ...endpoints([1, 5], 'IPv6')];
      return deepFreeze(inputOf(carryOut(inputOf(full, few, { max })), few, { max }));
    });
  const compactLaw = (check: (given: SlicePlanInput, step: SlicePlan) => void): void =>
    fc.assert(
      fc.property(shrunk, (given) => check(given, compactSlices(given))),
      { numRuns: 500 },
    );

  it('one step writes one slice and deletes one, or nothing', () => {
    compactLaw((_given, step) => {
      const writes = [step.create.length, step.update.length, step.delete.length];
      assert.deepEqual(writes, step.idle ? [0, 0, 0] : [0, 1, 1]);
    });
  });

  it('no address is absent after either of the two writes, nor comes or goes', () => {
    compactLaw((given, step) => {
      assertNothingAbsent(given, step);
      assert.deepEqual([step.addressesAdded, step.addressesRemoved], [0, 0]);
    });
  });

  it('steps end, planning has nothing to undo after any of them, and what is left is at most twice what is needed', () => {
    compactLaw((start) => {
      let [given, steps] = [start, 0];
      for (let step = compactSlices(given); !step.idle; step = compactSlices(given)) {
        given = { ...given, current: applyPlan(given.current, step) };
        assert.equal(planSlices(given).idle, true);
        steps += 1;
        assert.ok(steps < start.current.length, 'each step leaves one slice less');
      }
      assert.equal(planSlices(given).sparse, false);
      for (const addressType of ['IPv4', 'IPv6'] as const) {
        const slices = given.current.filter((slice) => slice.addressType === addressType);
        const count = slices.flatMap(addressesIn).length;
        assert.ok(slices.length <= 2 * Math.ceil(count / given.limits.maxEndpointsPerSlice));
      }
    });
  });

  it('a plan is called sparse exactly when compaction has something to do after it', () => {
    fc.assert(
      fc.property(input, (given) => {
        const plan = planSlices(given);
        const after = { ...given, current: applyPlan(given.current, plan) };
        assert.equal(compactSlices(after).idle, !plan.sparse);
      }),
    );
  });

  it('waits while there is anything to plan', () => {
    law(input, (given, plan) => {
      if (!plan.idle) assert.equal(compactSlices(given).idle, true);
    });
  });

  it('ended between its two writes, it leaves a state from which one write finishes it', () => {
    compactLaw((given, step) => {
      if (step.idle) return;
      const cutOff = applyPlan(given.current, { ...step, delete: [] });
      const plan = planSlices({ ...given, current: cutOff });
      assert.deepEqual(
        plan.delete.map(({ metadata }) => metadata.name),
        step.delete.map(({ metadata }) => metadata.name),
      );
      assert.equal(writesOf(plan), 1);
    });
  });
});

describe('a rolling replacement of 5,000 endpoints in steps of 50', () => {
  const TOTAL = 5000;
  const STEP = 50;

  /** A fixed shuffle: the order in which a Deployment takes its pods down is none that slices know of. */
  const order = Array.from({ length: TOTAL }, (_, i) => ({ n: i + 1, by: (i * 7919) % TOTAL }))
    .sort((a, b) => a.by - b.by)
    .map(({ n }) => n);
  const sequential = Array.from({ length: TOTAL }, (_, i) => i + 1);

  for (const { name, takenDown, together } of [
    { name: 'in any order, old and new in one sync', takenDown: order, together: true },
    { name: 'in any order, the new ones first', takenDown: order, together: false },
    { name: 'slice after slice, old and new in one sync', takenDown: sequential, together: true },
    { name: 'slice after slice, the new ones first', takenDown: sequential, together: false },
  ]) {
    it(`${name}: at most 1.1 times the fewest writes possible`, () => {
      let wanted = new Map(endpoints(TOTAL).map((e) => [e.address, e]));
      let current = carryOut(inputOf([], [...wanted.values()]));
      let [writes, fewest] = [0, 0];
      const sync = (): void => {
        const given = inputOf(current, [...wanted.values()]);
        const plan = planSlices(given);
        const losing = current.filter((slice) => addressesIn(slice).some((address) => !wanted.has(address)));
        writes += writesOf(plan);
        fewest += Math.max(1, losing.length);
        current = applyPlan(current, plan);
      };
      for (let done = 0; done < TOTAL; done += STEP) {
        wanted = new Map(wanted);
        for (const e of endpoints(Array.from({ length: STEP }, (_, i) => TOTAL + done + i + 1)))
          wanted.set(e.address, e);
        if (!together) sync();
        for (const n of takenDown.slice(done, done + STEP)) wanted.delete(anAddress(n));
        sync();
      }
      assert.ok(writes <= 1.1 * fewest, `${writes} writes, at least ${fewest}`);
      assert.ok(current.length <= 100, `${current.length} slices`);
    }).timeout(60_000);
  }
});

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
