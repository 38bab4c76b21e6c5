import assert from 'node:assert/strict';
import { TerminalError } from '../../../src/lib/errors.ts';
import type { ChangeFeed, FeedSink } from '../../../src/registry/change-feed.ts';
import { FollowedTable } from '../../support/followed-table.ts';

const pulse = { databaseUs: null, lagMs: 0, position: '1' };

/** What a session makes of what its feed says. */
describe('a registry session and its feed', () => {
  let followed: FollowedTable;
  let sink: FeedSink;
  let feed: ChangeFeed;

  beforeEach(() => {
    followed = new FollowedTable();
    feed = {
      name: 'Trigger',
      active: 'Trigger',
      run: async (given, signal) => {
        sink = given;
        await followed.clock.sleep(Infinity, signal).catch(() => undefined);
      },
    };
  });
  afterEach(() => followed.stop());

  const fullReads = (): number => followed.table.calls.filter((call) => call === 'readAll').length;
  const hint = (...services: string[]): void =>
    sink.hint(
      services.map((service) => ({ service, changedAtUs: null })),
      '1',
    );

  it('reads everything again when the feed opens after the first read: nobody told what changed between', async () => {
    followed.table.put('orders', 'a');
    followed.table.put('orders', 'b');
    await followed.follow({ feed });
    await followed.clock.advance(5000);
    assert.equal(followed.alive('orders'), 'a b');
    followed.table.remove('orders', 'a');
    sink.healthy(pulse);
    await followed.clock.advance(2000);
    assert.equal(followed.alive('orders'), 'b');
    sink.healthy(pulse);
    await followed.clock.advance(60_000);
    assert.equal(fullReads(), 2);
  });

  it('reads everything once when the feed opens in time, and when it asks for it by itself', async () => {
    await followed.follow({ feed });
    sink.healthy(pulse);
    await followed.clock.advance(60_000);
    assert.equal(fullReads(), 1);
    await followed.stop();
    await followed.follow({ feed });
    await followed.clock.advance(6000);
    sink.resync('FeedResumed', 'subscribed anew');
    sink.healthy(pulse);
    await followed.clock.advance(60_000);
    assert.equal(fullReads(), 3);
  });

  it('keeps what is to be typed apart from who serves meanwhile', async () => {
    const session = await followed.follow({ feed: { ...feed, active: 'Poll' } });
    sink.unhealthy(new TerminalError('RedisAccessDenied', 'type on it: ACL SETUSER rollcall on +ping'));
    const { message } = session.facts().feed ?? {};
    assert.equal(message, 'type on it: ACL SETUSER rollcall on +ping (Meanwhile Poll follows the registry.)');
  });

  describe('that comes and goes', () => {
    const READ_MS = 1000;

    beforeEach(async () => {
      followed.table.put('orders', 'a');
      await followed.follow({ feed });
      sink.healthy(pulse);
      await followed.clock.advance(10);
      followed.table.duringReadAll = () =>
        new Promise((resolve) => followed.clock.after(READ_MS, () => resolve()));
    });

    afterEach(async () => {
      followed.table.duringReadAll = () => Promise.resolve();
      await followed.clock.advance(READ_MS);
    });

    it('is not let read a large registry all the time, and loses nothing by it', async () => {
      const before = fullReads();
      for (let turn = 0; turn < 120; turn += 1) {
        sink.resync('FeedResumed', 'subscribed anew');
        await followed.clock.advance(500);
      }
      const reads = fullReads() - before;
      assert.ok(reads >= 10 && reads <= 16, `${reads} reads of ${READ_MS} ms within a minute`);
      followed.table.remove('orders', 'a');
      followed.table.put('orders', 'b');
      sink.resync('PositionLost', 'the last of them');
      await followed.clock.advance(6000);
      assert.equal(followed.alive('orders'), 'b');
    });

    it('is listened to while its resync waits', async () => {
      sink.resync('FeedResumed', 'subscribed anew');
      await followed.clock.advance(READ_MS + 10);
      sink.resync('FeedResumed', 'subscribed anew');
      followed.table.put('orders', 'b');
      hint('orders');
      await followed.clock.advance(50);
      assert.equal(followed.alive('orders'), 'a b');
    });
  });

  it('holds no more hints than it can read: all is read instead', async () => {
    await followed.follow({ feed });
    sink.healthy(pulse);
    await followed.clock.advance(10);
    const before = fullReads();
    for (let turn = 0; turn < 7; turn += 1)
      hint(...Array.from({ length: 3000 }, (_, index) => `service-${turn}-${index}`));
    followed.table.put('orders', 'a');
    await followed.clock.advance(2000);
    assert.deepEqual([followed.alive('orders'), fullReads() - before], ['a', 1]);
  });
});
