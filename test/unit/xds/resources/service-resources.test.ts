import assert from 'node:assert/strict';
import type { XdsServiceSpec } from '../../../../src/model/grpcservice.ts';
import { decodeResource, makeResource } from '../../../../src/xds/codec/resources.ts';
import { TYPE } from '../../../../src/xds/resource.ts';
import { xdsResources } from '../../../../src/xds/resources/service-resources.ts';
import { viewNamed } from '../../../../src/xds/resources/view.ts';
import { xdsSpec } from '../../../../src/xds/resources/xds-spec.ts';
import { aGrpcService } from '../../../support/grpc-services.ts';
import { anEndpoint } from '../../../support/xds/endpoints.ts';
import { readByGrpcJs } from '../../../support/xds/grpc-js-validators.ts';

type Json = Record<string, unknown>;

const drafts = (xds: XdsServiceSpec = {}, view = 'grpc') =>
  xdsResources(
    {
      namespace: 'shop',
      name: 'orders',
      clusterDomain: 'cluster.local',
      port: 50051,
      xds: xdsSpec(aGrpcService({ xds })),
    },
    { endpoints: [anEndpoint()] },
    viewNamed(view),
  );

/** The first resource of a type as a client decodes it. */
function shown(typeUrl: string, xds: XdsServiceSpec = {}, view = 'grpc'): Json {
  const draft = drafts(xds, view).find((one) => one.typeUrl === typeUrl);
  assert.ok(draft);
  const { body } = makeResource(draft.typeUrl, draft.name, draft.message, draft.needs);
  return decodeResource(typeUrl, body);
}

/** A field deep in a decoded resource. */
function at(json: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<string | number, unknown> | undefined)?.[key],
    json,
  );
}

const route = (xds: XdsServiceSpec, view?: string): unknown =>
  at(shown(TYPE.route, xds, view), 'virtualHosts', 0, 'routes', 0, 'route');

describe('the resources of a GrpcService', () => {
  it('are a listener for every name that may be dialled, one route, one cluster, one assignment', () => {
    assert.deepEqual(
      drafts().map(({ typeUrl, name }) => `${typeUrl.split('.').at(-1) ?? ''} ${name}`),
      [
        'Listener orders.shop',
        'Listener orders.shop:50051',
        'Listener orders.shop.svc.cluster.local',
        'Listener orders.shop.svc.cluster.local:50051',
        'RouteConfiguration orders.shop',
        'Cluster orders.shop',
        'ClusterLoadAssignment orders.shop',
      ],
    );
  });

  it('need each other from the listener down: a route is not shown before cluster and endpoints are there', () => {
    const needs = new Map(
      drafts().map((draft) => [draft.typeUrl, draft.needs.map(({ typeUrl }) => typeUrl)]),
    );
    assert.deepEqual(needs.get(TYPE.listener), [TYPE.route]);
    assert.deepEqual(needs.get(TYPE.route), [TYPE.cluster, TYPE.endpoints]);
    assert.deepEqual(needs.get(TYPE.cluster), []);
    const names = drafts().flatMap((draft) => draft.needs.map(({ name }) => name));
    assert.deepEqual(new Set(names), new Set(['orders.shop']));
  });

  it('send the calls of a channel of any name to the cluster', () => {
    const { name, virtualHosts } = shown(TYPE.route);
    assert.equal(name, 'orders.shop');
    assert.deepEqual(at(virtualHosts, 0, 'domains'), ['*']);
    assert.deepEqual(at(virtualHosts, 0, 'routes', 0, 'match'), { prefix: '' });
    assert.equal(at(virtualHosts, 0, 'routes', 0, 'route', 'cluster'), 'orders.shop');
  });

  it('have a name in metrics without a dot, at which Envoy would end it', () => {
    assert.equal(shown(TYPE.cluster, {}, 'proxy').altStatName, 'shop/orders');
  });

  it('bound the calls under way where that is asked for, and else by nothing', () => {
    const bound = (xds: XdsServiceSpec): unknown =>
      at(shown(TYPE.cluster, xds), 'circuitBreakers', 'thresholds', 0, 'maxRequests', 'value');
    assert.equal(bound({ circuitBreaker: { maxRequests: 10 } }), 10);
    assert.equal(bound({}), 2 ** 31 - 1);
  });

  it('limit the time of a call: gRPC and Envoy read it where they look', () => {
    const limit = { seconds: 1, nanos: 500_000_000 };
    const both = { maxStreamDuration: limit, grpcTimeoutHeaderMax: limit };
    for (const view of ['grpc', 'envoy']) {
      assert.deepEqual(seconds(at(route({ timeout: '1500ms' }, view), 'maxStreamDuration')), both);
    }
  });

  it('leave a call all the time that the caller gives it where no limit is asked for', () => {
    assert.equal(at(route({}), 'maxStreamDuration'), undefined);
    const ofEnvoy = at(route({}, 'envoy'), 'maxStreamDuration');
    assert.deepEqual(Object.keys(ofEnvoy as Json), ['grpcTimeoutHeaderMax']);
  });

  it('repeat calls upon the codes that are asked for', () => {
    assert.equal(at(route({}), 'retryPolicy'), undefined);
    const policy = at(route({ retry: { attempts: 3, codes: ['Unavailable', 'Internal'] } }), 'retryPolicy');
    assert.equal(at(policy, 'retryOn'), 'unavailable,internal');
    assert.equal(at(policy, 'numRetries', 'value'), 3);
  });

  it('hash by the header that is asked for, and else by the channel', () => {
    const hashed = (ringHash: { header?: string }): unknown =>
      at(route({ loadBalancing: { policy: 'RingHash', ringHash } }), 'hashPolicy', 0);
    assert.deepEqual(at(hashed({ header: 'user-id' }), 'header'), { headerName: 'user-id' });
    assert.deepEqual(at(hashed({}), 'filterState'), { key: 'io.grpc.channel_id' });
    assert.equal(at(route({}), 'hashPolicy', 0), undefined);
  });

  it('eject by what is asked for and by nothing else: success rate is on by default in the protocol', () => {
    const ejection = (xds: XdsServiceSpec['outlierDetection']): unknown =>
      at(shown(TYPE.cluster, { outlierDetection: xds ?? {} }), 'outlierDetection');
    const failures = ejection({ failurePercentage: { threshold: 50 } });
    assert.equal(wrapped(at(failures, 'enforcingSuccessRate')), 0);
    assert.equal(at(failures, 'enforcingFailurePercentage', 'value'), 100);
    assert.equal(at(failures, 'failurePercentageThreshold', 'value'), 50);
    const rate = ejection({ successRate: {} });
    assert.equal(at(rate, 'enforcingSuccessRate', 'value'), 100);
    assert.equal(wrapped(at(rate, 'enforcingFailurePercentage')), 0);
    assert.equal(at(shown(TYPE.cluster), 'outlierDetection'), undefined);
  });

  describe('with least request', () => {
    const xds = { loadBalancing: { policy: 'LeastRequest', leastRequest: { choiceCount: 3 } } } as const;

    it('offer gRPC clients a list, from which those without it take turns', () => {
      const clusterDraft = drafts(xds).find(({ typeUrl }) => typeUrl === TYPE.cluster);
      assert.ok(clusterDraft);
      const { value, error } = readByGrpcJs(clusterDraft);
      assert.equal(error, undefined);
      assert.deepEqual(at(value, 'lbPolicyConfig', 0), {
        xds_wrr_locality: { child_policy: [{ round_robin: {} }] },
      });
      const picked = at(shown(TYPE.cluster, xds), 'loadBalancingPolicy', 'policies', 0);
      const first = at(picked, 'typedExtensionConfig', 'typedConfig', 'endpointPickingPolicy', 'policies', 0);
      assert.equal(at(first, 'typedExtensionConfig', 'typedConfig', 'choiceCount', 'value'), 3);
    });

    it('say it to Envoy as Envoy has always read it', () => {
      const decoded = shown(TYPE.cluster, xds, 'envoy');
      assert.equal(decoded.lbPolicy, 'LEAST_REQUEST');
      assert.equal(at(decoded, 'leastRequestLbConfig', 'choiceCount', 'value'), 3);
      assert.equal(decoded.loadBalancingPolicy, undefined);
    });
  });

  it('are the same for gRPC and for Envoy otherwise, but for the limit of time', () => {
    const settings: XdsServiceSpec = { timeout: '1s', retry: {}, loadBalancing: { policy: 'RingHash' } };
    assert.deepEqual(drafts(settings, 'grpc'), drafts(settings, 'envoy'));
  });
});

/** The number in a wrapper, which leaves out 0 (proto3); undefined without a wrapper. */
function wrapped(json: unknown): unknown {
  return json === undefined ? undefined : (at(json, 'value') ?? 0);
}

/** Durations with plain numbers. */
function seconds(json: unknown): unknown {
  return Object.fromEntries(
    Object.entries(json as Json).map(([key, value]) => [
      key,
      { seconds: Number(at(value, 'seconds')), nanos: at(value, 'nanos') },
    ]),
  );
}
