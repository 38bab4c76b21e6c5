import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { DesiredEndpoints } from '../../../../src/desired/desired-endpoints.ts';
import { dnsView } from '../../../../src/desired/dns-view.ts';
import type { Endpoint } from '../../../../src/desired/endpoint.ts';
import type { XdsServiceSpec } from '../../../../src/model/grpcservice.ts';
import type { ClusterLoadAssignment } from '../../../../src/xds/codec/generated/messages.ts';
import { TYPE } from '../../../../src/xds/resource.ts';
import { xdsResources } from '../../../../src/xds/resources/service-resources.ts';
import { viewNamed, type XdsView } from '../../../../src/xds/resources/view.ts';
import { xdsSpec } from '../../../../src/xds/resources/xds-spec.ts';
import { deepFreeze } from '../../../support/deep-freeze.ts';
import { aGrpcService, aPublishSpec } from '../../../support/grpc-services.ts';
import { refusals } from '../../../support/xds/client-rules.ts';
import { anEndpoint } from '../../../support/xds/endpoints.ts';
import { readByGrpcJs } from '../../../support/xds/grpc-js-validators.ts';

const percent = fc.integer({ min: 1, max: 100 });
const count = fc.integer({ min: 1, max: 10_000 });
const duration = fc.integer({ min: 1, max: 600_000 }).map((ms) => `${ms}ms`);
const optional = { requiredKeys: [] };

/** spec.xds as the schema lets it through, and beyond: pairs that a rule forbids are in it. */
const xdsServiceSpec: fc.Arbitrary<XdsServiceSpec> = fc.record(
  {
    loadBalancing: fc.record(
      {
        policy: fc.constantFrom('RoundRobin', 'LeastRequest', 'RingHash'),
        leastRequest: fc.record({ choiceCount: fc.integer({ min: 2, max: 10 }) }, optional),
        ringHash: fc.record(
          {
            header: fc.constantFrom('user-id', 'x.y_z'),
            minimumRingSize: fc.integer({ min: 1, max: 8_388_608 }),
            maximumRingSize: fc.integer({ min: 1, max: 8_388_608 }),
          },
          optional,
        ),
      } as const,
      optional,
    ),
    locality: fc.record(
      {
        mode: fc.constantFrom('None', 'PreferSameZone', 'PreferSameRegion'),
        failoverRegions: fc.uniqueArray(fc.constantFrom('eu', 'us', 'ap')),
        minReadyEndpoints: fc.integer({ min: 1, max: 5 }),
      } as const,
      optional,
    ),
    outlierDetection: fc.record(
      {
        interval: duration,
        baseEjectionTime: duration,
        maxEjectionTime: duration,
        maxEjectionPercent: percent,
        successRate: fc.record(
          { stdevFactor: count, enforcementPercent: percent, minimumHosts: count, requestVolume: count },
          optional,
        ),
        failurePercentage: fc.record(
          { threshold: percent, enforcementPercent: percent, minimumHosts: count, requestVolume: count },
          optional,
        ),
      },
      optional,
    ),
    circuitBreaker: fc.record({ maxRequests: fc.integer({ min: 1, max: 2 ** 31 - 1 }) }),
    retry: fc.record(
      {
        attempts: fc.integer({ min: 1, max: 4 }),
        codes: fc.uniqueArray(
          fc.constantFrom('Cancelled', 'DeadlineExceeded', 'Internal', 'ResourceExhausted', 'Unavailable'),
          { minLength: 1 },
        ),
        backoff: fc.record({ base: duration, max: duration }, optional),
      } as const,
      optional,
    ),
    timeout: duration,
  },
  optional,
);

/** Endpoints as desiredEndpoints makes them: no address and port twice. Few places, all kinds of weights. */
const endpoints: fc.Arbitrary<readonly Endpoint[]> = fc.uniqueArray(
  fc
    .record({
      host: fc.integer({ min: 1, max: 40 }),
      port: fc.constantFrom(50051, 50051, 50052, 65_535),
      weight: fc.oneof(fc.constantFrom(100, 100, 50, 2 ** 32 - 1), fc.integer({ min: 1, max: 2 ** 32 - 1 })),
      region: fc.constantFrom(null, 'eu', 'us', ''),
      zone: fc.constantFrom(null, 'a', 'b'),
      state: fc.constantFrom('Ready', 'Ready', 'Draining'),
    } as const)
    .map(({ host, ...rest }) =>
      anEndpoint({
        ...rest,
        ...(host % 3 === 0
          ? { address: `2001:db8::${host}`, addressType: 'IPv6' }
          : { address: `10.0.0.${host}`, addressType: 'IPv4' }),
      }),
    ),
  { selector: ({ address, port }) => `${address} ${port}`, maxLength: 30 },
);

const view = fc.constantFrom('grpc', 'grpc@eu/a', 'grpc@us/', 'grpc@/b', 'envoy@eu/a', 'proxy');

interface Given {
  readonly xds: XdsServiceSpec;
  readonly endpoints: readonly Endpoint[];
  readonly view: XdsView;
}

const made = ({ xds, endpoints: list, view: asker }: Given) =>
  xdsResources(
    {
      namespace: 'shop',
      name: 'orders',
      clusterDomain: 'cluster.local',
      port: 50051,
      xds: xdsSpec(aGrpcService({ xds })),
    },
    { endpoints: list },
    asker,
  );

const law = (check: (given: Given) => void, numRuns = 300): void =>
  fc.assert(
    fc.property(fc.record({ xds: xdsServiceSpec, endpoints, view }), (given) => {
      check(deepFreeze({ ...given, view: viewNamed(given.view) }));
    }),
    { numRuns },
  );

function assignment(given: Given): ClusterLoadAssignment {
  const draft = made(given).find(({ typeUrl }) => typeUrl === TYPE.endpoints);
  assert.ok(draft);
  return draft.message as ClusterLoadAssignment;
}

/** The endpoints of an assignment, with their place in it. */
const listed = (given: Given) =>
  (assignment(given).endpoints ?? []).flatMap(({ lbEndpoints = [], ...locality }) =>
    lbEndpoints.map((one) => ({
      ...locality,
      address: one.endpoint?.address?.socketAddress?.address ?? '',
      port: one.endpoint?.address?.socketAddress?.portValue ?? 0,
      isReady: one.healthStatus === 'HEALTHY',
      weight: one.loadBalancingWeight?.value ?? 0,
    })),
  );
const text = ({ address, port }: { address: string; port: number }): string => `${address} ${port}`;

describe('the resources of any GrpcService', () => {
  it('are taken by the clients, as their rules are written', () => {
    law((given) => assert.deepEqual(made(given).flatMap(refusals), []), 1000);
  });

  it('are taken by the client of @grpc/grpc-js-xds under the names that it asked for', () => {
    law((given) => {
      if (given.view.kind !== 'grpc') return;
      for (const draft of made(given)) {
        const { name, error } = readByGrpcJs(draft);
        assert.deepEqual({ name, error }, { name: draft.name, error: undefined });
      }
    });
  });

  it('are the same for the same input', () => {
    law((given) => assert.deepEqual(made(given), made(structuredClone(given))));
  });

  it('hold every endpoint once, ready or draining as it is', () => {
    law((given) => {
      const want = given.endpoints.map((one) => `${text(one)} ${one.state === 'Ready'}`).sort();
      assert.deepEqual(
        listed(given)
          .map((one) => `${text(one)} ${one.isReady}`)
          .sort(),
        want,
      );
    });
  });

  it('have the ready addresses that DNS has, on the port that clients dial', () => {
    law((given) => {
      const dns = dnsView({ endpoints: given.endpoints } as DesiredEndpoints, aPublishSpec());
      const ofDns = dns.endpoints.filter(({ state }) => state === 'Ready').map(({ address }) => address);
      const ofXds = listed(given).filter(({ isReady, port }) => isReady && port === 50051);
      assert.deepEqual(ofXds.map(({ address }) => address).sort(), [...ofDns].sort());
    });
  });

  it('give each ready endpoint of a priority the share that its weight is, where weights are few', () => {
    law((given) => {
      const few = given.endpoints.map((one, i) => ({ ...one, weight: [100, 50, 7, 1000][i % 4] ?? 1 }));
      const all = { ...given, endpoints: few };
      if (all.xds.loadBalancing?.policy === 'RingHash') return;
      const weightOf = new Map(few.map((one) => [text(one), one.weight]));
      const ready = listed(all).filter(({ isReady }) => isReady);
      for (const one of ready) {
        const together = ready.filter(({ locality }) => locality === one.locality);
        // Clients take turns within a locality.
        assert.equal((one.loadBalancingWeight?.value ?? 0) / together.length, weightOf.get(text(one)));
      }
    });
  });
});
