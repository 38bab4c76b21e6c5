import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ProxySpec, XdsServiceSpec } from '../../../../src/model/grpcservice.ts';
import { makeResource } from '../../../../src/xds/codec/resources.ts';
import { TYPE } from '../../../../src/xds/resource.ts';
import type { RouteConfiguration } from '../../../../src/xds/codec/generated/messages.ts';
import { proxyResources, type ProxyService } from '../../../../src/xds/resources/proxy.ts';
import { xdsSpec } from '../../../../src/xds/resources/xds-spec.ts';
import { aGrpcService } from '../../../support/grpc-services.ts';
import { refusals } from '../../../support/xds/client-rules.ts';

const listenAt = { address: '0.0.0.0', port: 8080 };

const service = (
  name: string,
  proxy: ProxySpec,
  createdAt = '2026-01-01T00:00:00Z',
  xds: XdsServiceSpec = {},
): ProxyService => ({
  namespace: 'shop',
  name,
  createdAt,
  proxy,
  xds: xdsSpec(aGrpcService({ xds })),
});

function routesOf(services: readonly ProxyService[]): RouteConfiguration {
  const draft = proxyResources(services, listenAt).resources.find(({ typeUrl }) => typeUrl === TYPE.route);
  assert.ok(draft);
  return draft.message as RouteConfiguration;
}

/** What goes where, as `host prefix -> cluster`. */
const table = (services: readonly ProxyService[]): string[] =>
  (routesOf(services).virtualHosts ?? []).flatMap(({ domains = [], routes = [] }) =>
    routes.flatMap(({ match, route }) =>
      route === undefined ? [] : [`${domains.join()} ${match?.prefix} -> ${route.cluster}`],
    ),
  );

describe('the front proxy', () => {
  it('routes by host, by rpc service, and by both', () => {
    assert.deepEqual(
      table([
        service('orders', { hosts: ['orders.example.com'] }),
        service('users', { rpcServices: ['shop.v1.Users', 'shop.v1.Admin'] }),
        service('carts', { hosts: ['shop.example.com'], rpcServices: ['shop.v1.Carts'] }),
        service('rest', { hosts: ['shop.example.com', '*.example.org'] }),
      ]),
      [
        '*.example.org / -> rest.shop',
        'orders.example.com / -> orders.shop',
        'shop.example.com /shop.v1.Carts/ -> carts.shop',
        'shop.example.com / -> rest.shop',
        '* /shop.v1.Admin/ -> users.shop',
        '* /shop.v1.Users/ -> users.shop',
      ],
    );
  });

  it('gives what two claim to the older one, leaves the other the rest, and says so', () => {
    const old = service('old', { hosts: ['a.example.com', 'b.example.com'] }, '2026-01-01T00:00:00Z');
    const young = service('young', { hosts: ['b.example.com', 'c.example.com'] }, '2026-01-02T00:00:00Z');
    assert.deepEqual(table([young, old]), [
      'a.example.com / -> old.shop',
      'b.example.com / -> old.shop',
      'c.example.com / -> young.shop',
    ]);
    assert.deepEqual(proxyResources([young, old], listenAt).conflicts, [
      { service: 'shop/young', winner: 'shop/old', host: 'b.example.com', rpcService: null },
    ]);
  });

  it('prefers by name among those of one age', () => {
    const claim = { rpcServices: ['shop.v1.Orders'] };
    assert.deepEqual(table([service('b', claim), service('a', claim)]), ['* /shop.v1.Orders/ -> a.shop']);
  });

  it('answers health checks itself, and nothing else when nobody claims anything', () => {
    const { virtualHosts = [] } = routesOf([]);
    assert.deepEqual(virtualHosts, [
      {
        name: 'any',
        domains: ['*'],
        routes: [{ match: { path: '/healthz' }, directResponse: { status: 200 } }],
      },
    ]);
  });

  it('repeats calls that no server has seen, besides those that are asked for', () => {
    const retryOn = (xds: XdsServiceSpec): string | undefined =>
      routesOf([service('a', { hosts: ['a.example.com'] }, '', xds)]).virtualHosts?.[0]?.routes?.[0]?.route
        ?.retryPolicy?.retryOn;
    assert.equal(retryOn({}), 'connect-failure,refused-stream');
    assert.equal(
      retryOn({ retry: { codes: ['Unavailable'] } }),
      'unavailable,connect-failure,refused-stream',
    );
  });

  it('does not send calls to a cluster before it and its endpoints are there', () => {
    const { resources } = proxyResources(
      [service('orders', { hosts: ['a.example.com', 'b.example.com'] })],
      listenAt,
    );
    const needs = resources.map((draft) =>
      draft.needs.map(({ typeUrl, name }) => `${typeUrl.split('.').at(-1)} ${name}`),
    );
    assert.deepEqual(needs, [
      ['RouteConfiguration proxy'],
      ['Cluster orders.shop', 'ClusterLoadAssignment orders.shop'],
    ]);
  });

  it('is by the rules of Envoy whatever is claimed, and does not depend on the order of the claims', () => {
    const host = fc.constantFrom('a.example.com', 'A.example.com', 'b.example.com', '*.example.com');
    const rpcService = fc.constantFrom('shop.v1.Orders', 'shop.v1.Users');
    const claimants = fc.uniqueArray(
      fc.record({
        name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
        proxy: fc.record({
          hosts: fc.array(host, { maxLength: 3 }),
          rpcServices: fc.array(rpcService, { maxLength: 3 }),
        }),
        createdAt: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'),
      }),
      { selector: ({ name }) => name },
    );
    fc.assert(
      fc.property(claimants, (given) => {
        const services = given.map(({ name, proxy, createdAt }) => service(name, proxy, createdAt));
        const made = proxyResources(services, listenAt);
        assert.deepEqual(made, proxyResources([...services].reverse(), listenAt));
        for (const draft of made.resources) {
          assert.deepEqual(refusals(draft), []);
          assert.ok(makeResource(draft.typeUrl, draft.name, draft.message, draft.needs).body.length > 0);
        }
        const routed = table(services);
        assert.equal(new Set(routed.map((line) => line.split(' -> ')[0])).size, routed.length);
      }),
    );
  });
});
