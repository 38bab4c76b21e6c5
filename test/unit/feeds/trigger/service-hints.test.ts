import assert from 'node:assert/strict';
import { ServiceHints } from '../../../../src/feeds/trigger/service-hints.ts';
import { isOtherTable } from '../../../../src/feeds/trigger/table-mark.ts';

describe('the hints of log entries', () => {
  it('name each service once for each batch, with the time of its first change', () => {
    const hints = new ServiceHints(10);
    hints.add({ id: 1, service: 'a', atUs: 7 });
    hints.add({ id: 2, service: null, atUs: 1 });
    hints.add({ id: 3, service: 'a', atUs: 5 });
    hints.add({ id: 4, service: 'b', atUs: 9 });
    assert.deepEqual(hints.take(), [
      { service: 'a', changedAtUs: 5 },
      { service: 'b', changedAtUs: 9 },
    ]);
    assert.deepEqual(hints.take(), []);
    hints.add({ id: 5, service: 'a', atUs: 11 });
    assert.deepEqual(hints.take(), [{ service: 'a', changedAtUs: 11 }]);
  });

  it('end where there are too many different services, so that all has to be read', () => {
    const hints = new ServiceHints(2);
    for (const [id, service] of ['a', 'b', 'a'].entries()) hints.add({ id, service, atUs: id });
    assert.deepEqual([hints.isOverflowing, hints.take().length], [false, 2]);
    hints.add({ id: 4, service: 'c', atUs: 4 });
    hints.add({ id: 5, service: 'a', atUs: 5 });
    assert.deepEqual([hints.isOverflowing, hints.take()], [true, []]);
  });
});

describe('the mark of a table', () => {
  const mark = { made: '2026-01-01', nextId: 5, isEmpty: false };
  const cases = [
    { name: 'more rows', after: { nextId: 900 }, isOther: false },
    { name: 'a TRUNCATE', after: { nextId: 1, isEmpty: true }, isOther: true },
    { name: 'a TRUNCATE that was filled again', after: { nextId: 3 }, isOther: true },
    { name: 'another table of the name', after: { made: '2026-01-02', nextId: 9 }, isOther: true },
    { name: 'a table without a counter that is empty', after: { nextId: 5, isEmpty: true }, isOther: true },
  ];
  for (const { name, after, isOther } of cases)
    it(`tells of ${name}: ${isOther ? 'another table' : 'the same table'}`, () => {
      assert.equal(isOtherTable(mark, { ...mark, ...after }), isOther);
    });

  it('stays for a table that is empty for long', () => {
    const empty = { made: '', nextId: null, isEmpty: true };
    assert.equal(isOtherTable(empty, empty), false);
  });
});
