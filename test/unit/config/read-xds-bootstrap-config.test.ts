import assert from 'node:assert/strict';
import { type RawFlags, readXdsBootstrapConfig } from '../../../src/config/index.ts';

const read = (raw: RawFlags, env: Record<string, string> = {}) =>
  readXdsBootstrapConfig(raw, env, { hostname: 'laptop' });

const inPod = { POD_NAME: 'cart-1', POD_NAMESPACE: 'shop' };

describe('the configuration of rollcall xds-bootstrap', () => {
  it("asks the operator's Service by default", () => {
    assert.deepEqual(read({}).servers, [
      { host: 'rollcall-xds.rollcall-system.svc.cluster.local', port: 18_000 },
    ]);
    assert.deepEqual(read({ clusterDomain: 'corp.test' }, { ROLLCALL_NAMESPACE: 'ops' }).servers, [
      { host: 'rollcall-xds.ops.svc.corp.test', port: 18_000 },
    ]);
  });

  it('takes servers as people write them', () => {
    assert.deepEqual(read({ server: 'dns:///xds.example.com:1, 10.0.0.1:2,[2001:db8::1]:65535' }).servers, [
      { host: 'xds.example.com', port: 1 },
      { host: '10.0.0.1', port: 2 },
      { host: '2001:db8::1', port: 65_535 },
    ]);
    for (const server of [
      'xds',
      'xds:0',
      'xds:65536',
      'https://xds:1',
      ':18000',
      '2001:db8::1:18000',
      'a,b:1',
    ]) {
      assert.throws(
        () => read({ server }),
        /not of the form HOST:PORT, such as xds\.example\.com:18000/,
        server,
      );
    }
  });

  it('calls itself as told, else like the pod, else like the host', () => {
    assert.equal(read({ nodeId: 'x' }, inPod).nodeId, 'x');
    assert.equal(read({}, inPod).nodeId, 'cart-1.shop');
    assert.equal(read({}).nodeId, 'laptop');
  });

  it('says what to add to the manifest when the environment names half of a pod', () => {
    assert.throws(() => read({}, { POD_NAME: 'cart-1' }), {
      message:
        /needs both .* \{name: POD_NAMESPACE, valueFrom: \{fieldRef: \{fieldPath: metadata\.namespace\}\}\}$/,
    });
    assert.throws(() => read({}, { POD_NAMESPACE: 'shop', POD_NAME: '' }), /fieldPath: metadata\.name\}/);
    assert.equal(read({ nodeId: 'x' }, { POD_NAME: 'cart-1' }).nodeId, 'x');
  });

  it('takes the place from the variables that a manifest fills from labels, empty where the pod has none', () => {
    const { region, zone } = read({}, { ROLLCALL_REGION: '', ROLLCALL_ZONE: 'eu-1a' });
    assert.deepEqual({ region, zone }, { region: '', zone: 'eu-1a' });
  });

  it('tells all that is wrong at once', () => {
    assert.throws(
      () =>
        read({
          ...{ server: 'x', zone: 'z'.repeat(64), creds: 'mtls', tlsCert: 'c' },
          ...{ envoy: 'true', envoyAdmin: ':9901', output: '' },
        }),
      (error: unknown) => {
        const { problems } = error as { problems: string[] };
        const flags = problems.map((problem) => /^--[a-z-]+/.exec(problem)?.[0]);
        assert.deepEqual(flags, ['--output', '--server', '--zone', '--creds', '--envoy-admin', '--tls-cert']);
        assert.match(problems.at(-1) ?? '', /needs --tls-key$/);
        return true;
      },
    );
    assert.throws(() => read({ envoy: 'true', creds: 'tls' }), /--tls-ca .*ca-certificates\.crt/);
    assert.throws(() => read({ tlsKey: 'k' }), /--tls-key \(ROLLCALL_TLS_KEY\): needs --tls-cert/);
  });

  it('is for Envoy only when asked', () => {
    assert.equal(read({}).envoyAdmin, null);
    assert.deepEqual(read({ envoy: 'true' }).envoyAdmin, { host: '127.0.0.1', port: 9901 });
  });
});
