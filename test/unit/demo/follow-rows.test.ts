import assert from 'node:assert/strict';
import { endpointKey, followRows, type SeenEndpoint } from '../../../local/demo/follow-rows.ts';
import type { RegistryRow } from '../../../local/demo/rows.ts';

const address = '10.77.1.1:50051';

const row = (change: Partial<RegistryRow> = {}): RegistryRow => ({
  ...{ service: 'greeter', instanceId: 'greeter-1', address, status: 'UP', zone: 'a' },
  ...{ updatedAt: 1000, expiresAt: 10_000, ttlMs: 6000, ...change },
});

const seen = (state: SeenEndpoint['state'], since: number) =>
  new Map([[endpointKey('greeter', address), { state, since }]]);

/** What is known of the one row. */
const follow = (
  now: number,
  change: Partial<RegistryRow>,
  endpoints: ReadonlyMap<string, SeenEndpoint>,
  before: ReturnType<typeof followRows> = [],
) => followRows(before, [row(change)], endpoints, now);

interface Case {
  readonly name: string;
  readonly now: number;
  readonly change: Partial<RegistryRow>;
  readonly wanted: string;
  readonly wantedAt: number;
}

describe('followRows', () => {
  const cases: readonly Case[] = [
    { name: 'a live row should be ready', now: 5000, change: {}, wanted: 'ready', wantedAt: 1000 },
    {
      name: 'a draining row should be draining',
      ...{ now: 5000, change: { status: 'DRAINING', updatedAt: 4000 }, wanted: 'draining', wantedAt: 4000 },
    },
    {
      name: 'an expired row should be absent from the end of its lease on',
      ...{ now: 10_000, change: {}, wanted: 'absent', wantedAt: 10_000 },
    },
    {
      name: 'a row that is DOWN should be absent',
      ...{ now: 5000, change: { status: 'DOWN', updatedAt: 4500 }, wanted: 'absent', wantedAt: 4500 },
    },
    {
      name: 'a static row never expires',
      ...{ now: 1e12, change: { expiresAt: undefined, ttlMs: undefined }, wanted: 'ready', wantedAt: 1000 },
    },
  ];
  for (const { name, now, change, wanted, wantedAt } of cases) {
    it(name, () => {
      const [followed] = follow(now, change, new Map());
      assert.deepEqual([followed?.wanted, followed?.wantedAt], [wanted, wantedAt]);
    });
  }

  it('says how long a change took to arrive', () => {
    const [followed] = follow(5000, {}, seen('ready', 1320));
    assert.deepEqual([followed?.published, followed?.afterMs], ['ready', 320]);
  });

  it('says nothing of what was there before the row said so', () => {
    const [followed] = follow(5000, {}, seen('ready', -Infinity));
    assert.equal(followed?.afterMs, undefined);
  });

  it('takes the beat that revived a row for its change', () => {
    const expired = follow(11_000, {}, seen('absent', 10_200));
    assert.equal(expired[0]?.afterMs, 200);
    const [revived] = follow(12_500, { expiresAt: 18_000 }, seen('ready', 12_400), expired);
    assert.deepEqual([revived?.wantedAt, revived?.afterMs], [12_000, 400]);
  });

  it('does not take the repair of a slice for a change of the row', () => {
    const before = follow(5000, {}, seen('ready', 1320));
    const gone = follow(5200, {}, seen('absent', 5100), before);
    assert.deepEqual([gone[0]?.published, gone[0]?.afterMs], ['absent', 320]);
    assert.equal(follow(5400, {}, seen('ready', 5300), gone)[0]?.afterMs, 320);
  });

  it('does not take later beats for changes', () => {
    const before = follow(5000, {}, seen('ready', 1320));
    const [followed] = follow(9000, { expiresAt: 15_000 }, seen('ready', 1320), before);
    assert.equal(followed?.afterMs, 320);
  });
});
