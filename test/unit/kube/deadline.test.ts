import assert from 'node:assert/strict';
import { Deadline } from '../../../src/kube/deadline.ts';
import { FakeClock } from '../../support/fake-clock.ts';

describe('Deadline', () => {
  it('ends at the earliest of several times, with its reason', async () => {
    const clock = new FakeClock();
    const deadline = new Deadline(clock, new AbortController().signal);
    deadline.endIn(500, () => new Error('late'));
    deadline.endIn(200, () => new Error('early'));
    deadline.endIn(900, () => new Error('never'));
    await clock.advance(199);
    assert.equal(deadline.signal.aborted, false);
    await clock.advance(1);
    assert.match(String(deadline.signal.reason), /early/);
    deadline.close();
    assert.equal(clock.pending, 0);
  });

  it('ends with the signal it was given, and lets go of it when it is closed', () => {
    const outer = new AbortController();
    const first = new Deadline(new FakeClock(), outer.signal);
    const second = new Deadline(new FakeClock(), outer.signal);
    second.close();
    outer.abort(new Error('stop'));
    assert.match(String(first.signal.reason), /stop/);
    assert.equal(second.signal.aborted, false);
    assert.match(String(new Deadline(new FakeClock(), outer.signal).signal.reason), /stop/);
  });

  it('rejects guarded work at its end, even if the work never ends', async () => {
    const clock = new FakeClock();
    const deadline = new Deadline(clock, new AbortController().signal);
    const work = assert.rejects(deadline.guard(new Promise(() => undefined)), /over/);
    deadline.endIn(10, () => new Error('over'));
    await clock.advance(10);
    await work;
    assert.equal(await new Deadline(clock, new AbortController().signal).guard(Promise.resolve(7)), 7);
  });

  it('calls back once when it is closed', () => {
    let closed = 0;
    const deadline = new Deadline(new FakeClock(), new AbortController().signal);
    deadline.whenClosed(() => (closed += 1));
    deadline.close();
    deadline.close();
    assert.equal(closed, 1);
  });
});
