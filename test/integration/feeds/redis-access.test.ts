import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { waitFor } from '../../../local/lib/wait.ts';
import { createCertificateAuthority } from '../../../local/servers/certificates.ts';
import {
  startRedis,
  startRedisCluster,
  startSentinel,
  type RedisServer,
} from '../../../local/servers/redis.ts';
import { checkRedis } from '../../../src/feeds/redis/check.ts';
import type { RedisAccess, RedisAddress, RedisTarget } from '../../../src/feeds/redis/target.ts';
import { errorMessage, RetryableError, TerminalError } from '../../../src/lib/errors.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import type { FeedProblem } from '../../../src/registry/feed-problem.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { noLogin, publish, redisAt, redisFeed, type RedisFeedSettings } from '../../support/redis-feeds.ts';
import { TableReader } from '../../support/table-reader.ts';
import { freshAddress } from '../../support/testbed/index.ts';

const addressOf = ({ address, port }: RedisServer): RedisAddress => ({ host: address, port });
type RedisTlsMode = RedisTarget['tls'];
const loginOf = (username: string, password: string): RedisAccess => ({
  ...noLogin,
  login: { username, password },
});

async function check(target: RedisTarget, access: RedisAccess = noLogin): Promise<readonly FeedProblem[]> {
  return await checkRedis({ target, access, clock: systemClock }, AbortSignal.timeout(10_000));
}

/** A Redis feed at work over a table in memory: what it says is kept. */
class FollowedChannel {
  readonly hints: string[] = [];
  readonly resyncs: string[] = [];
  /** Reasons, the newest last; '' for healthy. */
  readonly health: string[] = [];
  message = '';
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;

  constructor(settings: RedisFeedSettings) {
    const known = { has: () => false, sums: () => new Map<string, never>(), revision: () => 0 };
    const reader = new TableReader(new FakeClock());
    const feed = redisFeed(settings, { known, reader, logger: new RecordingLogger() });
    this.#running = feed.run(
      {
        hint: (services) => void this.hints.push(...services.map(({ service }) => service)),
        resync: (reason) => void this.resyncs.push(reason),
        healthy: () => void this.health.push(''),
        unhealthy: (error) => {
          assert.ok(error instanceof RetryableError || error instanceof TerminalError, errorMessage(error));
          this.message = errorMessage(error);
          this.health.push(error.reason);
        },
      },
      this.#stopping.signal,
    );
  }

  async whenHealthy(timeoutMs = 10_000): Promise<this> {
    await waitFor('the feed to follow', () => this.health.at(-1) === '', { timeoutMs });
    return this;
  }

  async whenFaulty(reason: string): Promise<void> {
    await waitFor(`the feed to say ${reason}`, () => this.health.at(-1) === reason).catch(
      (cause: unknown) => {
        throw new Error(`it says ${this.health.slice(-3).join()}: ${this.message}`, { cause });
      },
    );
  }

  /** Hears of a service that somebody publishes. */
  async hears(server: RedisServer, service: string): Promise<void> {
    await waitFor(`${service} to be heard`, async () => {
      await publish(server, service).catch(() => undefined);
      return this.hints.includes(service);
    });
  }

  async close(): Promise<void> {
    this.#stopping.abort(new Error('the test is over'));
    await this.#running;
  }
}

describe('the Redis feed and what it may do', function () {
  this.timeout(60_000);
  let redis: RedisServer;
  let channel: FollowedChannel | undefined;
  before(async () => {
    redis = await startRedis({ address: freshAddress(), extraArgs: ['--save', ''] });
  });
  after(() => redis.dispose());
  afterEach(async () => {
    await channel?.close();
    channel = undefined;
  });

  const follow = (settings: Partial<RedisFeedSettings> = {}): FollowedChannel =>
    (channel = new FollowedChannel({ target: redisAt(addressOf(redis)), ...settings }));

  it('names a wrong password, and takes the right one as soon as the Secret has it', async () => {
    await redis.command('ACL', 'SETUSER', 'follower', 'on', '>right', '&rollcall', '+subscribe', '+ping');
    let password = 'wrong';
    const asked: boolean[] = [];
    const followed = follow({
      access: ({ refresh }) => {
        asked.push(refresh);
        return Promise.resolve(loginOf('follower', password));
      },
    });
    await followed.whenFaulty('RedisAccessDenied');
    assert.match(followed.message, /refuses the user follower .*spec\.feed\.redis\.credentialsSecretRef/);
    password = 'right';
    await followed.whenHealthy();
    assert.deepEqual(asked.slice(0, 2), [false, true]);
    assert.deepEqual(followed.resyncs, ['FeedResumed']);
    await followed.hears(redis, 'orders');
  });

  it('names the line that lets a user follow the channel, which is enough', async () => {
    await redis.command('ACL', 'SETUSER', 'blind', 'on', '>right', 'resetchannels', '-@all');
    const followed = follow({ access: () => Promise.resolve(loginOf('blind', 'right')) });
    await followed.whenFaulty('RedisAccessDenied');
    const line = /type on it: (ACL SETUSER .*)$/.exec(followed.message)?.[1] ?? assert.fail(followed.message);
    await redis.command(...line.split(' '));
    await followed.whenHealthy();
    await followed.hears(redis, 'orders');
    assert.deepEqual(await check(redisAt(addressOf(redis)), loginOf('blind', 'right')), []);
  });

  it('is not open before it is subscribed', async () => {
    await redis.command('ACL', 'SETUSER', 'deaf', 'on', '>right', 'resetchannels', '+ping', '+subscribe');
    const followed = follow({ access: () => Promise.resolve(loginOf('deaf', 'right')) });
    await followed.whenFaulty('RedisAccessDenied');
    assert.ok(!followed.health.includes(''), followed.health.join());
    await redis.command('ACL', 'SETUSER', 'deaf', '&rollcall');
    await followed.whenHealthy();
    await followed.hears(redis, 'orders');
  });

  it('names a password that is missing, and a server that is not there, in one check', async () => {
    const closed = await startRedis({ address: freshAddress(), extraArgs: ['--requirepass', 'secret'] });
    try {
      const nobody = { host: closed.address, port: 1 };
      const problems = await check(redisAt(addressOf(closed), nobody));
      assert.deepEqual(
        problems.map(({ reason }) => reason),
        ['RedisAccessDenied', 'RedisUnreachable'],
      );
      assert.match(problems[0]?.message ?? '', /asks for a password/);
    } finally {
      await closed.dispose();
    }
  });

  it('says that a server is no node of a cluster, and that it is no sentinel', async () => {
    const target = redisAt(addressOf(redis));
    const [noNode] = await check({ ...target, topology: 'Cluster' });
    assert.equal(noNode?.reason, 'RedisNoCluster');
    const [noSentinel] = await check({ ...target, topology: 'Sentinel', sentinelMaster: 'main' });
    assert.equal(noSentinel?.reason, 'RedisMasterUnknown');
  });

  it('speaks TLS in each of its modes, and shows a client certificate', async () => {
    const address = freshAddress();
    const authority = await createCertificateAuthority();
    const [own, foreign] = [await authority.issue([address]), await authority.issue(['elsewhere'])];
    const ca = readFileSync(authority.caFile, 'utf8');
    const [cert, key] = [own.certFile, own.keyFile].map((file) => readFileSync(file, 'utf8'));
    const tls = (files: typeof own, port: number): string[] => [
      ...['--tls-port', `${port}`, '--tls-cert-file', files.certFile, '--tls-key-file', files.keyFile],
      ...['--tls-ca-cert-file', authority.caFile],
    ];
    const server = await startRedis({ address, extraArgs: tls(own, 6390) });
    const other = await startRedis({
      address,
      port: 6381,
      extraArgs: [...tls(foreign, 6391), '--tls-auth-clients', 'no'],
    });
    const reasons = async (port: number, mode: RedisTlsMode, access: Partial<RedisAccess>) =>
      (await check({ ...redisAt({ host: address, port }), tls: mode }, { ...noLogin, ...access })).map(
        ({ reason }) => reason,
      );
    try {
      const shown = { ca, cert: cert ?? '', key: key ?? '' };
      assert.deepEqual(await reasons(6390, 'VerifyIdentity', shown), []);
      assert.deepEqual(await reasons(6391, 'Required', {}), []);
      assert.deepEqual(await reasons(6391, 'VerifyCA', { ca }), []);
      assert.deepEqual(await reasons(6391, 'VerifyIdentity', { ca }), ['RedisTlsFailed'], 'another name');
      assert.deepEqual(await reasons(6391, 'VerifyIdentity', {}), ['RedisTlsFailed'], 'another authority');
      assert.deepEqual(await reasons(6390, 'Required', {}), ['RedisTlsFailed'], 'no client certificate');
      assert.deepEqual(await reasons(6381, 'Required', {}), ['RedisUnreachable'], 'a port without TLS');
      assert.deepEqual(await reasons(6391, 'Disabled', {}), ['RedisUnreachable'], 'a port with TLS');
    } finally {
      await Promise.all([server.dispose(), other.dispose()]);
    }
  });

  it('follows a failover that the sentinels decide, and knows no server by a wrong name', async () => {
    const replica = await startRedis({
      address: freshAddress(),
      extraArgs: ['--save', '', '--replicaof', redis.address, `${redis.port}`],
    });
    const master = { name: 'main', address: redis.address, port: redis.port };
    const sentinel = await startSentinel({ address: freshAddress(), master });
    const target = redisAt(addressOf(sentinel));
    try {
      const [unknown] = await check({ ...target, topology: 'Sentinel', sentinelMaster: 'other' });
      assert.match(
        unknown?.message ?? '',
        /no server other, but main: correct spec\.feed\.redis\.sentinelMaster/,
      );
      const followed = await follow({
        target: { ...target, topology: 'Sentinel', sentinelMaster: 'main' },
      }).whenHealthy();
      await followed.hears(redis, 'before');
      await waitFor('the sentinel to know the replica', async () =>
        (await sentinel.command('SENTINEL', 'REPLICAS', 'main')).includes(replica.address),
      );
      // The old server lives on and keeps its subscribers.
      await waitFor(
        'the failover',
        async () => (await sentinel.command('SENTINEL', 'FAILOVER', 'main').catch(() => '')) === 'OK',
      );
      await waitFor('the feed to move', () => followed.resyncs.includes('FeedResumed'), {
        timeoutMs: 20_000,
      });
      await followed.whenHealthy();
      assert.ok(followed.health.includes('RedisMasterMoved'), followed.health.join());
      await followed.hears(replica, 'after');
    } finally {
      await channel?.close();
      await sentinel.dispose();
      await replica.dispose();
      await redis.command('REPLICAOF', 'NO', 'ONE');
    }
  });

  it('hears on any node of a cluster what is published on another, and goes to the next when its own is gone', async () => {
    const nodes = await startRedisCluster([freshAddress(), freshAddress(), freshAddress()]);
    const [first, second, third] = nodes;
    assert.ok(first && second && third);
    try {
      await Promise.all(
        nodes.map((node) => node.command('CONFIG', 'SET', 'cluster-require-full-coverage', 'no')),
      );
      const target: RedisTarget = { ...redisAt(addressOf(first), addressOf(second)), topology: 'Cluster' };
      assert.deepEqual(await check(target), []);
      const followed = await follow({ target }).whenHealthy();
      await followed.hears(third, 'before');
      await first.kill();
      await waitFor('the next node', () => followed.resyncs.includes('FeedResumed'), { timeoutMs: 20_000 });
      await followed.whenHealthy();
      await followed.hears(third, 'after');
    } finally {
      await channel?.close();
      await Promise.all(nodes.map((node) => node.dispose()));
    }
  });
});
