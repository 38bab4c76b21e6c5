import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CanalFault } from '../../../../src/feeds/canal/canal-error.ts';
import { positionText, wentBack } from '../../../../src/feeds/canal/entries.ts';
import { readNews, type CanalNews } from '../../../../src/feeds/canal/news.ts';
import {
  canalTable,
  ddlEntry,
  endEntry,
  rowsEntry,
  statementEntry,
  type CanalRow,
} from '../../../support/canal-entries.ts';

const read = (...entries: readonly Uint8Array[]): CanalNews => readNews(entries, canalTable);
const services = ({ transactions }: CanalNews): string[][] =>
  transactions.map((each) => [...each.services].sort());
const row = (id: string, service: string, weight = '100', updatedAt = '1'): CanalRow => ({
  id,
  service,
  weight,
  updated_at: updatedAt,
});

describe('news of a Canal batch', () => {
  it('names the service of a row that came, changed or went', () => {
    const news = read(
      rowsEntry('insert', [{ after: row('1', 'a') }]),
      endEntry(),
      rowsEntry('update', [{ before: row('2', 'b'), after: row('2', 'b', '5') }]),
      endEntry(),
      rowsEntry('delete', [{ before: row('3', 'c') }]),
      endEntry(),
    );
    assert.deepEqual(services(news), [['a'], ['b'], ['c']]);
    assert.deepEqual(
      news.transactions.map(({ key }) => key),
      [[1n], [2n], [3n]],
    );
    assert.deepEqual([news.tableChange, news.unreadable, news.incomplete], [null, null, null]);
  });

  it('names both services of a row that moved', () => {
    const news = read(rowsEntry('update', [{ before: row('1', 'old'), after: row('1', 'new') }]));
    assert.deepEqual(services(news), [['new', 'old']]);
  });

  it('has no news of a change of quiet columns alone', () => {
    const news = read(
      rowsEntry('update', [{ before: row('1', 'a', '1', '1'), after: row('1', 'a', '1', '2') }]),
      endEntry(),
    );
    assert.deepEqual(news.transactions, []);
    assert.equal(news.positions.length, 1);
  });

  it('has news of a value that became NULL, or NULL that became empty', () => {
    const none: CanalRow = { ...row('1', 'a'), zone: null };
    const empty: CanalRow = { ...row('1', 'a'), zone: '' };
    assert.deepEqual(services(read(rowsEntry('update', [{ before: none, after: empty }]))), [['a']]);
    assert.deepEqual(services(read(rowsEntry('update', [{ before: empty, after: none }]))), [['a']]);
  });

  it('takes rows without types for an update, as the defaults of the protocol want it', () => {
    const change = [{ before: row('1', 'a'), after: row('1', 'a', '5') }];
    assert.deepEqual(services(read(rowsEntry('update', change, { withoutTypes: true }))), [['a']]);
  });

  it('has no news of other tables, nor of statements', () => {
    const change = [{ after: row('1', 'a') }];
    const news = read(
      statementEntry('TRUNCATE instances'),
      rowsEntry('insert', change, { table: 'heartbeats' }),
      rowsEntry('insert', change, { schema: 'elsewhere' }),
      endEntry(),
    );
    assert.deepEqual(news.transactions, []);
    assert.equal(news.tableChange, null);
  });

  for (const { name, entry, concerns } of [
    { name: 'TRUNCATE', entry: ddlEntry('TRUNCATE instances', 8), concerns: true },
    { name: 'ALTER', entry: ddlEntry('ALTER TABLE instances ADD z INT', 5), concerns: true },
    {
      name: 'a rename to another name',
      entry: ddlEntry('RENAME TABLE instances TO old', 9, { table: 'old' }),
      concerns: true,
    },
    {
      name: 'DROP DATABASE',
      entry: ddlEntry('DROP DATABASE registry', 7, { schema: '`registry`', table: '' }),
      concerns: true,
    },
    {
      name: 'a statement on another database',
      entry: ddlEntry('CREATE DATABASE elsewhere', 7, { schema: '`elsewhere`', table: '' }),
      concerns: false,
    },
    {
      name: 'a statement on another table',
      entry: ddlEntry('TRUNCATE heartbeats', 8, { table: 'heartbeats' }),
      concerns: false,
    },
  ]) {
    it(`says that ${name} ${concerns ? 'changes' : 'does not change'} the table`, () => {
      assert.equal(read(entry).tableChange !== null, concerns);
    });
  }

  it('asks for a person where rows come without the service, or statements without rows', () => {
    const minimal = rowsEntry('update', [{ before: { id: '1' }, after: { weight: '5' } }]);
    assert.match(read(minimal).incomplete ?? '', /column service/);
    const statement = rowsEntry('update', [], { sql: 'UPDATE instances SET weight = 5' });
    assert.match(read(statement).incomplete ?? '', /UPDATE instances/);
  });

  it('asks for everything where the name of a service is in a character set that Canal cannot read', () => {
    const news = read(rowsEntry('insert', [{ after: row('1', 'caf\uFFFD') }]));
    assert.match(news.unreadable ?? '', /not UTF-8/);
  });

  it('stands for a transaction by its last row, with binary keys as bytes', () => {
    const binary = { ...canalTable, primaryKey: ['uid', 'service'] };
    const entries = ['a', 'b'].map((service) =>
      rowsEntry('insert', [{ after: { uid: '\u0000\u00ffab', service } }]),
    );
    const news = readNews([...entries, endEntry()], binary);
    assert.deepEqual(services(news), [['a', 'b']]);
    assert.deepEqual(news.transactions[0]?.key, [Buffer.from([0, 255, 97, 98]), 'b']);
  });

  it('has a binary key as long as the database has it: Canal gives it without the zeros at its end', () => {
    const binary = { ...canalTable, primaryKey: ['uid'] };
    const news = readNews([rowsEntry('insert', [{ after: { uid: 'a', service: 'a' } }])], binary);
    assert.deepEqual(news.transactions[0]?.key, [Buffer.from([97, 0, 0, 0])]);
  });

  for (const [what, column, value] of [
    ['bytes in place of its text', 'uuid', '\u0012>Eg'],
    ['a text that is not UTF-8', 'service', 'caf\ufffd'],
  ] as const)
    it(`has no key where Canal gives ${what}`, () => {
      const row = { service: 'a', [column]: value };
      const news = readNews([rowsEntry('insert', [{ after: row }])], { ...canalTable, primaryKey: [column] });
      assert.equal(news.transactions[0]?.key, null);
    });

  it('knows of a change of the table that Canal cannot read, and so gives without a schema', () => {
    const sql = 'SET STATEMENT max_statement_time = 10 FOR TRUNCATE TABLE Instances';
    assert.equal(read(statementEntry(sql, true)).tableChange, sql);
    assert.equal(read(statementEntry('CREATE PROCEDURE p() SELECT 1', true)).tableChange, null);
  });

  it('refuses bytes that are no entry', () => {
    assert.throws(
      () => read(Buffer.from([0x0a, 0xff])),
      (error) => error instanceof CanalFault && error.kind === 'protocol',
    );
  });

  it('names each service that a row had or has, and no other, however rows fall into entries', () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const weight = fc.constantFrom('1', '2');
    const change = fc.record({ from: name, to: name, before: weight, after: weight });
    fc.assert(
      fc.property(fc.array(fc.array(change, { minLength: 1 })), (entries) => {
        const news = read(
          ...entries.map((rows) =>
            rowsEntry(
              'update',
              rows.map(({ from, to, before, after }) => ({
                before: row('1', from, before),
                after: row('1', to, after, '2'),
              })),
            ),
          ),
        );
        const told = new Set(news.transactions.flatMap((each) => [...each.services]));
        const changed = entries
          .flat()
          .filter(({ from, to, before, after }) => from !== to || before !== after);
        assert.deepEqual(
          [...told].sort(),
          [...new Set(changed.flatMap(({ from, to }) => [from, to]))].sort(),
        );
      }),
    );
  });
});

describe('a Canal position', () => {
  const at = (file: string, offset: number, serverId = 1) => ({ file, offset, serverId, gtid: '' });

  for (const { before, now, back } of [
    { before: at('binlog.000001', 5), now: at('binlog.000001', 6), back: false },
    { before: at('binlog.000001', 5), now: at('binlog.000001', 5), back: false },
    { before: at('binlog.000009', 5), now: at('binlog.000010', 4), back: false },
    { before: at('binlog.999999', 5), now: at('binlog.1000000', 4), back: false },
    { before: at('binlog.000001', 5), now: at('binlog.000001', 4), back: true },
    { before: at('binlog.000010', 5), now: at('binlog.000009', 9), back: true },
    { before: at('binlog.000001', 5), now: at('other-bin.000002', 9), back: true },
    { before: at('binlog.000001', 5), now: at('binlog.000002', 9, 2), back: true },
  ]) {
    it(`${back ? 'went back' : 'went on'} from ${positionText(before)} to ${positionText(now)} of server ${now.serverId}`, () => {
      assert.equal(wentBack(before, now), back);
    });
  }

  it('is written with its GTID where there is one', () => {
    assert.equal(positionText({ ...at('binlog.000001', 5), gtid: '0-1-7' }), 'binlog.000001:5 0-1-7');
  });
});
