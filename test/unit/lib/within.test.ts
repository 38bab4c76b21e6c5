import assert from 'node:assert/strict';
import { within } from '../../../src/lib/within.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const forever = () => new Promise<never>(() => undefined);
const calm = new AbortController().signal;

describe('within', () => {
  it('answers what the work does, and leaves no timer', async () => {
    const clock = new FakeClock();
    assert.equal(await within(clock, 100, () => Promise.resolve(7), calm), 7);
    await assert.rejects(
      within(clock, 100, () => Promise.reject(new Error('no')), calm),
      { message: 'no' },
    );
    assert.equal(clock.pending, 0);
  });

  it('rejects when the time is over, although the work pays no heed, and tells it so', async () => {
    const clock = new FakeClock();
    let seen: AbortSignal | undefined;
    const work = (signal: AbortSignal) => {
      seen = signal;
      return forever();
    };
    const ended = assert.rejects(within(clock, 2500, work, calm), {
      name: 'RetryableError',
      reason: 'TookTooLong',
      message: 'it took longer than 2.5 s',
    });
    await clock.advance(2500);
    await ended;
    assert.equal(seen?.aborted, true);
  });

  it('rejects with the reason of the signal, and starts nothing after it', async () => {
    const stopping = new AbortController();
    const reason = new Error('stop');
    const ended = assert.rejects(within(new FakeClock(), 100, forever, stopping.signal), reason);
    stopping.abort(reason);
    await ended;
    let started = false;
    const work = () => Promise.resolve((started = true));
    await assert.rejects(within(new FakeClock(), 100, work, stopping.signal), reason);
    assert.equal(started, false);
  });
});
