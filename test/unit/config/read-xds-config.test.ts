import assert from 'node:assert/strict';
import { readXdsConfig } from '../../../src/config/index.ts';
import { ConfigError } from '../../../src/lib/errors.ts';

describe('configuration of rollcall xds', () => {
  it('asks the operator of its own pod about everybody, by default', () => {
    assert.deepEqual(readXdsConfig({ what: 'clients' }, {}), {
      what: 'clients',
      addresses: [{ host: '127.0.0.1', port: 8082 }],
      ...{ service: null, nodeId: null, agent: 'grpc', region: '', zone: '' },
      ...{ output: 'table', timeoutMs: 5000 },
    });
  });

  it('takes several replicas, and a client in a place', () => {
    const raw = {
      what: 'config',
      address: '127.0.0.1:1,[::1]:2',
      service: 'shop/orders',
      zone: 'eu-1a',
      output: 'yaml',
    };
    const config = readXdsConfig(raw, {});
    assert.deepEqual(config.addresses, [
      { host: '127.0.0.1', port: 1 },
      { host: '::1', port: 2 },
    ]);
    assert.deepEqual(
      [config.service, config.zone, config.output],
      [{ namespace: 'shop', name: 'orders' }, 'eu-1a', 'yaml'],
    );
  });

  const wrong: readonly { readonly raw: Record<string, string>; readonly says: RegExp }[] = [
    { raw: { what: 'servers' }, says: /^"servers" is none of clients, config$/ },
    {
      raw: { what: 'config' },
      says: /^config: say whose, with --node-id \(ROLLCALL_NODE_ID\) .* --service NAMESPACE\/NAME$/,
    },
    { raw: { what: 'clients', service: 'orders' }, says: /--service .* is not of the form NAMESPACE\/NAME/ },
    { raw: { what: 'clients', address: '8082' }, says: /--address .* is not of the form HOST:PORT/ },
  ];
  for (const { raw, says } of wrong) {
    it(`refuses ${JSON.stringify(raw)}, and says what to type`, () => {
      assert.throws(
        () => readXdsConfig(raw, {}),
        (error) =>
          error instanceof ConfigError && error.problems.length === 1 && says.test(error.problems[0] ?? ''),
      );
    });
  }
});
