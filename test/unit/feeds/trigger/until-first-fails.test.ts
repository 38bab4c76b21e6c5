import assert from 'node:assert/strict';
import { untilFirstFails } from '../../../../src/feeds/trigger/until-first-fails.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

describe('parts that run until the first of them fails', () => {
  const clock = new FakeClock();
  const forever = async (signal: AbortSignal): Promise<never> => {
    for (;;) await clock.sleep(1000, signal);
  };

  it('end with the first failure, when all others have ended', async () => {
    const ended: string[] = [];
    const fault = new Error('the first');
    const slow = async (signal: AbortSignal): Promise<never> => {
      await forever(signal).catch(() => undefined);
      ended.push('slow');
      throw new Error('the second');
    };
    const running = untilFirstFails([slow, () => Promise.reject(fault)], new AbortController().signal);
    await assert.rejects(running, fault);
    assert.deepEqual(ended, ['slow']);
  });

  it('end with the reason of the signal, before they begin as well', async () => {
    const stopping = new AbortController();
    const reason = new Error('enough');
    const running = untilFirstFails([forever, forever], stopping.signal);
    stopping.abort(reason);
    await assert.rejects(running, reason);
    let begun = 0;
    const part = (signal: AbortSignal): Promise<never> => {
      begun += 1;
      return forever(signal);
    };
    await assert.rejects(untilFirstFails([part], stopping.signal), reason);
    assert.equal(begun, 0);
  });
});
