import assert from 'node:assert/strict';
import { parseKubeconfig } from '../../../src/kube/kubeconfig.ts';
import { TerminalError } from '../../../src/lib/errors.ts';

const good = {
  'current-context': 'here',
  contexts: [
    { name: 'here', context: { cluster: 'local', user: 'me', namespace: 'shop' } },
    { name: 'odd', context: 7 },
  ],
  clusters: [
    { name: 'local', cluster: { server: 'https://10.77.0.1:6443', 'certificate-authority': 'certs/ca.crt' } },
  ],
  users: [{ name: 'me', user: { 'client-certificate': '/etc/me.crt', 'client-key': 'me.key' } }],
};

const parse = (config: unknown) => parseKubeconfig(JSON.stringify(config), '/home/me/.kube/config');

const AS_FIELDS: Readonly<Record<string, unknown>> = {
  'as-uid': '7',
  'as-groups': ['shop'],
  'as-user-extra': { scopes: ['read'] },
};

describe('parseKubeconfig', () => {
  it('reads whom to act as', async () => {
    const { user } = await parse({ ...good, users: [{ name: 'me', user: { as: 'alice', ...AS_FIELDS } }] });
    assert.deepEqual(user, { as: 'alice', ...AS_FIELDS });
  });

  it('answers the current context, its paths made absolute as kubectl does', async () => {
    const config = await parse(good);
    assert.equal(config.namespace, 'shop');
    assert.equal(config.cluster.server, 'https://10.77.0.1:6443');
    assert.equal(config.cluster['certificate-authority'], '/home/me/.kube/certs/ca.crt');
    assert.equal(config.user['client-certificate'], '/etc/me.crt');
    assert.equal(config.user['client-key'], '/home/me/.kube/me.key');
  });

  it('does without a user', async () => {
    const contexts = [{ name: 'here', context: { cluster: 'local' } }];
    assert.deepEqual((await parse({ ...good, contexts })).user, {});
  });

  const wrong: readonly { name: string; config: unknown; says: RegExp }[] = [
    { name: 'no current context', config: { ...good, 'current-context': '' }, says: /use-context/ },
    {
      name: 'a context that is not there',
      config: { ...good, 'current-context': 'there' },
      says: /contexts has no entry named there/,
    },
    {
      name: 'a context that is no context',
      config: { ...good, 'current-context': 'odd' },
      says: /contexts\[odd\]\.context/,
    },
    {
      name: 'a cluster that is not there',
      config: { ...good, clusters: [] },
      says: /clusters has no entry named local/,
    },
    {
      name: 'a user that is not there',
      config: { ...good, users: null },
      says: /users has no entry named me/,
    },
    {
      name: 'a server that is no URL',
      config: { ...good, clusters: [{ name: 'local', cluster: { server: 'nowhere' } }] },
      says: /clusters\[local\]\.cluster\.server/,
    },
    {
      name: 'an auth-provider',
      config: { ...good, users: [{ name: 'me', user: { 'auth-provider': { name: 'gcp' } } }] },
      says: /auth-provider \(gcp\)/,
    },
    ...['as-uid', 'as-groups', 'as-user-extra'].map((field) => ({
      name: `${field} of nobody`,
      config: { ...good, users: [{ name: 'me', user: { [field]: AS_FIELDS[field] } }] },
      says: new RegExp(`user me has ${field} without as`),
    })),
  ];
  for (const { name, config, says } of wrong) {
    it(`says what is wrong: ${name}`, async () => {
      await assert.rejects(
        parse(config),
        (error) => error instanceof TerminalError && says.test(error.message),
      );
    });
  }

  it('says what is wrong: no YAML', async () => {
    await assert.rejects(
      parseKubeconfig('a: [', '/tmp/config'),
      (error) => error instanceof TerminalError && error.message.includes('no YAML'),
    );
  });
});
