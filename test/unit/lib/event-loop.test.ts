import assert from 'node:assert/strict';
import { Breather } from '../../../src/lib/event-loop.ts';
import { FakeClock } from '../../support/fake-clock.ts';

describe('Breather', () => {
  it('asks for a turn only when the time to work is used up, and then gives a new one', async () => {
    const clock = new FakeClock();
    const breather = new Breather(clock, 8);
    assert.equal(breather.breathe(), undefined);
    await clock.advance(8);
    let others = 0;
    setImmediate(() => (others += 1));
    const turn = breather.breathe();
    assert.ok(turn);
    await turn;
    assert.equal(others, 1, 'what waited had its turn first');
    assert.equal(breather.breathe(), undefined);
  });
});
