import assert from 'node:assert/strict';
import { CallCounter } from '../../../local/demo/call-counter.ts';

const at = '2026-01-01T00:00:00Z';

describe('CallCounter', () => {
  it('counts calls by server, in the order of names, and rates over the last 5 s', () => {
    const counter = new CallCounter();
    for (const [server, time] of [
      ['greeter-10', 1000],
      ['greeter-9', 7000],
      ['greeter-9', 8000],
    ] as const) {
      counter.add({ server, ok: true, at }, time);
    }
    const { calls, failed, perSecond, servers } = counter.counts(10_000);
    assert.deepEqual({ calls, failed, perSecond }, { calls: 3, failed: 0, perSecond: 0.4 });
    assert.deepEqual(servers, [
      { server: 'greeter-9', calls: 2, firstAt: 7000, lastAt: 8000, perSecond: 0.4 },
      { server: 'greeter-10', calls: 1, firstAt: 1000, lastAt: 1000, perSecond: 0 },
    ]);
  });

  it('rates a client that has just started over the time since then', () => {
    const counter = new CallCounter();
    for (const time of [1000, 2000, 3000]) counter.add({ server: 'greeter-1', ok: true, at }, time);
    assert.equal(counter.counts(3000).perSecond, 1.5);
    assert.equal(new CallCounter().counts(0).perSecond, 0);
  });

  it('keeps the last failure', () => {
    const counter = new CallCounter();
    counter.add({ ok: false, code: 14, error: 'no connection', at }, 1000);
    counter.add({ ok: false, code: 4, error: 'too late', at }, 2000);
    const { calls, failed, lastFailure } = counter.counts(2000);
    assert.deepEqual({ calls, failed }, { calls: 2, failed: 2 });
    assert.deepEqual(lastFailure, { at: 2000, code: 4, text: 'too late' });
  });
});
