import assert from 'node:assert/strict';
import { errorMessage } from '../../../../src/lib/errors.ts';
import { Following, type Ending } from '../../../../src/feeds/binlog/following.ts';
import { PreparedXids } from '../../../../src/feeds/prepared-xids.ts';
import type { LogStream } from '../../../../src/feeds/binlog/log-stream.ts';
import type { SourceEvent } from '../../../../src/feeds/binlog/source-event.ts';
import type { ChangedServices } from '../../../../src/feeds/binlog/transaction.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { ToldByFeed } from '../../../support/told-by-feed.ts';

const table = {
  database: 'registry',
  table: 'instances',
  primaryKey: ['id'],
  serviceColumn: 'service',
  quietColumns: [],
};
const rows = (service: string, isWhole = true): SourceEvent => ({
  kind: 'rows',
  rows: [{ before: null, after: { id: 1, service } }],
  isWhole,
});
const statement = (text: string): SourceEvent => ({ kind: 'statement', database: 'registry', text });
const end: SourceEvent = { kind: 'end', gtid: 'uuid:7' };

class FakeStream implements LogStream {
  packets = 0;
  readonly pauses = new Set<string>();
  isClosed = false;
  position: LogStream['position'] = { kind: 'gtid', gtids: 'uuid:1-7' };
  get isPaused(): boolean {
    return this.pauses.size > 0;
  }
  start(): void {
    this.isClosed = false;
  }
  pause(reason: string): void {
    this.pauses.add(reason);
  }
  resume(reason: string): void {
    this.pauses.delete(reason);
  }
  close(): void {
    this.isClosed = true;
  }
}

describe('following the binary log', () => {
  let clock: FakeClock;
  let stream: FakeStream;
  let told: ToldByFeed;
  let passed: { services: string[]; position: string; resync: string | undefined }[];
  let teller: {
    load: number;
    size: number;
    lagMs: number;
    isFaulty: boolean;
    tell: (changed: ChangedServices, _: unknown, position: string) => void;
  };
  let following: Following;
  let send: (event: SourceEvent) => void;
  let open: () => void;
  let ending: Ending | null;
  let opened: string[];
  let stopping: AbortController;

  beforeEach(async () => {
    clock = new FakeClock();
    stream = new FakeStream();
    told = new ToldByFeed();
    passed = [];
    opened = [];
    ending = null;
    stopping = new AbortController();
    teller = {
      ...{ load: 0, size: 0, lagMs: 0, isFaulty: false },
      tell: (changed, _, position) =>
        passed.push({ services: [...changed.services], position, resync: changed.resync?.reason }),
    };
    following = new Following({
      ...{ table, teller, xids: new PreparedXids(), sink: told, clock, heartbeatMs: 1000 },
      open: ({ onEvent, onOpen }) => {
        send = onEvent;
        open = () => {
          stream.packets += 1;
          onOpen();
        };
        return stream;
      },
      onFollowing: (position) => opened.push(position),
    });
    void following.run(stopping.signal).then((found) => (ending = found));
    await clock.advance(0);
  });
  afterEach(async () => {
    stopping.abort(new Error('the test is over'));
    await clock.advance(0);
  });

  it('is healthy from the first packet on, and says so with each sign of life', async () => {
    assert.deepEqual([told.isHealthy, opened], [false, []]);
    open();
    assert.deepEqual([told.isHealthy, opened], [true, ['uuid:1-7']]);
    told.isHealthy = false;
    stream.packets += 1;
    await clock.advance(1000);
    assert.deepEqual([told.isHealthy, opened.length], [true, 1]);
  });

  it('takes the connection for dead when nothing came for three heartbeats, and not before', async () => {
    open();
    await clock.advance(1000);
    await clock.advance(2900);
    assert.equal(ending, null);
    await clock.advance(200);
    assert.match(errorMessage((ending as Ending | null)?.error), /has sent nothing for 3 s/);
    assert.ok(stream.isClosed);
  });

  it('takes nothing for silence while it makes the server wait', async () => {
    open();
    stream.pause('load');
    await clock.advance(60_000);
    assert.equal(ending, null);
  });

  it('is not healthy while what it heard cannot be told, however alive the connection is', async () => {
    open();
    told.unhealthy(new Error('the rows cannot be asked for'));
    teller.isFaulty = true;
    for (let second = 0; second < 20; second += 1) {
      stream.packets += 1;
      await clock.advance(1000);
    }
    assert.equal(told.isHealthy, false);
    teller.isFaulty = false;
    stream.packets += 1;
    await clock.advance(1000);
    assert.equal(told.isHealthy, true);
  });

  it('goes on later from where it was when it ended, whatever came in the same piece', async () => {
    send({ kind: 'drift' });
    assert.equal(stream.isClosed, true);
    stream.position = { kind: 'gtid', gtids: 'uuid:1-9' };
    await clock.advance(0);
    assert.deepEqual(ending?.position, { kind: 'gtid', gtids: 'uuid:1-7' });
  });

  it('waits longer for the first packet', async () => {
    await clock.advance(9000);
    assert.equal(ending, null);
    await clock.advance(2000);
    assert.notEqual(ending, null);
  });

  it('hands on what a transaction changed when that ends, and nothing before', () => {
    send(rows('a'));
    send(rows('b'));
    assert.deepEqual(passed, []);
    send(end);
    send(end);
    send(rows('c'));
    send(statement('COMMIT'));
    assert.deepEqual(passed, [
      { services: ['a', 'b'], position: 'uuid:7', resync: undefined },
      { services: ['c'], position: 'uuid:1-7', resync: undefined },
    ]);
  });

  it('asks for a resync when an XA transaction is committed that it did not see prepared, and for no other', () => {
    send({ kind: 'end', gtid: 'uuid:7', preparedXid: `X'61',X'',1` });
    send(statement(`XA COMMIT X'61',X'',1`));
    assert.deepEqual(passed, []);
    send(statement(`XA COMMIT X'62',X'',1`));
    assert.deepEqual(
      passed.map(({ resync }) => resync),
      ['UnreadableChange'],
    );
  });

  it('says how a setting of the whole server is mended, too: sessions that are open tell of neither', () => {
    open();
    send(rows('a', false));
    const message = errorMessage(told.faults[0]);
    assert.match(message, /take SET SESSION binlog_row_image out of its program/);
    assert.match(message, /SET GLOBAL binlog_row_image = 'FULL'; and connect the writers anew/);
  });

  it('makes the server wait while much waits to be told, and lets it go on when half of that is', () => {
    teller.load = 255;
    send(rows('a'));
    send(end);
    assert.equal(stream.isPaused, false);
    teller.load = 256;
    send(rows('a'));
    send(end);
    assert.equal(stream.isPaused, true);
    teller.load = 128;
    following.letGo();
    assert.equal(stream.isPaused, true);
    teller.load = 127;
    following.letGo();
    assert.equal(stream.isPaused, false);
  });

  for (const [what, event] of [
    ['a statement that changes the table', statement('TRUNCATE instances')],
    ['other columns than were looked up', { kind: 'drift' }],
  ] as const) {
    it(`ends with ${what}`, async () => {
      send(event);
      await clock.advance(0);
      assert.equal(ending?.why, 'table');
    });
  }

  for (const [what, event, variable] of [
    ['rows without all columns', rows('a', false), 'binlog_row_image'],
    ['a statement in place of rows', statement('DELETE FROM instances'), 'binlog_format'],
    ['what nobody can read', { kind: 'unreadable', what: 'an incident' }, 'docs/feeds/binlog.md'],
  ] as const) {
    it(`asks for a resync for ${what}, and names it for 30 s`, async () => {
      open();
      send(event);
      assert.deepEqual(
        passed.map(({ resync }) => resync),
        ['UnreadableChange'],
      );
      assert.ok(errorMessage(told.faults[0]).includes(variable));
      for (let second = 0; second < 29; second += 1) {
        stream.packets += 1;
        await clock.advance(1000);
      }
      assert.equal(told.isHealthy, false);
      stream.packets += 1;
      await clock.advance(2000);
      assert.equal(told.isHealthy, true);
    });
  }

  it('asks for one resync a second at most, and forgets none, not even when the stream ends', async () => {
    open();
    for (let count = 0; count < 100; count += 1) send(rows('a', false));
    assert.equal(passed.length, 1);
    stream.packets += 1;
    await clock.advance(1000);
    assert.equal(passed.length, 2);
    send(rows('a', false));
    stopping.abort(new Error('the test is over'));
    await clock.advance(0);
    assert.equal(passed.length, 3);
  });
});
