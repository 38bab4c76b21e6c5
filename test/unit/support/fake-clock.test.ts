import assert from 'node:assert/strict';
import { FakeClock } from '../../support/fake-clock.ts';

const never = new AbortController().signal;

describe('FakeClock', () => {
  it('runs timers in the order of their deadlines, each with the time it was due', async () => {
    const clock = new FakeClock();
    const seen: string[] = [];
    clock.after(20, () => seen.push(`b@${clock.now()}`));
    clock.after(10, () => seen.push(`a@${clock.now()}`));
    clock.after(20, () => seen.push(`c@${clock.now()}`));
    await clock.advance(15);
    assert.deepEqual(seen, ['a@10']);
    await clock.advance(10);
    assert.deepEqual(seen, ['a@10', 'b@20', 'c@20']);
    assert.equal(clock.now(), 25);
  });

  it('lets a loop of sleeps run several rounds in one advance', async () => {
    const clock = new FakeClock();
    const rounds: number[] = [];
    const loop = (async () => {
      for (let round = 0; round < 3; round += 1) {
        await clock.sleep(10, never);
        rounds.push(clock.now());
      }
    })();
    await clock.advance(30);
    await loop;
    assert.deepEqual(rounds, [10, 20, 30]);
  });

  it('rejects a sleep with the reason of its signal and forgets the timer', async () => {
    const clock = new FakeClock();
    const abort = new AbortController();
    const sleep = clock.sleep(10, abort.signal);
    abort.abort(new Error('stopped'));
    await assert.rejects(sleep, /stopped/);
    assert.equal(clock.pending, 0);
  });

  it('never runs a cancelled timer', async () => {
    const clock = new FakeClock();
    const cancel = clock.after(10, () => assert.fail('ran'));
    cancel();
    await clock.advance(20);
  });

  it('runs everything late after a freeze', async () => {
    const clock = new FakeClock();
    const seen: number[] = [];
    clock.after(10, () => seen.push(clock.now()));
    clock.freeze(1000);
    assert.deepEqual(seen, []);
    await clock.advance(0);
    assert.deepEqual(seen, [1000]);
  });

  it('keeps the wall clock apart from durations', async () => {
    const clock = new FakeClock(1_000_000);
    await clock.advance(5);
    clock.wallStartMs -= 3_600_000;
    assert.equal(clock.now(), 5);
    assert.equal(clock.wallNow(), 1_000_005 - 3_600_000);
  });
});
