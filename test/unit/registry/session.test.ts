import assert from 'node:assert/strict';
import { TerminalError } from '../../../src/lib/errors.ts';
import { RetryableError } from '../../../src/lib/errors.ts';
import type { ChangeFeed } from '../../../src/registry/change-feed.ts';
import type { FeedSink } from '../../../src/registry/change-feed.ts';
import { FollowedTable, SECOND_US } from '../../support/followed-table.ts';

const away = new RetryableError('connect ECONNREFUSED', { reason: 'HostUnreachable' });

/** The safety rules in the engine over one registry; what a real database does is shown in test/integration/registry. */
describe('a registry session', () => {
  let followed: FollowedTable;
  let table: FollowedTable['table'];
  let clock: FollowedTable['clock'];

  beforeEach(() => {
    followed = new FollowedTable();
    ({ table, clock } = followed);
  });

  /** Follows by a feed that tells of what a test has it tell; answers how. */
  async function followTelling(): Promise<(service: string) => void> {
    let tell: (service: string) => void = () => undefined;
    const run = (sink: FeedSink, signal: AbortSignal): Promise<void> => {
      tell = (service) => sink.hint([{ service, changedAtUs: null }], '');
      sink.healthy({ databaseUs: null, lagMs: 0, position: '' });
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    };
    await followed.follow({ feed: { name: 'Poll', active: 'Poll', run } });
    return tell;
  }
  afterEach(() => followed.stop());

  const put = (ids: string, fields: Parameters<typeof table.put>[2] = {}): void => {
    for (const id of ids.split(' ')) table.put('orders', id, fields);
  };
  const alive = (): string => followed.alive('orders');
  const health = (): string => {
    const { available, reason } = followed.session?.health ?? {};
    return `${String(available)} ${reason ?? ''}`;
  };
  /** The database is away for `ms`; what anybody would see meanwhile must stay the same. */
  const outage = async (ms: number): Promise<void> => {
    table.fault = away;
    await clock.advance(ms);
    table.fault = null;
    await clock.advance(2000);
  };

  describe('that cannot be read (safety rule 1)', () => {
    it('keeps what it has, says so, and tells nobody of a change', async () => {
      put('a b c');
      const session = await followed.follow();
      followed.shown.length = 0;
      table.fault = away;
      await clock.advance(60_000);
      assert.equal(health(), 'false HostUnreachable');
      assert.equal(alive(), 'a b c');
      assert.deepEqual(followed.shown, []);
      assert.equal(session.health.message, 'connect ECONNREFUSED');
    });

    it('has nothing rather than emptiness before its first read', async () => {
      put('a');
      table.fault = away;
      const session = await followed.follow();
      await clock.advance(10_000);
      assert.equal(session.snapshot('orders'), undefined);
    });

    it('takes a read that breaks off in its middle for no read', async () => {
      put('a b c d');
      await followed.follow({ resyncIntervalMs: 10_000 });
      table.duringReadAll = () => Promise.reject(away);
      await clock.advance(20_000);
      assert.equal(alive(), 'a b c d');
      assert.equal(health(), 'false HostUnreachable');
    });

    it('takes a failed read of a hinted service for no read', async () => {
      put('a b c d');
      await followed.follow();
      table.faults.set('readServices', away);
      put('a', { weight: 5 });
      await clock.advance(1500);
      assert.equal(alive(), 'a b c d');
      assert.ok(followed.observer.couldNotReads.includes('HostUnreachable'));
    });

    it('lets the clock that expiry and protection are judged by stand still', async () => {
      const session = await followed.follow();
      table.fault = away;
      await clock.advance(5000);
      const stoodUs = session.nowUs();
      await clock.advance(60_000);
      assert.equal(session.nowUs(), stoodUs);
      table.fault = null;
      await clock.advance(3000);
      assert.equal(session.nowUs(), table.nowUs);
    });

    it('lets no lease run out, even if other connections still answer', async () => {
      put('a b', { ttlMs: 3000 });
      await followed.follow();
      table.faults.set('serverState', away);
      await clock.advance(2500);
      assert.equal(health(), 'false HostUnreachable');
      await clock.advance(30_000);
      assert.equal(alive(), 'a b');
    });

    it('carries on from what an earlier session of the same registry had read', async () => {
      put('a b');
      const { store } = await followed.follow();
      await followed.stop();
      table.fault = away;
      await followed.follow({ store });
      await clock.advance(10_000);
      assert.equal(alive(), 'a b');
    });
  });

  describe('whose read takes much away (safety rule 2)', () => {
    const down = { status: 'DOWN' };

    it('keeps it until a second read, a second later and on another connection, shows the same', async () => {
      put('a b c d');
      await followed.follow();
      table.calls.length = 0;
      put('a b', down);
      await clock.advance(1100);
      assert.deepEqual(readsOf(table.calls), ['readServices any']);
      await clock.advance(850);
      assert.equal(alive(), 'a b c d', 'not a second later yet');
      await clock.advance(200);
      assert.equal(alive(), 'c d');
      assert.deepEqual(readsOf(table.calls).slice(0, 2), ['readServices any', 'readServices other']);
      assert.deepEqual(followed.observer.confirmations, ['confirmed']);
    });

    it('never shows what the second read does not show', async () => {
      put('a b c d');
      await followed.follow();
      put('a b c d', down);
      await clock.advance(1500);
      put('a b c d', { status: 'UP' });
      await clock.advance(3000);
      assert.deepEqual(followed.observer.confirmations, ['withdrawn']);
      assert.ok(
        followed.shown.every((shown) => shown === 'orders: a b c d'),
        followed.shown.join(),
      );
    });

    it('confirms a read of everything in the same way', async () => {
      put('a b c d');
      await followed.follow({ resyncIntervalMs: 10_000 });
      table.clear();
      await clock.advance(10_500);
      assert.equal(alive(), 'a b c d');
      await clock.advance(1000);
      assert.equal(alive(), '');
    });

    it('obeys at once what takes less', async () => {
      put('a b c d e');
      await followed.follow();
      put('a b', down);
      await clock.advance(1100);
      assert.equal(alive(), 'c d e');
      assert.deepEqual(followed.observer.confirmations, []);
    });

    it('starts over when an outage lies between the two reads', async () => {
      put('a b');
      await followed.follow();
      put('a b', down);
      await clock.advance(1100);
      table.fault = away;
      await clock.advance(5000);
      table.fault = null;
      while (health() !== 'true Connected') await clock.advance(10);
      await clock.advance(900);
      assert.equal(alive(), 'a b', 'the first of the two reads was made anew');
      await clock.advance(200);
      assert.equal(alive(), '');
    });
  });

  describe('with leases (safety rule 3)', () => {
    const leased = { ttlMs: 3000 };
    const beatUntil = async (ids: string, ms: number): Promise<void> => {
      for (let passed = 0; passed < ms; passed += 500) {
        for (const id of ids.split(' ')) table.beat('orders', id);
        await clock.advance(500);
      }
    };

    it('expires who does not beat, and nobody else', async () => {
      put('a b', leased);
      await followed.follow();
      await beatUntil('b', 3500);
      assert.equal(alive(), 'b');
    });

    it('judges by the clock of the database, however wrong the clock of its own machine is', async () => {
      for (const wrongByMs of [3_600_000, -3_600_000]) {
        const other = new FollowedTable();
        other.clock.wallStartMs = other.table.offsetUs / 1000 + wrongByMs;
        other.table.put('orders', 'a', leased);
        other.table.put('orders', 'b', { ttlMs: 60_000 });
        await other.follow();
        await other.clock.advance(2500);
        assert.equal(other.alive('orders'), 'a b');
        await other.clock.advance(1000);
        assert.equal(other.alive('orders'), 'b');
        assert.equal(other.session?.nowUs(), other.table.nowUs);
        await other.stop();
      }
    });

    it('waits one TTL after a time in which nobody could beat, and then expires those who still do not', async () => {
      put('a b', leased);
      await followed.follow();
      await outage(60_000);
      assert.equal(health(), 'true Connected');
      assert.equal(alive(), 'a b');
      await beatUntil('b', 3000);
      assert.equal(alive(), 'b');
      assert.ok(!followed.shown.includes('orders: '), followed.shown.join());
    });

    it('does not bring back in an outage who was dead before it', async () => {
      put('a b', leased);
      await followed.follow();
      await beatUntil('b', 4000);
      followed.shown.length = 0;
      await outage(10_000);
      await beatUntil('b', 4000);
      assert.equal(alive(), 'b');
      assert.ok(!followed.shown.some((shown) => shown.includes('a')), followed.shown.join());
    });

    it('waits one TTL after a restart of the database that took no time at all', async () => {
      put('a b', leased);
      await followed.follow();
      table.beat('orders', 'a', -1000);
      table.beat('orders', 'b', -1000);
      table.server.startedAtUs = table.nowUs;
      await clock.advance(1100);
      assert.equal(alive(), 'a b', 'the beats that it lost are held against nobody');
      await clock.advance(3000);
      assert.equal(alive(), '');
    });

    it('is not delayed by a restart of the operator alone', async () => {
      put('a b', leased);
      table.beat('orders', 'a', -1000);
      table.server.startedAtUs = table.nowUs - 60 * SECOND_US;
      await followed.follow();
      assert.equal(alive(), 'b');
    });

    it('waits one TTL when the database has just started, whenever the operator did', async () => {
      put('a b', leased);
      table.beat('orders', 'a', -1000);
      table.server.startedAtUs = table.nowUs - 2 * SECOND_US;
      await followed.follow();
      assert.equal(alive(), 'a b');
      await clock.advance(4000);
      assert.equal(alive(), '');
    });
  });

  describe('that is polled (safety rule 5)', () => {
    it('opens the feed before it reads everything', async () => {
      put('a');
      const opened: string[] = [];
      await followed.follow({
        feed: {
          name: 'Poll',
          active: 'Poll',
          run: async (sink, signal) => {
            await clock.sleep(700, signal);
            opened.push(...table.calls);
            sink.healthy({ databaseUs: table.nowUs, lagMs: 0, position: '' });
          },
        },
      });
      await clock.advance(1000);
      assert.ok(!opened.includes('readAll'), opened.join());
      assert.equal(alive(), 'a');
    });

    it('reads everything all the same when the feed does not open', async () => {
      put('a');
      await followed.follow({
        feed: { name: 'Poll', active: 'Poll', run: () => new Promise(() => undefined) },
      });
      await clock.advance(4900);
      assert.equal(alive(), '');
      await clock.advance(200);
      assert.equal(alive(), 'a');
      // It never ends by itself, so neither would the session.
      followed = new FollowedTable();
    });

    it('reads again what was hinted at while everything was read', async () => {
      put('a b');
      table.duringReadAll = async () => {
        // Polls meanwhile see the change; the read that is under way does not.
        await new Promise<void>((resolve) => clock.after(1500, resolve));
        table.duringReadAll = () => Promise.resolve();
      };
      await followed.follow();
      put('c');
      await clock.advance(1600);
      assert.equal(alive(), 'a b c');
    });

    it('reads a hinted service at once, and together what is hinted at just after that', async () => {
      put('a');
      const tell = await followTelling();
      const reads = (): number => table.calls.filter((call) => call === 'readServices any').length;
      put('b');
      tell('orders');
      await clock.advance(0);
      assert.equal(alive(), 'a b');
      put('c');
      tell('orders');
      await clock.advance(1);
      table.put('billing', 'x');
      tell('billing');
      await clock.advance(1);
      assert.equal(reads(), 1);
      await clock.advance(1);
      assert.deepEqual([reads(), alive(), followed.alive('billing')], [2, 'a b c', 'x']);
    });

    it('finds by the audit what no feed tells of: a deleted row, a changed one, a service that nobody knew', async () => {
      put('a b c d');
      table.put('billing', 'x');
      await followed.follow({ auditIntervalMs: 10_000 });
      const longAgo = { updatedAtUs: table.nowUs - 3600 * SECOND_US };
      table.remove('orders', 'a');
      table.put('billing', 'x', { ...longAgo, weight: 5 });
      table.put('shipping', 'y', longAgo);
      await clock.advance(9000);
      assert.equal(alive(), 'a b c d');
      await clock.advance(7000);
      assert.equal(alive(), 'b c d');
      assert.equal(followed.session?.snapshot('billing')?.instances[0]?.weight, 5);
      assert.equal(followed.alive('shipping'), 'y');
      const kinds = followed.observer.findings.map(({ kind, rows }) => `${kind} ${rows}`);
      assert.deepEqual(kinds.sort(), ['added 1', 'removed 1', 'updated 1']);
      // Behind the last name that is known, too.
      table.put('the last', 'z', longAgo);
      await clock.advance(16_000);
      assert.equal(followed.alive('the last'), 'z');
    });

    it('finds by the resync what neither feed nor audit tell of', async () => {
      put('a b c');
      await followed.follow({ resyncIntervalMs: 20_000 });
      table.remove('orders', 'a');
      await clock.advance(17_000);
      assert.equal(alive(), 'a b c');
      await clock.advance(6000);
      assert.equal(alive(), 'b c');
    });
  });

  it('says that the audit fails, whether the feed follows or not, for as long as it does', async () => {
    let sink: FeedSink | undefined;
    const feed: ChangeFeed = {
      ...{ name: 'Binlog', active: 'Binlog' },
      run: (told, signal) => {
        sink = told;
        told.healthy({ databaseUs: table.nowUs, lagMs: 0, position: '' });
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      },
    };
    put('a');
    const session = await followed.follow({ feed, auditIntervalMs: 10_000 });
    const told = (): string => {
      const { reason, auditFails, message } = session.facts().feed ?? {};
      return `${reason ?? ''} ${String(auditFails ?? false)} ${/binary log/.exec(message ?? '')?.[0] ?? ''}`;
    };
    table.faults.set('checksums', new RetryableError('too slow', { reason: 'QueryTimeout' }));
    await clock.advance(20_000);
    assert.equal(told(), 'AuditFailed true ');
    assert.deepEqual(followed.observer.served.at(-1), { active: 'Binlog', healthy: false });
    sink?.unhealthy(new TerminalError('BinlogOff', 'there is no binary log'));
    assert.equal(told(), 'BinlogOff true binary log');
    table.faults.delete('checksums');
    await clock.advance(20_000);
    assert.equal(told(), 'BinlogOff false binary log');
    sink?.healthy({ databaseUs: table.nowUs, lagMs: 0, position: '' });
    assert.equal(told(), 'Following false ');
    assert.deepEqual(followed.observer.served.at(-1), { active: 'Binlog', healthy: true });
  });

  it('announces what retention deletes when it is gone, and not before (safety rule 4)', async () => {
    const announced: Promise<string>[] = [];
    const left = async (services: readonly string[]): Promise<string> => {
      const { rows } = await table.readServices(services, { connection: 'any' });
      return `${services.join()}: ${rows.map(({ instanceId }) => String(instanceId)).join()}`;
    };
    table.put('orders', 'live');
    table.put('orders', 'gone', { status: 'DOWN', updatedAtUs: table.nowUs - 2 * 86_400 * SECOND_US });
    const feed: ChangeFeed = {
      name: 'Redis',
      active: 'Redis',
      run: async (sink, signal) => {
        sink.healthy({ databaseUs: null, lagMs: 0, position: '' });
        await clock.sleep(Infinity, signal).catch(() => undefined);
      },
      announce: (services) => void announced.push(left(services)),
    };
    await followed.follow({ feed, isLeader: () => true });
    await clock.advance(70_000);
    assert.deepEqual(await Promise.all(announced), ['orders: live']);
    assert.equal(followed.alive('orders'), 'live');
  });

  it('tells of rows that it may not delete, and of nothing when it may; the registry is available all the time', async () => {
    put('a');
    table.faults.set('deleteRetired', new TerminalError('GrantMissing', 'GRANT DELETE ON ...'));
    const session = await followed.follow({ isLeader: () => true });
    assert.equal(session.facts().retentionFault, null);
    await clock.advance(70_000);
    assert.equal(session.facts().retentionFault, 'GRANT DELETE ON ...');
    assert.equal(session.health.available, true);
    table.faults.clear();
    await clock.advance(70_000);
    assert.equal(session.facts().retentionFault, null);
  });

  describe('when another server answers (safety rule 8)', () => {
    const leased = { ttlMs: 3000 };
    const signs: Readonly<Record<string, () => void>> = {
      'by its identity': () => (table.server.serverId = 'another'),
      'by transactions that are missing': () => (table.server.gtidsWentBack = true),
      'by a start of its process': () => (table.server.startedAtUs = table.nowUs),
      'by a clock that went back': () => (table.offsetUs -= 3600 * SECOND_US),
      'by a clock that went ahead': () => (table.offsetUs += 3600 * SECOND_US),
    };

    for (const [how, sign] of Object.entries(signs)) {
      it(`notices it ${how}: reads everything, and expires nobody for one TTL`, async () => {
        put('a b c', leased);
        put('gone');
        await followed.follow();
        await clock.advance(500);
        // What a backup is: fewer rows, old beats, and no updated_at that a poll would find.
        sign();
        const longAgo = table.nowUs - 24 * 3600 * SECOND_US;
        table.remove('orders', 'gone');
        put('old', { updatedAtUs: longAgo });
        for (const id of ['a', 'b', 'c']) table.beat('orders', id, -3_600_000);
        await clock.advance(1200);
        table.server.gtidsWentBack = false;
        assert.equal(alive(), 'a b c old');
        await clock.advance(1500);
        assert.equal(alive(), 'a b c old');
        await clock.advance(2000);
        assert.equal(alive(), 'old');
        assert.ok(!followed.shown.includes('orders: gone'), followed.shown.join());
      });
    }

    it('believes nothing that was read beside the look that notices it', async () => {
      put('a b');
      const tell = await followTelling();
      await clock.advance(500);
      table.server.gtidsWentBack = true;
      put('c');
      let during = '';
      table.duringReadAll = () => {
        table.server.gtidsWentBack = false;
        during = alive();
        return Promise.resolve();
      };
      tell('orders');
      await clock.advance(0);
      assert.deepEqual([during, alive()], ['a b', 'a b c']);
      assert.deepEqual(readsOf(table.calls), ['readServices any']);
    });

    it('looks once for hints that come close together, and each time where they do not', async () => {
      put('a');
      const tell = await followTelling();
      await clock.advance(300);
      const looks = (): number => table.calls.filter((call) => call === 'serverState').length;
      const reads = (): number => readsOf(table.calls).length;
      const before = [looks(), reads()] as const;
      for (let hint = 0; hint < 4; hint += 1) {
        tell('orders');
        await clock.advance(50);
      }
      assert.deepEqual([looks() - before[0], reads() - before[1]], [1, 4]);
      await clock.advance(50);
      tell('orders');
      await clock.advance(50);
      assert.deepEqual([looks() - before[0], reads() - before[1]], [2, 5]);
    });

    it('judges no lease between the first sight of it and the end of the read', async () => {
      put('a b', leased);
      await followed.follow();
      table.server.gtidsWentBack = true;
      let judged = 0;
      table.duringReadAll = async () => {
        table.server.gtidsWentBack = false;
        const before = table.calls.length;
        await new Promise<void>((resolve) => clock.after(2000, resolve));
        judged = table.calls.slice(before).filter((call) => call === 'expiredSince').length;
      };
      await clock.advance(4000);
      assert.ok(table.calls.filter((call) => call === 'readAll').length === 2);
      assert.equal(judged, 0);
    });
  });
});

function readsOf(calls: readonly string[]): readonly string[] {
  return calls.filter((call) => call.startsWith('readServices'));
}
