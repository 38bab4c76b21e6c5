import assert from 'node:assert/strict';
import type { ConfigMap } from '../../../../src/model/kube-objects.ts';
import { configMapFor, planConfigMap } from '../../../../src/xds/bootstrap/config-map.ts';

const input = {
  servers: [{ host: 'rollcall-xds.ops.svc.cluster.local', port: 18_000 }],
  tls: null,
  operatorNamespace: 'ops',
};
const wanted = configMapFor('shop', input);
const stored: ConfigMap = { ...wanted, metadata: { ...wanted.metadata, uid: 'u', resourceVersion: '7' } };

describe('the ConfigMap with the bootstrap of a namespace', () => {
  const bootstrapIn = ({ data }: ConfigMap) =>
    JSON.parse(data?.['bootstrap.json'] ?? '') as {
      node: object;
      xds_servers: { server_uri: string; channel_creds: object[] }[];
    };

  it('calls no client by the name of a pod, for all of the namespace read it', () => {
    const { node, xds_servers: servers } = bootstrapIn(wanted);
    assert.deepEqual(node, { id: 'namespace:shop', cluster: 'rollcall', locality: {} });
    assert.equal(servers[0]?.server_uri, 'dns:///rollcall-xds.ops.svc.cluster.local:18000');
    assert.deepEqual(servers[0].channel_creds, [{ type: 'insecure' }]);
  });

  it('names the files of a mounted Secret where the server has TLS', () => {
    const tls = { ca: '/tls/ca.crt', cert: null, key: null };
    const [server] = bootstrapIn(configMapFor('shop', { ...input, tls })).xds_servers;
    assert.deepEqual(server?.channel_creds, [
      { type: 'tls', config: { ca_certificate_file: '/tls/ca.crt', refresh_interval: '60s' } },
    ]);
  });

  it('is made where it is wanted and is not there, and nothing is done where it is right', () => {
    assert.deepEqual(planConfigMap(undefined, wanted, 'ops'), { action: 'create', configMap: wanted });
    assert.deepEqual(planConfigMap(stored, wanted, 'ops'), { action: 'none' });
    assert.deepEqual(planConfigMap(undefined, null, 'ops'), { action: 'none' });
  });

  it('is put right where somebody changed it, with the labels and annotations of others left on it', () => {
    const { metadata } = stored;
    const changed: ConfigMap = {
      ...stored,
      metadata: { ...metadata, labels: { ...metadata.labels, team: 'a' }, annotations: { note: 'b' } },
      data: { 'bootstrap.json': '{}', more: 'c' },
    };
    assert.deepEqual(planConfigMap(changed, wanted, 'ops'), {
      action: 'update',
      configMap: { ...changed, data: wanted.data },
    });
  });

  it('goes when the namespace is chosen no more', () => {
    assert.deepEqual(planConfigMap(stored, null, 'ops'), { action: 'delete', configMap: stored });
  });

  it('is never taken from somebody else, nor from the operator of another namespace', () => {
    const foreign: ConfigMap = { ...stored, metadata: { ...stored.metadata, labels: {} } };
    assert.deepEqual(planConfigMap(foreign, wanted, 'ops'), { action: 'refuse', configMap: foreign });
    assert.deepEqual(planConfigMap(foreign, null, 'ops'), { action: 'none' });
    assert.equal(planConfigMap(stored, wanted, 'other').action, 'refuse');
    assert.equal(planConfigMap(stored, null, 'other').action, 'none');
  });
});
