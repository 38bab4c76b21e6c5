import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Endpoint } from '../../../../src/desired/endpoint.ts';
import { prioritized } from '../../../../src/xds/resources/localities.ts';
import type { LocalityPreference } from '../../../../src/xds/resources/xds-spec.ts';
import { anEndpoint } from '../../../support/xds/endpoints.ts';

const home = { region: 'eu', zone: 'eu-a' };
const prefer = (fields: Partial<LocalityPreference> = {}): LocalityPreference => ({
  mode: 'PreferSameZone',
  failoverRegions: [],
  minReadyEndpoints: 1,
  ...fields,
});

/** Endpoints named by where they are: `eu/eu-a`; a trailing `!` is draining. */
const endpoints = (...places: readonly string[]): Endpoint[] =>
  places.map((place) => {
    const [region = '', zone = ''] = place.replace('!', '').split('/');
    return anEndpoint({
      region: region || null,
      zone: zone || null,
      state: place.endsWith('!') ? 'Draining' : 'Ready',
      instanceId: place,
    });
  });
const names = (groups: readonly (readonly Endpoint[])[]): string[][] =>
  groups.map((group) => group.map(({ instanceId }) => instanceId));

const everywhere = endpoints('us/us-a', 'eu/eu-b', 'eu/eu-a', 'ap/ap-a', '/');

describe('the order in which a client calls endpoints', () => {
  const cases: readonly {
    readonly name: string;
    readonly preference: LocalityPreference;
    readonly view?: { region: string | null; zone: string | null };
    readonly given?: readonly Endpoint[];
    readonly groups: readonly (readonly string[])[];
  }[] = [
    {
      name: 'is none without a preference',
      preference: prefer({ mode: 'None' }),
      groups: [['us/us-a', 'eu/eu-b', 'eu/eu-a', 'ap/ap-a', '/']],
    },
    {
      name: 'is its zone, its region, the rest',
      preference: prefer(),
      groups: [['eu/eu-a'], ['eu/eu-b'], ['us/us-a', 'ap/ap-a', '/']],
    },
    {
      name: 'is its region, the rest',
      preference: prefer({ mode: 'PreferSameRegion' }),
      groups: [
        ['eu/eu-b', 'eu/eu-a'],
        ['us/us-a', 'ap/ap-a', '/'],
      ],
    },
    {
      name: 'has the failover regions before the rest, in their order',
      preference: prefer({ failoverRegions: ['ap', 'us'] }),
      groups: [['eu/eu-a'], ['eu/eu-b'], ['ap/ap-a'], ['us/us-a'], ['/']],
    },
    {
      name: 'has no gap where there is nobody in the zone',
      preference: prefer(),
      view: { region: 'eu', zone: 'eu-c' },
      groups: [
        ['eu/eu-b', 'eu/eu-a'],
        ['us/us-a', 'ap/ap-a', '/'],
      ],
    },
    {
      name: 'is none for a client that does not say where it is',
      preference: prefer({ failoverRegions: ['ap'] }),
      view: { region: null, zone: null },
      groups: [['us/us-a', 'eu/eu-b', 'eu/eu-a', 'ap/ap-a', '/']],
    },
    {
      name: 'goes by the zone alone where one side gives no region',
      preference: prefer(),
      given: endpoints('/eu-a', '/eu-b'),
      groups: [['/eu-a'], ['/eu-b']],
    },
    {
      name: 'is not misled by zones of one name in two regions',
      preference: prefer(),
      given: endpoints('us/eu-a', 'eu/eu-a'),
      groups: [['eu/eu-a'], ['us/eu-a']],
    },
    {
      name: 'puts a group that is too small together with the next one',
      preference: prefer({ minReadyEndpoints: 2 }),
      groups: [
        ['eu/eu-a', 'eu/eu-b'],
        ['us/us-a', 'ap/ap-a', '/'],
      ],
    },
    {
      name: 'does not count draining endpoints',
      preference: prefer({ minReadyEndpoints: 2 }),
      given: endpoints('eu/eu-a', 'eu/eu-a!', 'eu/eu-b', 'us/us-a'),
      groups: [['eu/eu-a', 'eu/eu-a!', 'eu/eu-b'], ['us/us-a']],
    },
    {
      name: 'has no group of draining endpoints alone',
      preference: prefer(),
      given: endpoints('eu/eu-a!', 'eu/eu-b', 'us/us-a!'),
      groups: [['eu/eu-a!', 'eu/eu-b', 'us/us-a!']],
    },
    {
      name: 'has one group when all are draining',
      preference: prefer(),
      given: endpoints('eu/eu-a!', 'us/us-a!'),
      groups: [['eu/eu-a!', 'us/us-a!']],
    },
    { name: 'is empty for nobody', preference: prefer(), given: [], groups: [] },
  ];
  for (const { name, preference, view = home, given = everywhere, groups } of cases) {
    it(name, () => assert.deepEqual(names(prioritized(given, preference, view)), groups));
  }

  it('loses nobody, calls nobody twice, and has one region and zone in one group only', () => {
    const place = fc.constantFrom(null, '', 'eu', 'us', 'ap');
    const zone = fc.constantFrom(null, '', 'a', 'b');
    const endpoint = fc.record({ region: place, zone, state: fc.constantFrom('Ready', 'Draining') } as const);
    fc.assert(
      fc.property(
        fc.array(endpoint, { maxLength: 20 }),
        fc.record({
          mode: fc.constantFrom('None', 'PreferSameZone', 'PreferSameRegion'),
          failoverRegions: fc.uniqueArray(fc.constantFrom('us', 'ap', 'eu')),
          minReadyEndpoints: fc.integer({ min: 1, max: 4 }),
        } as const),
        fc.record({ region: fc.constantFrom(null, 'eu'), zone: fc.constantFrom(null, 'a') }),
        (given, preference, view) => {
          const all = given.map((fields, i) => anEndpoint({ ...fields, instanceId: String(i) }));
          const groups = prioritized(all, preference, view);
          assert.deepEqual(names(groups).flat().sort(), all.map(({ instanceId }) => instanceId).sort());
          const groupOf = new Map<string, number>();
          groups.forEach((group, index) => {
            assert.ok(group.length > 0);
            for (const { region, zone: itsZone } of group) {
              const key = JSON.stringify([region ?? '', itsZone ?? '']);
              assert.equal(groupOf.get(key) ?? index, index, key);
              groupOf.set(key, index);
            }
          });
        },
      ),
    );
  });
});
