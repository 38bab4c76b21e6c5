import assert from 'node:assert/strict';
import { effectiveConfig, type RawFlags, readMigrateConfig } from '../../../src/config/index.ts';
import { ConfigError } from '../../../src/lib/errors.ts';

const URL_OK = 'mysql://root:pw@db:3307/registry';

function problemsOf(raw: RawFlags): readonly string[] {
  try {
    readMigrateConfig(raw, {});
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
}

describe('configuration of migrate', () => {
  const urls = [
    { url: URL_OK, is: { host: 'db', port: 3307, database: 'registry', user: 'root', password: 'pw' } },
    { url: 'mysql://a@db/r', is: { host: 'db', port: 3306, database: 'r', user: 'a', password: '' } },
    {
      url: 'mysql://a%40b:p%2F%3A%25%40@[fd00::1]:3306/my%20db',
      is: { host: 'fd00::1', port: 3306, database: 'my db', user: 'a@b', password: 'p/:%@' },
    },
  ];
  for (const { url, is } of urls) {
    it(`reads ${url}`, () => assert.deepEqual(readMigrateConfig({ url }, {}).database, is));
  }

  it('takes the database from the environment', () => {
    assert.equal(readMigrateConfig({}, { ROLLCALL_URL: URL_OK }).database.host, 'db');
  });

  it('reads the TLS files and their mode', () => {
    const raw = { url: URL_OK, tlsMode: 'VerifyCA', tlsCa: 'ca.pem', tlsCert: 'c.pem', tlsKey: 'k.pem' };
    assert.deepEqual(readMigrateConfig(raw, {}).tls, {
      mode: 'VerifyCA',
      caFile: 'ca.pem',
      certFile: 'c.pem',
      keyFile: 'k.pem',
    });
  });

  const FORM = 'is not of the form mysql://USER:PASSWORD@HOST:PORT/DATABASE';
  const wrong: readonly { readonly raw: RawFlags; readonly says: string }[] = [
    { raw: {}, says: '--url (ROLLCALL_URL): is needed, as mysql://USER:PASSWORD@HOST:PORT/DATABASE' },
    { raw: { url: 'postgres://a:hidden@db/r' }, says: `--url (ROLLCALL_URL): the value ${FORM}` },
    {
      raw: { url: 'mysql://a:hid/den@db/r' },
      says: `--url (ROLLCALL_URL): the value ${FORM} (write @ : / ? # % in a password as %40 %3A %2F %3F %23 %25)`,
    },
    { raw: { url: 'mysql://:hidden@db/r' }, says: '--url (ROLLCALL_URL): the value names no user' },
    { raw: { url: 'mysql:///r' }, says: '--url (ROLLCALL_URL): the value names no user' },
    {
      raw: { url: 'mysql://a:hidden@db' },
      says: '--url (ROLLCALL_URL): the value does not end in /DATABASE',
    },
    {
      raw: { url: 'mysql://a:hidden@db/r/s' },
      says: '--url (ROLLCALL_URL): the value does not end in /DATABASE',
    },
    {
      raw: { url: 'mysql://a:hid%den@db/r' },
      says: '--url (ROLLCALL_URL): the value has a % that starts no %XX',
    },
    {
      raw: { url: 'mysql://a:hidden@db/r?ssl=true' },
      says: '--url (ROLLCALL_URL): the value has options after the database; use the flags instead',
    },
    {
      raw: { url: URL_OK, tlsCa: 'ca.pem' },
      says: '--tls-ca (ROLLCALL_TLS_CA): means nothing while --tls-mode is Disabled',
    },
    {
      raw: { url: URL_OK, tlsMode: 'Required', tlsCert: 'c.pem' },
      says: '--tls-cert (ROLLCALL_TLS_CERT): needs --tls-key',
    },
    {
      raw: { url: URL_OK, tlsMode: 'Required', tlsKey: 'k.pem' },
      says: '--tls-key (ROLLCALL_TLS_KEY): needs --tls-cert',
    },
    {
      raw: { url: URL_OK, tlsMode: 'required' },
      says: '--tls-mode (ROLLCALL_TLS_MODE): "required" is none of Disabled, Required, VerifyCA, VerifyIdentity',
    },
    {
      raw: { url: URL_OK, remove: 'true' },
      says: '--remove (ROLLCALL_REMOVE): means nothing without --feed',
    },
    {
      raw: { url: URL_OK, feed: 'trigger', dryRun: 'yes' },
      says: '--dry-run (ROLLCALL_DRY_RUN): "yes" is neither true nor false',
    },
  ];
  for (const { raw, says } of wrong) {
    it(`refuses ${JSON.stringify(raw)} and shows no part of the URL`, () => {
      assert.deepEqual(problemsOf(raw), [says]);
    });
  }

  it('shows everything but the password', () => {
    assert.deepEqual(effectiveConfig(readMigrateConfig({ url: URL_OK }, {})), {
      database: { host: 'db', port: 3307, database: 'registry', user: 'root', password: '***' },
      tls: { mode: 'Disabled', caFile: null, certFile: null, keyFile: null },
      lockTimeoutMs: 60_000,
      feed: null,
      remove: false,
      dryRun: false,
      registryFile: null,
    });
  });
});
