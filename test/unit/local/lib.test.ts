import assert from 'node:assert/strict';
import { atMost } from '../../../local/lib/limit.ts';
import { seconds } from '../../../local/lib/progress.ts';
import { CommandFailed, mustRun, run } from '../../../local/lib/run.ts';
import { waitFor } from '../../../local/lib/wait.ts';
import { addressRange } from '../../../local/peers/greeter.ts';

describe('work in turns', () => {
  it('runs no more than so many at once, and all of them', async () => {
    const inTurn = atMost(2);
    let running = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running -= 1;
    };
    await Promise.all(Array.from({ length: 7 }, () => inTurn(work)));
    assert.deepEqual({ most, running }, { most: 2, running: 0 });
  });

  it('goes on after a failure', async () => {
    const inTurn = atMost(1);
    const failing = inTurn(() => Promise.reject(new Error('no')));
    const next = inTurn(() => Promise.resolve('yes'));
    await assert.rejects(failing);
    assert.equal(await next, 'yes');
  });
});

describe('a program that is run', () => {
  it('gives its output and its exit code', async () => {
    assert.deepEqual(await run('sh', ['-c', 'cat; echo bad >&2; exit 3'], { input: 'in' }), {
      code: 3,
      stdout: 'in',
      stderr: 'bad\n',
    });
  });

  it('that fails throws with the end of what it said', async () => {
    await assert.rejects(
      mustRun('sh', ['-c', 'echo why >&2; exit 3']),
      (error) => error instanceof CommandFailed && error.message.includes('ended with exit code 3: why'),
    );
  });
});

describe('waiting', () => {
  it('takes errors for "not yet"', async () => {
    let looks = 0;
    const look = () => {
      looks += 1;
      if (looks < 3) throw new Error('not yet');
      return looks;
    };
    assert.equal(await waitFor('three', look, { intervalMs: 1 }), 3);
  });

  it('says what it waited for, and why not, when the time is over', async () => {
    const look = () => Promise.reject(new Error('closed'));
    await assert.rejects(
      waitFor('the door', look, { timeoutMs: 5, intervalMs: 1 }),
      (error: Error) => error.message.includes('the door') && (error.cause as Error).message === 'closed',
    );
  });
});

describe('times and addresses', () => {
  it('are said as people say them', () => {
    assert.equal(seconds(0, 41_400), '41 s');
    assert.equal(seconds(0, 185_000), '3 min 5 s');
  });

  it('come in order and leave out the ends of a block', () => {
    assert.deepEqual(addressRange('10.77.5.253', 4), [
      '10.77.5.253',
      '10.77.5.254',
      '10.77.6.1',
      '10.77.6.2',
    ]);
  });
});
