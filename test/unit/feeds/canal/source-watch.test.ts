import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SourceWatch } from '../../../../src/feeds/canal/source-watch.ts';
import type { SourceWritten } from '../../../../src/registry/source-table.ts';

const written = (gtids: string, of: Partial<SourceWritten> = {}): SourceWritten => ({
  serverId: 'a',
  startedAtUs: 1_000_000_000,
  gtids,
  wentBack: false,
  ...of,
});

describe('the watch over a canal-server', () => {
  it('doubts one that says nothing while the database goes on writing', () => {
    const watch = new SourceWatch(0);
    watch.heard(1000);
    assert.equal(watch.saw(written('0-1-1'), 8000), null);
    assert.equal(watch.saw(written('0-1-2'), 10_000), null);
    assert.equal(watch.saw(written('0-1-2'), 19_999), null);
    assert.equal(watch.saw(written('0-1-2'), 20_000), 'silent');
    assert.equal(watch.doubt, 'silent');
    assert.equal(watch.saw(written('0-1-3'), 30_000), null, 'it is said once');
  });

  it('does not doubt one that has nothing to say', () => {
    const watch = new SourceWatch(0);
    for (let nowMs = 0; nowMs < 100_000; nowMs += 2000) watch.saw(written('0-1-1'), nowMs);
    assert.equal(watch.doubt, null);
  });

  it('forgives a transaction of another table that it leaves out, right after one that it told of', () => {
    const watch = new SourceWatch(0);
    watch.saw(written('0-1-1'), 2000);
    for (let nowMs = 6000; nowMs < 100_000; nowMs += 2000) watch.saw(written('0-1-2'), nowMs);
    assert.equal(watch.doubt, null);
  });

  it('doubts it after a restart of the database, or a failover, until it speaks', () => {
    for (const change of [{ serverId: 'b' }, { startedAtUs: 1_010_000_000 }, { wentBack: true }]) {
      const watch = new SourceWatch(0);
      watch.saw(written('0-1-1'), 2000);
      assert.equal(watch.saw(written('0-1-1', change), 4000), 'restarted');
      watch.opened(5000);
      assert.equal(watch.doubt, 'restarted', 'a new connection to the same canal-server proves nothing');
      assert.equal(watch.heard(6000), 'restarted');
      assert.equal(watch.doubt, null);
    }
  });

  it('takes starts within a second for one: servers count whole seconds', () => {
    const watch = new SourceWatch(0);
    watch.saw(written('', { startedAtUs: 1_000_000_000 }), 2000);
    assert.equal(watch.saw(written('', { startedAtUs: 1_001_000_000 }), 4000), null);
  });

  it('never doubts for silence one that is heard every five seconds', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 4999 }), fc.boolean())), (steps) => {
        const watch = new SourceWatch(0);
        let nowMs = 0;
        for (const [index, [stepMs, writes]] of steps.entries()) {
          nowMs += stepMs;
          watch.saw(written(writes ? `0-1-${index}` : '0-1-0'), nowMs);
          watch.heard(nowMs);
        }
        assert.equal(watch.doubt, null);
      }),
    );
  });
});
