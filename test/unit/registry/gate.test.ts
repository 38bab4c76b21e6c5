import assert from 'node:assert/strict';
import { Gate } from '../../../src/registry/gate.ts';
import { Wakeup } from '../../../src/registry/wakeup.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const never = new AbortController().signal;

describe('the gate', () => {
  it('lets nobody pass before it is open, and tells rounds apart', async () => {
    const gate = new Gate();
    const passed: number[] = [];
    void gate.passed(never).then((round) => passed.push(round));
    await Promise.resolve();
    assert.deepEqual(passed, []);
    gate.open();
    gate.open();
    assert.equal(await gate.passed(never), 1);
    gate.close();
    gate.open();
    assert.equal(await gate.passed(never), 2);
    assert.deepEqual(passed, [1]);
  });

  it('lets go of who waits when it is told to stop', async () => {
    const stopping = new AbortController();
    const waiting = new Gate().passed(stopping.signal);
    stopping.abort(new Error('stop'));
    await assert.rejects(waiting, /stop/);
  });
});

describe('a wakeup', () => {
  it('ends a wait at once, also one that begins after it', async () => {
    const clock = new FakeClock();
    const wakeup = new Wakeup(clock);
    const waiting = wakeup.wait(1000, never);
    wakeup.notify();
    await waiting;
    wakeup.notify();
    await wakeup.wait(1000, never);
    assert.equal(clock.now(), 0);
    assert.equal(clock.pending, 0);
  });

  it('is used up by one wait, which lasts its time otherwise', async () => {
    const clock = new FakeClock();
    const wakeup = new Wakeup(clock);
    wakeup.notify();
    await wakeup.wait(1000, never);
    let isOver = false;
    void wakeup.wait(1000, never).then(() => (isOver = true));
    await clock.advance(999);
    assert.equal(isOver, false);
    await clock.advance(1);
    assert.equal(isOver, true);
  });

  it('rejects when it is told to stop', async () => {
    const clock = new FakeClock();
    const stopping = new AbortController();
    const waiting = new Wakeup(clock).wait(1000, stopping.signal);
    stopping.abort(new Error('stop'));
    await assert.rejects(waiting, /stop/);
    assert.equal(clock.pending, 0);
  });
});
