import assert from 'node:assert/strict';
import { Watchdog } from '../../../src/kube/watchdog.ts';
import { FakeClock } from '../../support/fake-clock.ts';

describe('Watchdog', () => {
  it('barks once, when nothing was fed for as long as its patience', async () => {
    const clock = new FakeClock();
    const barks: number[] = [];
    const dog = new Watchdog(clock, 100, () => barks.push(clock.now()));
    for (let round = 0; round < 5; round += 1) {
      await clock.advance(60);
      dog.feed();
    }
    assert.deepEqual(barks, []);
    await clock.advance(1000);
    assert.deepEqual(barks, [400]);
  });

  it('is quiet once it is stopped', async () => {
    const clock = new FakeClock();
    const dog = new Watchdog(clock, 100, () => assert.fail('barked'));
    await clock.advance(150 - 100);
    dog.stop();
    await clock.advance(1000);
    assert.equal(clock.pending, 0);
  });
});
