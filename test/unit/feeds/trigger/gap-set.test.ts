import assert from 'node:assert/strict';
import fc from 'fast-check';
import { GapSet } from '../../../../src/feeds/trigger/gap-set.ts';

/** The gaps as texts: "4-5". */
function gapsOf(set: GapSet): string[] {
  return set.toRead(Infinity).map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`));
}

function after(place: number, ids: readonly number[], step = 1): GapSet {
  const set = new GapSet(place, step, [], 0);
  for (const id of ids) set.seen(id, 0, 50);
  return set;
}

describe('the gap set of a change log (safety rule 5)', () => {
  it('remembers every id that was passed over, and is contiguous up to the first of them', () => {
    const set = after(3, [6, 7, 9]);
    assert.deepEqual([gapsOf(set), set.place, set.contiguous], [['4-5', '8'], 9, 3]);
  });

  it('closes a gap by what is read in it, and by nothing else', () => {
    const set = after(0, [10]);
    assert.deepEqual([set.close(5), gapsOf(set)], [true, ['1-4', '6-9']]);
    assert.deepEqual([set.close(5), set.close(10), set.close(11)], [false, false, false]);
    for (const id of [1, 4, 2, 3, 9, 6, 8, 7]) assert.ok(set.close(id));
    assert.deepEqual([set.size, set.contiguous], [0, 10]);
  });

  it('takes up the gaps that there were at the start, whatever their order', () => {
    const gaps = [
      { from: 7, to: 8, step: 1 },
      { from: 2, to: 2, step: 1 },
    ];
    const set = new GapSet(9, 1, gaps, 0);
    assert.deepEqual([gapsOf(set), set.contiguous], [['2', '7-8'], 1]);
  });

  it('knows servers whose ids are interleaved by their remainders', () => {
    // Step 3: one server gives 1, 4, 7, 10, another 2, 5, 8, 11; nobody gives 3, 6, 9.
    const set = after(1, [2, 4, 10, 11], 3);
    assert.deepEqual([gapsOf(set).sort(), set.contiguous], [['5-8', '7'], 4]);
    assert.equal(set.close(4), false);
    assert.ok(set.close(7));
    assert.ok(set.close(5));
    assert.deepEqual(gapsOf(set), ['8']);
  });

  describe('where several servers are written to', () => {
    const tails = (set: GapSet, nowMs = 0): string[] =>
      set.tails(nowMs).map(({ from, to }) => `${from}-${to}`);

    it('looks for what another server was given before the place, though nothing that came after it is seen', () => {
      // One server gives 1, 3, 5; the other was given 2 and 4, and has not committed.
      const set = after(1, [3, 5], 2);
      assert.deepEqual([gapsOf(set), tails(set)], [[], ['2-4']]);
      assert.ok(set.close(4));
      assert.deepEqual([gapsOf(set), tails(set)], [['2'], []]);
      assert.ok(set.close(2));
      assert.deepEqual([set.close(4), gapsOf(set)], [false, []]);
    });

    it('is done with it after a minute, or two thousand ids: a server that is not written to is not looked at for ever', () => {
      const set = new GapSet(1, 2, [], 0);
      for (let id = 3; id < 1003; id += 2) set.seen(id, id * 100, 50);
      const [tail] = set.tails(100_100);
      assert.ok(Number(tail?.from) >= 300 && Number(tail?.from) <= 420, JSON.stringify(tail));
      for (let id = 1003; id < 9003; id += 2) set.seen(id, 100_200, 50);
      assert.deepEqual(tails(set, 100_200), ['7002-9000']);
      assert.deepEqual(tails(set, 200_000), []);
      // It is written to after all.
      set.seen(9002, 200_000, 50);
      assert.equal(set.size, 1);
    });

    it('looks for nothing of the kind where one server gives all ids', () => {
      assert.deepEqual(tails(after(1, [5, 9])), []);
    });
  });

  it('looks at a gap when its time has come, and later again when it was put off, by parts as well', () => {
    const set = after(0, [11]);
    assert.deepEqual(set.due(49, 10), []);
    assert.equal(set.due(50, 10).length, 1);
    set.postpone({ from: 1, to: 3 }, 200);
    assert.deepEqual(
      set.due(100, 10).map(({ from, to }) => [from, to]),
      [[4, 10]],
    );
    assert.equal(set.due(200, 10).length, 2);
    assert.equal(set.due(200, 1).length, 1);
  });

  it('asks for all gaps in turn where one read cannot take all', () => {
    const set = after(0, [2, 4, 6, 8, 10]);
    const asked = [set.toRead(2), set.toRead(2), set.toRead(2)].map((some) => some.map(({ from }) => from));
    assert.deepEqual(asked, [
      [1, 3],
      [5, 7],
      [9, 1],
    ]);
  });

  it('has missing, at any time, just those ids that were given and not seen', () => {
    const operations = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 60 })), { maxLength: 60 });
    fc.assert(
      fc.property(operations, (steps) => {
        const set = new GapSet(0, 1, [], 0);
        const missing = new Set<number>();
        for (const [isNew, number] of steps) {
          if (isNew) {
            for (let id = set.place + 1; id < set.place + number; id += 1) missing.add(id);
            set.seen(set.place + number, 0, 0);
          } else assert.equal(set.close(number), missing.delete(number));
        }
        const held = set
          .toRead(Infinity)
          .flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, index) => from + index));
        assert.deepEqual(
          held,
          [...missing].sort((a, b) => a - b),
        );
        assert.equal(set.contiguous, Math.min(set.place, ...[...missing].map((id) => id - 1)));
      }),
    );
  });
});
