import assert from 'node:assert/strict';
import { CanalFault } from '../../../../src/feeds/canal/canal-error.ts';
import type { CanalBatch } from '../../../../src/feeds/canal/connection.ts';
import { Follower } from '../../../../src/feeds/canal/follower.ts';
import { SourceWatch } from '../../../../src/feeds/canal/source-watch.ts';
import { TerminalError } from '../../../../src/lib/errors.ts';
import type { FeedSink } from '../../../../src/registry/change-feed.ts';
import type { RowKey, SourceDatabase, SourceTable } from '../../../../src/registry/source-table.ts';
import { canalTable, ddlEntry, endEntry, finishEntry, rowsEntry } from '../../../support/canal-entries.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { RecordingLogger } from '../../../support/recording-logger.ts';

const inserted = (id: string, service: string): Uint8Array =>
  rowsEntry('insert', [{ after: { id, service } }]);

/** A canal-server and a database that do what a test has them do; everything is written down in order. */
class Place {
  readonly said: string[] = [];
  readonly clock = new FakeClock();
  readonly watch = new SourceWatch(0);
  /** What the server has when it is asked first, and what comes after that. */
  readonly kept: CanalBatch[] = [];
  readonly batches: CanalBatch[] = [];
  isOpen = false;
  tellsOpening = false;
  /** Keys that somebody holds. */
  readonly held = new Set<string>();
  gtids = '0-1-1';
  table: () => Promise<SourceTable> = () => Promise.resolve(canalTable);
  visible: Promise<unknown> = Promise.resolve();
  failed: unknown = null;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  start(): void {
    const { said, batches, clock, watch } = this;
    const sink: FeedSink = {
      hint: (services, position) =>
        said.push(`hint ${services.map(({ service }) => service).join()} at ${position}`),
      resync: (reason) => said.push(`resync ${reason}`),
      healthy: () => undefined,
      unhealthy: () => said.push('unhealthy'),
    };
    const source: SourceDatabase = {
      table: () => this.table(),
      written: () => Promise.resolve({ serverId: 'a', startedAtUs: 1, gtids: this.gtids, wentBack: false }),
      awaitVisible: async (_table, keys) => {
        await this.visible;
        return keys.filter((key: RowKey) => this.held.has(String(key)));
      },
    };
    const follower = new Follower({
      connection: {
        get: () => Promise.resolve(this.isOpen ? (batches.shift() ?? null) : (this.kept.shift() ?? null)),
        ack: (id) => said.push(`ack ${id}`),
        rollback: (id) => said.push(`rollback ${id}`),
      },
      ...{ source, table: canalTable, watch, sink, clock, fetchSize: 100, logger: new RecordingLogger() },
      onOpen: () => {
        this.isOpen = true;
        if (this.tellsOpening) said.push('open');
      },
      onDoubt: (doubt) => said.push(`doubt ${doubt}`),
      onBelief: () => said.push('belief'),
    });
    this.#running = follower.run(this.#stopping.signal).catch((error: unknown) => {
      this.failed = error;
    });
  }

  give(id: number, ...entries: readonly Uint8Array[]): void {
    this.batches.push({ id, entries, bytes: 100 });
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the test is over'));
    await this.#running;
  }
}

describe('a conversation with a canal-server', () => {
  let place: Place;

  beforeEach(() => {
    place = new Place();
  });
  afterEach(() => place.stop());

  it('tells nothing before it can be seen, and acknowledges nothing before it was told (safety rule 4)', async () => {
    let commit: (value?: unknown) => void = () => undefined;
    place.visible = new Promise((resolve) => (commit = resolve));
    place.give(1, inserted('1', 'orders'), endEntry({ offset: 50 }));
    place.start();
    await place.clock.advance(1000);
    assert.deepEqual(place.said, []);
    commit();
    await place.clock.advance(10);
    assert.deepEqual(place.said, ['hint orders at binlog.000001:50', 'ack 1']);
  });

  it('passes over what the server had kept, and is open when that can be seen', async () => {
    place.tellsOpening = true;
    let commit: (value?: unknown) => void = () => undefined;
    place.visible = new Promise((resolve) => (commit = resolve));
    place.kept.push({ id: 1, entries: [inserted('1', 'orders'), endEntry()], bytes: 1 });
    place.kept.push({ id: 2, entries: [Buffer.from([0xff])], bytes: 1 });
    place.kept.push({ id: 3, entries: [rowsEntry('update', [], { sql: 'UPDATE' })], bytes: 1 });
    place.give(4, inserted('1', 'new'), endEntry());
    place.start();
    await place.clock.advance(1000);
    assert.deepEqual(place.said, []);
    commit();
    await place.clock.advance(10);
    assert.deepEqual(place.said, [
      'ack 1',
      'ack 2',
      'ack 3',
      'open',
      'hint new at binlog.000001:100',
      'ack 4',
    ]);
  });

  it('tells what somebody holds at once, and once more when he lets go (safety rule 4)', async () => {
    place.held.add('1');
    place.give(1, inserted('1', 'orders'), endEntry());
    place.start();
    await place.clock.advance(1000);
    assert.deepEqual(place.said, ['hint orders at binlog.000001:100', 'ack 1']);
    place.held.clear();
    await place.clock.advance(500);
    assert.deepEqual(place.said.slice(2), ['hint orders at binlog.000001:100']);
    await place.clock.advance(5000);
    assert.equal(place.said.length, 3);
  });

  it('tells each service once for each batch', async () => {
    place.give(7, inserted('1', 'a'), inserted('2', 'b'), endEntry(), inserted('3', 'a'), endEntry());
    place.give(8, inserted('4', 'b'), endEntry());
    place.start();
    await place.clock.advance(10);
    assert.deepEqual(place.said, [
      'hint a,b at binlog.000001:100',
      'ack 7',
      'hint b at binlog.000001:100',
      'ack 8',
    ]);
  });

  it('tells each service once for a transaction that comes in several batches', async () => {
    place.give(1, inserted('1', 'a'), inserted('2', 'b'));
    place.give(2, inserted('3', 'a'), inserted('4', 'c'));
    place.give(3, endEntry(), inserted('5', 'a'), endEntry());
    place.start();
    await place.clock.advance(10);
    assert.deepEqual(place.said, [
      ...['hint a,b at now', 'ack 1', 'hint c at now', 'ack 2'],
      ...['hint a at binlog.000001:100', 'ack 3'],
    ]);
  });

  it('rolls back a batch that it could not tell', async () => {
    place.visible = Promise.reject(new Error('the database is away'));
    place.visible.catch(() => undefined);
    place.give(1, inserted('1', 'orders'), endEntry());
    place.start();
    await place.clock.advance(10);
    assert.deepEqual(place.said, ['rollback 1']);
    assert.match(String(place.failed), /the database is away/);
  });

  it('notices by the numbers of the batches that somebody else was given one', async () => {
    place.give(3, endEntry());
    place.give(5, endEntry());
    place.start();
    await place.clock.advance(10);
    assert.ok(place.failed instanceof CanalFault && place.failed.kind === 'batchGone');
  });

  it('has everything read again when the table was changed, and looks at the table anew', async () => {
    place.give(1, ddlEntry('ALTER TABLE instances RENAME COLUMN service TO name', 5));
    place.table = () => Promise.resolve({ ...canalTable, serviceColumn: 'name' });
    place.give(2, rowsEntry('insert', [{ after: { id: '1', name: 'orders' } }]), endEntry());
    place.start();
    await place.clock.advance(10);
    assert.deepEqual(place.said, [
      'resync TableChanged',
      'ack 1',
      'hint orders at binlog.000001:100',
      'ack 2',
    ]);
  });

  it('has everything read again when Canal goes back, or to another server', async () => {
    place.give(1, endEntry({ offset: 100 }), endEntry({ offset: 90 }));
    place.give(2, endEntry({ offset: 200, serverId: 2 }));
    place.give(3, endEntry({ offset: 300, serverId: 2 }));
    place.start();
    await place.clock.advance(10);
    assert.deepEqual(place.said, ['resync PositionLost', 'ack 1', 'resync PositionLost', 'ack 2', 'ack 3']);
  });

  it('has everything read a second after the commit of an XA transaction whose rows it has not seen', async () => {
    const [known, early, late] = ["X'6b',X'',1", "X'65',X'',1", "X'6c',X'',1"];
    place.kept.push({ id: 1, entries: [inserted('1', 'kept'), endEntry({ xid: known })], bytes: 1 });
    place.give(2, inserted('2', 'orders'), endEntry({ xid: late }), finishEntry('COMMIT', late));
    place.give(3, finishEntry('COMMIT', known), finishEntry('ROLLBACK', "X'72',X'',1"));
    place.start();
    await place.clock.advance(5000);
    assert.deepEqual(
      place.said.filter((line) => line.startsWith('resync')),
      [],
    );
    place.give(4, finishEntry('COMMIT', early));
    await place.clock.advance(950);
    assert.equal(place.said.at(-1), 'ack 4');
    await place.clock.advance(200);
    assert.deepEqual(place.said.at(-1), 'resync UnreadableChange');
    for (let id = 5; id < 25; id += 1) {
      place.give(id, finishEntry('COMMIT', early));
      await place.clock.advance(1000);
    }
    assert.equal(place.said.filter((line) => line.startsWith('resync')).length, 1);
    await place.clock.advance(30_000);
    assert.equal(place.said.filter((line) => line.startsWith('resync')).length, 2);
  });

  it('asks for a person when rows come without their service', async () => {
    place.give(1, rowsEntry('update', [{ before: { id: '1' }, after: { weight: '5' } }]));
    place.start();
    await place.clock.advance(10);
    assert.deepEqual(place.said, ['rollback 1']);
    assert.ok(place.failed instanceof TerminalError && place.failed.reason === 'CanalRowsIncomplete');
  });

  it('has everything read again in place of more than 10,000 services, once, when no more come', async () => {
    const rows = Array.from({ length: 6000 }, (_, index) => ({ after: { id: '1', service: `a${index}` } }));
    const more = rows.map(({ after }) => ({ after: { ...after, service: `b${after.service}` } }));
    place.give(1, rowsEntry('insert', rows), endEntry());
    place.give(2, rowsEntry('insert', more), endEntry());
    place.give(3, inserted('1', 'c'), endEntry());
    place.start();
    await place.clock.advance(10);
    assert.deepEqual(
      place.said.map((line) => line.slice(0, 30)),
      ['hint a0,a1,a2,a3,a4,a5,a6,a7,a', 'ack 1', 'ack 2', 'ack 3', 'resync TooManyChanges'],
    );
    place.give(4, inserted('1', 'd'), endEntry());
    await place.clock.advance(100);
    assert.deepEqual(place.said.slice(5), ['hint d at binlog.000001:100', 'ack 4']);
  });

  it('doubts a server that is silent while the database goes on writing, and believes it when it speaks', async () => {
    place.start();
    await place.clock.advance(9000);
    place.gtids = '0-1-2';
    await place.clock.advance(14_000);
    assert.deepEqual(place.said, ['doubt silent']);
    place.give(1, endEntry());
    await place.clock.advance(200);
    assert.deepEqual(place.said.slice(1), ['ack 1', 'belief']);
  });

  it('asks every 10 ms while changes come, and every 100 ms when none do', async () => {
    let asked = 0;
    place.batches.shift = () => {
      asked += 1;
      return undefined;
    };
    place.start();
    await place.clock.advance(1000);
    const busy = asked;
    await place.clock.advance(19_000);
    asked = 0;
    await place.clock.advance(10_000);
    assert.ok(busy >= 95 && busy <= 101, String(busy));
    assert.ok(asked >= 99 && asked <= 101, String(asked));
  });
});
