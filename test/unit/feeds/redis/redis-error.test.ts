import assert from 'node:assert/strict';
import { RetryableError, TerminalError } from '../../../../src/lib/errors.ts';
import {
  aclLine,
  translateRedisError,
  type RedisErrorContext,
} from '../../../../src/feeds/redis/redis-error.ts';

const context: RedisErrorContext = {
  address: { host: 'redis.data.svc', port: 6379 },
  role: 'server',
  username: 'follower',
  target: {
    topology: 'Standalone',
    addresses: [],
    sentinelMaster: null,
    channel: 'rollcall',
    tls: 'Disabled',
  },
};
const withCode = (code: string): Error => Object.assign(new Error('it failed'), { code });

describe('translateRedisError', () => {
  for (const [error, reason, mend] of [
    [new Error('WRONGPASS invalid username-password pair'), 'RedisAccessDenied', /credentialsSecretRef/],
    [new Error('NOAUTH HELLO must be called'), 'RedisAccessDenied', /key password/],
    [
      new Error('NOPERM No permissions to access a channel'),
      'RedisAccessDenied',
      /type on it: ACL SETUSER follower on &rollcall \+subscribe \+ping \+publish$/,
    ],
    [new Error('DENIED Redis is running in protected mode'), 'RedisAccessDenied', /set a password/],
    [new Error("ERR unknown command 'HELLO', with args"), 'RedisTooOld', /Redis 6/],
    [new Error('ERR This instance has cluster support disabled'), 'RedisNoCluster', /Standalone/],
    [new Error("ERR unknown command 'SENTINEL', with args"), 'RedisMasterUnknown', /no sentinel/],
    [withCode('ERR_TLS_CERT_ALTNAME_INVALID'), 'RedisTlsFailed', /spec\.feed\.redis\.tls/],
    [withCode('EPROTO'), 'RedisTlsFailed', /speaks TLS/],
  ] as const) {
    it(`makes ${reason} of "${error.message}", with its mend`, () => {
      const translated = translateRedisError(error, context);
      assert.ok(translated instanceof TerminalError, translated.name);
      assert.equal(translated.reason, reason);
      assert.match(translated.message, mend);
      assert.match(translated.message, /redis\.data\.svc:6379/);
    });
  }

  for (const [error, reason] of [
    [new Error('LOADING Redis is loading the dataset in memory'), 'RedisNotReady'],
    [new Error('ERR max number of clients reached'), 'RedisNotReady'],
    [withCode('ECONNREFUSED'), 'RedisUnreachable'],
    [new Error('Socket closed unexpectedly'), 'RedisUnreachable'],
  ] as const) {
    it(`waits for "${error.message}" to pass (${reason})`, () => {
      const translated = translateRedisError(error, context);
      assert.ok(translated instanceof RetryableError);
      assert.equal(translated.reason, reason);
    });
  }

  it('leaves errors of ours and bugs as they are', () => {
    for (const error of [new TerminalError('A', 'a'), new RetryableError('b'), new TypeError('c')])
      assert.equal(translateRedisError(error, context), error);
  });

  it('names the command of the topology, and quotes what redis-cli would split', () => {
    const target = { ...context.target, topology: 'Cluster', channel: 'roll call' } as const;
    assert.equal(
      aclLine({ ...context, target }),
      'ACL SETUSER follower on "&roll call" +subscribe +ping +publish +cluster|info',
    );
    assert.equal(aclLine({ ...context, role: 'sentinel' }), 'ACL SETUSER follower on +sentinel +ping');
  });
});
