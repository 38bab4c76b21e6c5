import assert from 'node:assert/strict';
import { Teller } from '../../../../src/feeds/binlog/teller.ts';
import { MOST_SERVICES, type ChangedServices } from '../../../../src/feeds/binlog/transaction.ts';
import { TerminalError } from '../../../../src/lib/errors.ts';
import type { RowKey, SourceDatabase } from '../../../../src/registry/source-table.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const table = {
  database: 'registry',
  table: 'instances',
  primaryKey: ['id'],
  serviceColumn: 'service',
  quietColumns: [],
};
const changed = (service: string, ...ids: readonly number[]): ChangedServices => ({
  services: new Set([service]),
  keys: ids.map((id) => [id]),
  resync: null,
});

describe('the telling of changes (safety rule 4)', () => {
  let clock: FakeClock;
  let held: Set<number>;
  let fault: Error | null;
  let looks: number;
  let told: string[];
  let teller: Teller;
  let stopping: AbortController;
  let running: Promise<void>;

  beforeEach(() => {
    clock = new FakeClock();
    held = new Set();
    fault = null;
    looks = 0;
    told = [];
    const source: Pick<SourceDatabase, 'awaitVisible'> = {
      awaitVisible: (_, keys: readonly RowKey[]) => {
        looks += 1;
        return fault === null
          ? Promise.resolve(keys.filter(([id]) => held.has(Number(id))))
          : Promise.reject(fault);
      },
    };
    teller = new Teller({
      source,
      sink: {
        hint: (services, position) =>
          told.push(`${services.map(({ service }) => service).join('+')} @${position}`),
        resync: (reason) => told.push(reason),
      },
      clock,
      onFault: (error) => told.push(String(error)),
      onRound: () => undefined,
    });
    stopping = new AbortController();
    running = teller.run(stopping.signal);
  });
  afterEach(async () => {
    stopping.abort(new Error('the test is over'));
    await clock.advance(0);
    await running;
  });

  it('tells all that can be seen at once, in one hint', async () => {
    teller.tell(changed('a', 1), table, '1');
    teller.tell(changed('b', 2), table, '2');
    teller.tell(changed('a', 3), table, '3');
    await clock.advance(0);
    assert.deepEqual(told, ['a+b @3']);
    assert.deepEqual([teller.load, teller.size, looks], [0, 0, 1]);
  });

  it('waits for the rows of a transaction, and makes no other wait', async () => {
    held.add(1);
    teller.tell(changed('a', 1), table, '1');
    teller.tell(changed('b', 2), table, '2');
    await clock.advance(50);
    assert.deepEqual(told, ['b @2']);
    assert.deepEqual([teller.load, teller.lagMs], [1, 50]);
    held.clear();
    await clock.advance(50);
    assert.deepEqual(told, ['b @2', 'a @1']);
    assert.equal(teller.lagMs, 0);
  });

  it('is content with one row that nobody holds', async () => {
    held.add(1);
    teller.tell(changed('a', 1, 2), table, '1');
    await clock.advance(0);
    assert.deepEqual(told, ['a @1']);
  });

  it('tells early of rows that are held for long, and again when they are free, looking ever more rarely', async () => {
    held.add(1);
    teller.tell(changed('a', 1), table, '1');
    await clock.advance(200);
    assert.deepEqual(told, ['a @1']);
    assert.equal(teller.load, 0);
    await clock.advance(60_000);
    assert.ok(looks < 140, String(looks));
    held.clear();
    await clock.advance(500);
    assert.deepEqual(told, ['a @1', 'a @1']);
    assert.equal(teller.size, 0);
  });

  it('tells of rows whose keys cannot be asked for at once, and again a second later', async () => {
    teller.tell(changed('a'), table, '1');
    await clock.advance(0);
    assert.deepEqual(told, ['a @1']);
    await clock.advance(1600);
    assert.deepEqual(told, ['a @1', 'a @1']);
  });

  it('keeps everything while the database cannot be asked', async () => {
    fault = new Error('away');
    teller.tell(changed('a', 1), table, '1');
    await clock.advance(1100);
    assert.deepEqual([...new Set(told)], ['Error: away']);
    assert.equal(teller.isFaulty, true);
    fault = null;
    await clock.advance(600);
    assert.equal(told.at(-1), 'a @1');
    assert.equal(teller.isFaulty, false);
  });

  it('is not stuck with rows of a table that is another by now', async () => {
    fault = new TerminalError('ColumnMissing', 'there is no id any more');
    teller.tell(changed('a', 1), table, '1');
    await clock.advance(600);
    assert.equal(teller.load, 1);
    teller.follow({ ...table, primaryKey: ['uid'] });
    await clock.advance(600);
    assert.equal(told.at(-1), 'a @1');
    assert.deepEqual([teller.size, teller.isFaulty], [0, false]);
  });

  it('asks for a resync in place of hints at more services than are told at once', async () => {
    fault = new Error('away');
    for (const part of [0, 1]) {
      const services = Array.from({ length: MOST_SERVICES - 1 }, (_, index) => `${part}-${index}`);
      teller.tell({ services: new Set(services), keys: [[part]], resync: null }, table, String(part));
    }
    await clock.advance(0);
    fault = null;
    await clock.advance(600);
    assert.deepEqual(
      told.map((each) => each.slice(0, 20)),
      ['Error: away', 'TooManyChanges'],
    );
  });

  it('asks for a resync in place of the hints of a transaction that is too large', async () => {
    const resync = { reason: 'TooManyChanges', message: 'too many' } as const;
    teller.tell({ ...changed('a', 1), resync }, table, '1');
    await clock.advance(0);
    assert.deepEqual(told, ['TooManyChanges']);
  });
});
