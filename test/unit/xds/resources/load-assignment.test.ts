import assert from 'node:assert/strict';
import type { Endpoint } from '../../../../src/desired/endpoint.ts';
import type { XdsServiceSpec } from '../../../../src/model/grpcservice.ts';
import { loadAssignment } from '../../../../src/xds/resources/load-assignment.ts';
import { xdsSpec } from '../../../../src/xds/resources/xds-spec.ts';
import { aGrpcService } from '../../../support/grpc-services.ts';
import { anEndpoint } from '../../../support/xds/endpoints.ts';

const nowhere = { region: null, zone: null };

/** Endpoints at 10.0.0.1, 10.0.0.2, ... */
const endpoints = (...given: readonly Partial<Endpoint>[]): Endpoint[] =>
  given.map((fields, i) => anEndpoint({ address: `10.0.0.${i + 1}`, ...fields }));

/** Localities as `priority region/zone/sub_zone=weight: address*weight ...`; a draining endpoint has a `!`. */
function assigned(
  given: readonly Endpoint[],
  xds: XdsServiceSpec = {},
  view = nowhere as Parameters<typeof loadAssignment>[3],
): string[] {
  const { endpoints: localities = [] } = loadAssignment(
    'orders.shop',
    given,
    xdsSpec(aGrpcService({ xds })),
    view,
  );
  return localities.map(({ locality = {}, loadBalancingWeight, priority, lbEndpoints = [] }) => {
    const { region = '', zone = '', subZone = '' } = locality;
    const list = lbEndpoints.map(({ endpoint, healthStatus, loadBalancingWeight: own }) => {
      const { address, portValue } = endpoint?.address?.socketAddress ?? {};
      return `${address}${portValue === 50051 ? '' : `:${portValue}`}*${own?.value}${healthStatus === 'DRAINING' ? '!' : ''}`;
    });
    return `${priority} ${region}/${zone}/${subZone}=${loadBalancingWeight?.value}: ${list.join(' ')}`;
  });
}

describe('the endpoints of a cluster', () => {
  it('are an assignment without endpoints where there are none', () => {
    const spec = xdsSpec(aGrpcService());
    assert.deepEqual(loadAssignment('orders.shop', [], spec, nowhere), {
      clusterName: 'orders.shop',
      endpoints: [],
    });
  });

  it('are all there, on every port and of both families, by region and zone', () => {
    const given = endpoints(
      { region: 'eu', zone: 'b' },
      { region: 'eu', zone: 'a', port: 50052 },
      { address: '2001:db8::1', addressType: 'IPv6', region: 'eu', zone: 'b' },
      {},
    );
    assert.deepEqual(assigned(given), [
      '0 //=100: 10.0.0.4*100',
      '0 eu/a/=100: 10.0.0.2:50052*100',
      '0 eu/b/=200: 10.0.0.1*100 2001:db8::1*100',
    ]);
  });

  it('that are draining are marked, and count for nothing in the weight of their zone', () => {
    const given = endpoints({}, { state: 'Draining' }, {}, { zone: 'b', state: 'Draining' });
    assert.deepEqual(assigned(given), [
      '0 //=200: 10.0.0.1*100 10.0.0.2*100! 10.0.0.3*100',
      '0 /b/=1: 10.0.0.4*100!',
    ]);
  });

  it('of other weights stand in localities of their own, each with its exact share', () => {
    const given = endpoints({ weight: 100 }, { weight: 50 }, { weight: 50 }, { weight: 100 }, { weight: 7 });
    assert.deepEqual(assigned(given), [
      '0 //=200: 10.0.0.1*100 10.0.0.4*100',
      '0 //weight-50=100: 10.0.0.2*50 10.0.0.3*50',
      '0 //weight-7=7: 10.0.0.5*7',
    ]);
  });

  it('stay in their locality when the weight of another one changes', () => {
    const localityOf = (given: readonly Endpoint[], address: string): string | undefined =>
      assigned(given)
        .find((line) => line.includes(`${address}*`))
        ?.split('=')[0];
    const before = endpoints({ weight: 100 }, { weight: 50 }, { weight: 100 });
    const after = endpoints({ weight: 100 }, { weight: 50 }, { weight: 20 });
    for (const address of ['10.0.0.1', '10.0.0.2']) {
      assert.equal(localityOf(before, address), localityOf(after, address));
    }
  });

  it('of very many weights are put together by powers of two, with the exact share of each group', () => {
    const given = endpoints(...Array.from({ length: 11 }, (_, i) => ({ weight: i + 1 })));
    assert.deepEqual(assigned(given), [
      '0 //weight-1-1=1: 10.0.0.1*1',
      '0 //weight-2-3=5: 10.0.0.2*2 10.0.0.3*3',
      '0 //weight-4-7=22: 10.0.0.4*4 10.0.0.5*5 10.0.0.6*6 10.0.0.7*7',
      '0 //weight-8-15=38: 10.0.0.8*8 10.0.0.9*9 10.0.0.10*10 10.0.0.11*11',
    ]);
  });

  it('of weights whose sum is too much are scaled down alike, none to 0', () => {
    const given = endpoints({ weight: 2 ** 32 - 1 }, { weight: 2 ** 31 }, { weight: 1 });
    assert.deepEqual(assigned(given), [
      '0 //weight-1=1: 10.0.0.3*1',
      `0 //weight-2147483648=${2 ** 28}: 10.0.0.2*${2 ** 28}`,
      `0 //weight-4294967295=${2 ** 29 - 1}: 10.0.0.1*${2 ** 29 - 1}`,
    ]);
  });

  it('on a ring are one locality of weight 1 for each priority, with weights of their own', () => {
    const given = endpoints({ region: 'eu', weight: 50 }, { region: 'us' }, { region: 'eu', zone: 'a' });
    const xds: XdsServiceSpec = { loadBalancing: { policy: 'RingHash' } };
    assert.deepEqual(assigned(given, xds), ['0 //=1: 10.0.0.1*50 10.0.0.2*100 10.0.0.3*100']);
    const locality = { mode: 'PreferSameRegion' } as const;
    assert.deepEqual(assigned(given, { ...xds, locality }, { region: 'eu', zone: 'a' }), [
      '0 //=1: 10.0.0.1*50 10.0.0.3*100',
      '1 //priority-1=1: 10.0.0.2*100',
    ]);
  });

  it('are in the priorities of the client that asks', () => {
    const given = endpoints(
      { region: 'us', zone: 'x' },
      { region: 'eu', zone: 'a' },
      { region: 'eu', zone: 'b' },
    );
    const xds = { locality: { mode: 'PreferSameZone' } } as const;
    assert.deepEqual(assigned(given, xds, { region: 'eu', zone: 'b' }), [
      '0 eu/b/=100: 10.0.0.3*100',
      '1 eu/a/=100: 10.0.0.2*100',
      '2 us/x/=100: 10.0.0.1*100',
    ]);
    assert.deepEqual(
      assigned(given, xds).map((line) => line[0]),
      ['0', '0', '0'],
    );
  });
});
