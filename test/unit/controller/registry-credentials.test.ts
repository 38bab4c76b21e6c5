import assert from 'node:assert/strict';
import { KubeApiError } from '../../../src/controller/kube-ports.ts';
import { RegistrySecrets } from '../../../src/controller/registry-credentials.ts';
import { RetryableError, TerminalError } from '../../../src/lib/errors.ts';
import type { Secret } from '../../../src/model/kube-objects.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeResourceClient } from '../../support/fake-resource-client.ts';

const encoded = (data: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]));
const signal = new AbortController().signal;
const mysql = { host: 'db', database: 'registry', credentialsSecretRef: { name: 'login' } };

describe('RegistrySecrets', () => {
  let clock: FakeClock;
  let client: FakeResourceClient<Secret>;
  let secrets: RegistrySecrets;

  const put = (name: string, data: Readonly<Record<string, string>>): void => {
    client.objects.set(`ops/${name}`, { metadata: { namespace: 'ops', name }, data: encoded(data) });
  };
  const failWith = (error: Error): void => {
    client.before = () => {
      throw error;
    };
  };

  beforeEach(() => {
    clock = new FakeClock();
    client = new FakeResourceClient<Secret>();
    secrets = new RegistrySecrets(client, clock, 'ops', 'ops:rollcall');
    put('login', { username: 'u', password: 'p' });
  });

  it('reads the login and both certificates', async () => {
    put('ca', { 'ca.crt': 'CA' });
    put('client', { 'tls.crt': 'CERT', 'tls.key': 'KEY' });
    const tls = { caSecretRef: { name: 'ca' }, clientCertificateSecretRef: { name: 'client' } };
    assert.deepEqual(await secrets.read({ ...mysql, tls }, false, signal), {
      username: 'u',
      password: 'p',
      ca: 'CA',
      cert: 'CERT',
      key: 'KEY',
    });
  });

  it('reads the login of the binary log from a Secret of its own, or else takes that of the registry', async () => {
    put('log', { username: 'reader', password: 'q' });
    put('ca', { 'ca.crt': 'CA' });
    const spec = { mysql: { ...mysql, tls: { caSecretRef: { name: 'ca' } } } };
    const of = (feed?: { readonly binlog: { readonly credentialsSecretRef: { readonly name: string } } }) =>
      secrets.readBinlog(feed === undefined ? spec : { ...spec, feed }, false, signal);
    assert.deepEqual(await of(), { username: 'u', password: 'p', ca: 'CA' });
    const own = { binlog: { credentialsSecretRef: { name: 'log' } } };
    assert.deepEqual(await of(own), { username: 'reader', password: 'q', ca: 'CA' });
    put('empty', { username: 'reader' });
    await assert.rejects(of({ binlog: { credentialsSecretRef: { name: 'empty' } } }), {
      message: /\(spec\.feed\.binlog\.credentialsSecretRef\) has no key password/,
    });
  });

  describe('for Redis', () => {
    const redis = { addresses: ['redis:6379'] };

    it('has no login where no Secret is named, and no user where the Secret names none', async () => {
      assert.deepEqual(await secrets.readRedis(redis, false, signal), { login: {}, sentinelLogin: {} });
      put('redis', { password: 'q' });
      const spec = { ...redis, credentialsSecretRef: { name: 'redis' } };
      assert.deepEqual(await secrets.readRedis(spec, false, signal), {
        login: { password: 'q' },
        sentinelLogin: {},
      });
    });

    it('reads the logins of server and sentinels, and the certificates', async () => {
      put('sentinel', { username: 'watcher', password: 'w' });
      put('ca', { 'ca.crt': 'CA' });
      put('client', { 'tls.crt': 'CERT', 'tls.key': 'KEY' });
      const spec = {
        ...redis,
        credentialsSecretRef: { name: 'login' },
        sentinelCredentialsSecretRef: { name: 'sentinel' },
        tls: { caSecretRef: { name: 'ca' }, clientCertificateSecretRef: { name: 'client' } },
      };
      assert.deepEqual(await secrets.readRedis(spec, false, signal), {
        login: { username: 'u', password: 'p' },
        sentinelLogin: { username: 'watcher', password: 'w' },
        ...{ ca: 'CA', cert: 'CERT', key: 'KEY' },
      });
    });

    it('reads a login again that was refused', async () => {
      const spec = { ...redis, credentialsSecretRef: { name: 'login' } };
      await secrets.readRedis(spec, false, signal);
      put('login', { password: 'new' });
      assert.equal((await secrets.readRedis(spec, false, signal)).login.password, 'p');
      assert.deepEqual((await secrets.readRedis(spec, true, signal)).login, { password: 'new' });
    });

    it('names the field whose Secret is missing, or has no password, and what to type', async () => {
      const spec = { ...redis, credentialsSecretRef: { name: 'redis' } };
      await assert.rejects(secrets.readRedis(spec, false, signal), {
        reason: 'SecretNotFound',
        message: /kubectl create secret generic redis -n ops --from-literal=password=PASSWORD$/,
      });
      put('redis', { username: 'u' });
      await assert.rejects(secrets.readRedis(spec, false, signal), {
        reason: 'SecretIncomplete',
        message: /\(spec\.feed\.redis\.credentialsSecretRef\) has no key password/,
      });
      put('sentinel', { username: 'u' });
      const sentinels = { ...redis, sentinelCredentialsSecretRef: { name: 'sentinel' } };
      await assert.rejects(secrets.readRedis(sentinels, false, signal), {
        message: /\(spec\.feed\.redis\.sentinelCredentialsSecretRef\) has no key password/,
      });
      const tls = { ...redis, tls: { caSecretRef: { name: 'login' } } };
      await assert.rejects(secrets.readRedis(tls, false, signal), {
        message: /\(spec\.feed\.redis\.tls\.caSecretRef\) has no key ca\.crt/,
      });
    });
  });

  it('asks the API server once in half a minute, and at once when a login was refused', async () => {
    await secrets.read(mysql, false, signal);
    put('login', { username: 'u', password: 'new' });
    assert.equal((await secrets.read(mysql, false, signal)).password, 'p');
    assert.equal((await secrets.read(mysql, true, signal)).password, 'new');
    put('login', { username: 'u', password: 'newer' });
    await clock.advance(30_000);
    assert.equal((await secrets.read(mysql, false, signal)).password, 'newer');
  });

  for (const error of [
    new RetryableError('no answer'),
    new KubeApiError(503, 'ServiceUnavailable', 'busy'),
  ]) {
    it(`goes on with what it knows while the API server says: ${error.message}`, async () => {
      await secrets.read(mysql, false, signal);
      await clock.advance(60_000);
      failWith(error);
      assert.equal((await secrets.read(mysql, false, signal)).password, 'p');
    });
    it(`asks to try again when it knows nothing, or what it knew was refused: ${error.message}`, async () => {
      failWith(error);
      await assert.rejects(secrets.read(mysql, false, signal), RetryableError);
    });
  }

  const faults: readonly {
    readonly name: string;
    readonly reason: string;
    readonly says: RegExp;
    readonly make: () => void;
    readonly tls?: object;
  }[] = [
    {
      name: 'no such Secret',
      reason: 'SecretNotFound',
      says: /create secret generic login -n ops --from-literal=username/,
      make: () => client.objects.clear(),
    },
    {
      name: 'no such Secret of a CA',
      reason: 'SecretNotFound',
      says: /create secret generic ca -n ops --from-file=ca\.crt/,
      make: () => undefined,
      tls: { caSecretRef: { name: 'ca' } },
    },
    {
      name: 'no such Secret of a certificate',
      reason: 'SecretNotFound',
      says: /create secret tls cert -n ops --cert/,
      make: () => undefined,
      tls: { clientCertificateSecretRef: { name: 'cert' } },
    },
    {
      name: 'a key that is missing',
      reason: 'SecretIncomplete',
      says: /has no key password/,
      make: () => put('login', { username: 'u' }),
    },
    {
      name: 'a right that is missing',
      reason: 'SecretForbidden',
      says: /kubectl create role .*--serviceaccount=ops:rollcall/,
      make: () => failWith(new KubeApiError(403, 'Forbidden', 'no')),
    },
  ];
  it('says to a person who may not read a Secret how he is allowed to', async () => {
    failWith(new KubeApiError(403, 'Forbidden', 'no'));
    await assert.rejects(new RegistrySecrets(client, clock, 'ops', null).read(mysql, false, signal), {
      reason: 'SecretForbidden',
      message: /^Your own user may not .* && kubectl create rolebinding .* --user=USER$/,
    });
  });

  for (const { name, reason, says, make, tls } of faults) {
    it(`says what to type for ${name}`, async () => {
      make();
      await assert.rejects(
        secrets.read({ ...mysql, ...(tls === undefined ? {} : { tls }) }, false, signal),
        (error) => {
          assert.ok(error instanceof TerminalError);
          assert.equal(error.reason, reason);
          assert.match(error.message, says);
          return true;
        },
      );
    });
  }
});
