import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { RowChange, RowImage } from '../../../../src/feeds/binlog/source-event.ts';
import { MOST_SERVICES, rowKey, TransactionRows } from '../../../../src/feeds/binlog/transaction.ts';

const table = {
  database: 'registry',
  table: 'instances',
  primaryKey: ['id'],
  serviceColumn: 'service',
  quietColumns: ['updated_at'],
};
const row = (id: number, service: unknown, more: RowImage = {}): RowImage => ({ id, service, ...more });
const inserted = (id: number, service: unknown): RowChange => ({ before: null, after: row(id, service) });
const taken = (...changes: readonly RowChange[]) => {
  const rows = new TransactionRows(table);
  rows.add(changes);
  return rows.take();
};

describe('the row changes of a transaction', () => {
  it('name the services of both images once, and the first and the last row', () => {
    const changed = taken(
      inserted(1, 'a'),
      { before: row(2, 'b'), after: row(2, 'c') },
      { before: row(3, 'a'), after: null },
    );
    assert.deepEqual([...(changed?.services ?? [])], ['a', 'b', 'c']);
    assert.deepEqual(changed?.keys, [[1], [3]]);
    assert.equal(changed.resync, null);
  });

  it('are no news when only quiet columns differ', () => {
    const before = row(1, 'a', { updated_at: '1', metadata: { a: [1] }, bytes: Buffer.from('x') });
    const after = row(1, 'a', { updated_at: '2', metadata: { a: [1] }, bytes: Buffer.from('x') });
    assert.equal(taken({ before, after }), null);
    for (const [column, value] of Object.entries({
      metadata: { a: [2] },
      bytes: Buffer.from('y'),
      more: null,
    }))
      assert.notEqual(taken({ before, after: { ...after, [column]: value } }), null, column);
  });

  it('are gathered over several events, and anew after each transaction', () => {
    const rows = new TransactionRows(table);
    rows.add([inserted(1, 'a')]);
    rows.add([inserted(2, 'b')]);
    assert.deepEqual([...(rows.take()?.services ?? [])], ['a', 'b']);
    assert.equal(rows.take(), null);
    rows.add([inserted(3, 'c')]);
    assert.deepEqual(rows.take()?.keys, [[3]]);
  });

  it('name no row by a number that a statement may not find: FLOAT has fewer digits than are asked for', () => {
    const byWeight = { ...table, primaryKey: ['weight'] };
    const rows = new TransactionRows(byWeight);
    rows.add([{ before: null, after: row(1, 'a', { weight: 1.100000023841858 }) }]);
    assert.deepEqual(rows.take()?.keys, []);
  });

  it('name no service where the column is NULL, and texts as bytes where it is binary', () => {
    assert.deepEqual(
      [...(taken(inserted(1, null), inserted(2, Buffer.from('é')), inserted(3, 7))?.services ?? [])],
      ['é', '7'],
    );
  });

  it('ask for a resync when they are of too many services, in bounded memory', () => {
    const rows = new TransactionRows(table);
    for (let id = 0; id <= MOST_SERVICES; id += 1) rows.add([inserted(id, `s${id}`)]);
    const changed = rows.take();
    assert.equal(changed?.resync?.reason, 'TooManyChanges');
    assert.equal(changed.services.size, MOST_SERVICES);
    assert.equal(changed.keys.length, 2);
  });

  it('have no key where a part of it cannot be asked for', () => {
    assert.equal(rowKey({ a: 1, b: null }, ['a', 'b']), null);
    assert.equal(rowKey({ a: 1, b: new Date(0) }, ['a', 'b']), null);
    assert.deepEqual(rowKey({ a: 1n, b: 'x' }, ['b', 'a']), ['x', 1n]);
  });

  it('name the same services in any order and however they are cut into events', () => {
    const change = fc.tuple(fc.nat(5), fc.nat(5), fc.nat(5)).map(([id, from, to]): RowChange => ({
      before: from === 0 ? null : row(id, `s${from}`),
      after: row(id, `s${to}`, { weight: from }),
    }));
    fc.assert(
      fc.property(fc.array(change), fc.nat(10), (changes, cut) => {
        const whole = new Set(taken(...changes)?.services);
        const parts = new TransactionRows(table);
        parts.add(changes.slice(cut).reverse());
        parts.add(changes.slice(0, cut));
        assert.deepEqual([...(parts.take()?.services ?? [])].sort(), [...whole].sort());
      }),
    );
  });
});
