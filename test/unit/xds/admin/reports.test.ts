import assert from 'node:assert/strict';
import type { ObjectKey } from '../../../../src/model/key.ts';
import { clientsReport } from '../../../../src/xds/admin/clients.ts';
import { readConfigQuery } from '../../../../src/xds/admin/queries.ts';
import { configReport } from '../../../../src/xds/admin/resources.ts';
import { printClients, printConfig } from '../../../../src/cli/xds/print.ts';
import type { ResourceKey } from '../../../../src/xds/resource.ts';
import { TYPE } from '../../../../src/xds/resource.ts';
import { XdsWorld } from '../../../../src/xds/world/xds-world.ts';
import { xdsSpec } from '../../../../src/xds/resources/xds-spec.ts';
import { aGrpcService } from '../../../support/grpc-services.ts';
import { anEndpoint } from '../../../support/xds/endpoints.ts';
import { aListing, aNode, aTypeListing } from '../../../support/xds/streams.ts';

const AT = Date.UTC(2026, 0, 1);

const ownerOf = ({ name }: ResourceKey): ObjectKey =>
  name.startsWith('users') ? 'shop/users' : 'shop/orders';
const all = { service: null, ownerOf };

const refusing = aListing({
  types: [
    aTypeListing({
      typeUrl: TYPE.cluster,
      names: ['orders.shop'],
      resources: [
        {
          name: 'orders.shop',
          sent: { version: 'v2', atMs: AT },
          acked: { version: 'v1', atMs: AT },
          refused: { version: 'v2', reason: 'bad\u001b[2J policy', atMs: AT },
        },
      ],
    }),
    aTypeListing({ names: ['users.shop'], lagMs: 12.4 }),
  ],
});

describe('GET /xds/clients', () => {
  it('shows each client with what it has, what it waits for and what it refuses', () => {
    const { replica, clients } = clientsReport('rollcall-1', [refusing], all);
    assert.equal(replica, 'rollcall-1');
    const [client] = clients;
    assert.deepEqual(
      [client?.node, client?.agent, client?.state, client?.lagMs, client?.since],
      ['web-1.shop', 'gRPC Go 1.80.0', 'Refused', 12, '2026-01-01T00:00:00.000Z'],
    );
    assert.deepEqual(client?.types[0]?.resources, [
      {
        name: 'orders.shop',
        sent: { version: 'v2', at: '2026-01-01T00:00:00.000Z' },
        acked: { version: 'v1', at: '2026-01-01T00:00:00.000Z' },
        refused: { version: 'v2', at: '2026-01-01T00:00:00.000Z', reason: 'bad\u001b[2J policy' },
      },
    ]);
    assert.deepEqual(client.types[1]?.resources, [
      { name: 'users.shop', sent: null, acked: null, refused: null },
    ]);
  });

  it('is about the clients of one GrpcService, and about its resources alone, where one is asked for', () => {
    const stranger = aListing({ types: [aTypeListing({ names: ['users.shop'] })] });
    const { clients } = clientsReport('r', [refusing, stranger], { service: 'shop/orders', ownerOf });
    assert.equal(clients.length, 1);
    assert.deepEqual(
      clients[0]?.types.map(({ type }) => type),
      ['Cluster'],
    );
    assert.equal(clients[0].lagMs, 0);
  });

  it('has clients that have not said who they are, and sorts by name', () => {
    const streams = [aListing(), aListing({ node: null }), aListing({ node: aNode({ id: 'api-1.shop' }) })];
    const { clients } = clientsReport('r', streams, all);
    assert.deepEqual(
      clients.map(({ node, state }) => [node, state]),
      [
        ['', 'Current'],
        ['api-1.shop', 'Current'],
        ['web-1.shop', 'Current'],
      ],
    );
  });

  it('is a table for people, with refusals in full and nothing that moves the cursor', () => {
    const report = clientsReport('rollcall-1', [refusing], all);
    const lines = printClients([report], false).split('\n');
    assert.match(lines[0] ?? '', /^NODE +AGENT +ZONE +KIND +STATE +LAG +RESOURCES +SINCE +REPLICA$/);
    assert.match(
      lines[1] ?? '',
      /^web-1\.shop +gRPC Go 1\.80\.0 +- +sotw +Refused +12ms +1\/2 +2026\S+ +rollcall-1$/,
    );
    assert.equal(lines[2], '1 client on 1 replica.');
    assert.equal(
      lines[3],
      'web-1.shop (10.0.0.1:4242) refuses Cluster orders.shop, version v2: bad?[2J policy',
    );
    assert.match(printClients([report], true), /PEER +REGION +VIEW +NAMES\n.*orders\.shop,users\.shop/);
    assert.equal(printClients([{ replica: 'r', clients: [] }], false), 'No client is connected to r.\n');
  });
});

describe('GET /xds/config', () => {
  const world = new XdsWorld(null, (key) => assert.fail(key));
  world.put('shop/orders', {
    service: {
      ...{ namespace: 'shop', name: 'orders', clusterDomain: 'cluster.local', port: 50051 },
      xds: xdsSpec(aGrpcService()),
    },
    endpoints: [anEndpoint()],
    proxy: null,
  });
  const read = (text: string) => {
    const query = readConfigQuery(new URLSearchParams(text));
    assert.ok(query.ok, text);
    return configReport('rollcall-1', world, [refusing], query.query);
  };

  it('shows what a client in that place would be shown, decoded, in the order in which a client follows it', () => {
    const { view, resources } = read('service=shop/orders&zone=eu-1a');
    assert.match(view ?? '', /^grpc.*eu-1a/);
    assert.deepEqual(
      [...new Set(resources.map(({ type }) => type))],
      ['Listener', 'RouteConfiguration', 'Cluster', 'ClusterLoadAssignment'],
    );
    const assignment = JSON.stringify(resources.at(-1)?.content);
    assert.match(assignment, /"clusterName":"orders\.shop".*"address":"10\.0\.0\.1"/);
    assert.match(resources.at(-1)?.version ?? '', /^[0-9a-f]{16}$/);
  });

  it('shows what a connected client is shown of what it subscribed to', () => {
    const { resources } = read('nodeId=web-1.shop');
    assert.deepEqual(
      resources.map(({ type, name }) => `${type} ${name}`),
      ['Cluster orders.shop'],
    );
    assert.deepEqual(read('nodeId=web-1.shop&service=shop/users').resources, []);
  });

  it('knows no view for a client that is not connected here', () => {
    const report = read('nodeId=nobody');
    assert.deepEqual([report.view, report.resources], [null, []]);
    assert.equal(
      printConfig([report], 'nobody'),
      'No client with node.id nobody is connected to rollcall-1.\n',
    );
  });

  it('says what is wrong with a question', () => {
    for (const [text, says] of [
      ['', /nodeId=ID .* or service=NAMESPACE\/NAME/],
      ['service=orders', /NAMESPACE\/NAME/],
      ['service=shop/orders&agent=curl', /neither grpc nor envoy/],
    ] as const) {
      const query = readConfigQuery(new URLSearchParams(text));
      assert.ok(!query.ok, text);
      assert.match(query.problem, says);
    }
  });
});
