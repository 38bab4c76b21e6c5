import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import * as fc from 'fast-check';
import type { BootstrapInput } from '../../../../src/xds/bootstrap/client.ts';
import { grpcBootstrap } from '../../../../src/xds/bootstrap/grpc-bootstrap.ts';

/** The reader of the client for Node.js: the strictest of the four. */
const { validateBootstrapConfig } = createRequire(import.meta.url)(
  '@grpc/grpc-js-xds/build/src/xds-bootstrap.js',
) as { validateBootstrapConfig: (bootstrap: unknown) => ReadByNode };

interface ReadByNode {
  readonly xdsServers: readonly {
    readonly server_uri: string;
    readonly server_features: readonly string[];
  }[];
  readonly node: { readonly id: string; readonly locality: object };
  readonly certificateProviders: Readonly<
    Record<string, { readonly config: { readonly refreshIntervalMs: number } }>
  >;
}

const plain: BootstrapInput = {
  servers: [{ host: 'xds.example.com', port: 18_000 }],
  creds: 'insecure',
  tls: null,
  nodeId: 'cart-1.shop',
  nodeCluster: 'rollcall',
  region: 'eu-1',
  zone: 'eu-1a',
};

describe('the bootstrap of a gRPC client', () => {
  it('names the server, the node and its place, in plain text by default', () => {
    assert.deepEqual(grpcBootstrap(plain), {
      xds_servers: [
        {
          server_uri: 'dns:///xds.example.com:18000',
          channel_creds: [{ type: 'insecure' }],
          server_features: ['xds_v3', 'ignore_resource_deletion'],
        },
      ],
      node: { id: 'cart-1.shop', cluster: 'rollcall', locality: { region: 'eu-1', zone: 'eu-1a' } },
    });
  });

  it('has a locality also where nothing is known of it, because Node.js refuses to start without', () => {
    const bootstrap = grpcBootstrap({ ...plain, region: '', zone: '' });
    assert.deepEqual(bootstrap.node.locality, {});
    assert.deepEqual(validateBootstrapConfig(bootstrap).node.locality, {});
    const { id, cluster } = bootstrap.node;
    assert.throws(() => validateBootstrapConfig({ ...bootstrap, node: { id, cluster } }), /locality/);
  });

  it('has several servers in their order, IPv6 in brackets', () => {
    const servers = [
      { host: '2001:db8::1', port: 1 },
      { host: '10.0.0.1', port: 2 },
    ];
    assert.deepEqual(
      grpcBootstrap({ ...plain, servers }).xds_servers.map(({ server_uri: uri }) => uri),
      ['dns:///[2001:db8::1]:1', 'dns:///10.0.0.1:2'],
    );
  });

  it('with mTLS gives the same files to the channel and to the certificate provider', () => {
    const tls = { ca: '/tls/ca.crt', cert: '/tls/tls.crt', key: '/tls/tls.key' };
    const config = {
      ca_certificate_file: '/tls/ca.crt',
      certificate_file: '/tls/tls.crt',
      private_key_file: '/tls/tls.key',
      refresh_interval: '60s',
    };
    const bootstrap = grpcBootstrap({ ...plain, creds: 'tls', tls });
    assert.deepEqual(bootstrap.xds_servers[0]?.channel_creds, [{ type: 'tls', config }]);
    assert.deepEqual(bootstrap.certificate_providers, { default: { plugin_name: 'file_watcher', config } });
  });

  it('takes the authorities of the system where none are named', () => {
    const bootstrap = grpcBootstrap({ ...plain, creds: 'tls' });
    assert.deepEqual(bootstrap.xds_servers[0]?.channel_creds, [{ type: 'tls' }]);
    assert.equal('certificate_providers' in bootstrap, false);
  });

  it('is taken by the client for Node.js, whatever it is made from', () => {
    const file = fc.string({ minLength: 1 });
    const tls = fc.oneof(
      fc.constant(null),
      fc.record({ ca: file, cert: fc.constant(null), key: fc.constant(null) }),
      fc.record({ ca: fc.option(file), cert: file, key: file }),
    );
    const input = fc.record({
      servers: fc.array(fc.record({ host: fc.domain(), port: fc.integer({ min: 1, max: 65_535 }) }), {
        minLength: 1,
        maxLength: 3,
      }),
      creds: fc.constant('insecure' as const),
      tls,
      nodeId: fc.string(),
      nodeCluster: fc.string(),
      region: fc.string(),
      zone: fc.string(),
    });
    fc.assert(
      fc.property(input, (client) => {
        const read = validateBootstrapConfig(JSON.parse(JSON.stringify(grpcBootstrap(client))));
        assert.equal(read.xdsServers.length, client.servers.length);
        assert.equal(read.node.id, client.nodeId);
        const provider = read.certificateProviders.default;
        assert.equal(provider?.config.refreshIntervalMs, client.tls === null ? undefined : 60_000);
      }),
    );
  });
});
