import assert from 'node:assert/strict';
import { type ActedOn, actions, NotPossible } from '../../../local/demo/actions.ts';
import { answer } from '../../../local/demo/control.ts';
import type { Fleet } from '../../../local/demo/fleet.ts';
import { demoState } from '../../support/demo-state.ts';

describe('the command demo', () => {
  const controlled = {
    state: () => demoState(),
    act: (command: string, argument = 'the newest') => {
      if (command === 'kill-server') return Promise.reject(new NotPossible('No server is running.'));
      if (command === 'kill-operator') return Promise.reject(new Error('no such process'));
      return Promise.resolve({ did: `${command} ${argument}`, see: 'Look.' });
    },
  };

  it('has the exit code 0 for what it did, for the state and for help', async () => {
    assert.deepEqual(await answer('drain-server  greeter-2', controlled), {
      ...{ code: 0, text: 'drain-server greeter-2\nLook.' },
    });
    assert.deepEqual(await answer('state', controlled), { code: 0, text: JSON.stringify(demoState()) });
    for (const line of ['', 'help']) {
      const { code, text } = await answer(line, controlled);
      assert.equal(code, 0);
      assert.match(text, /^usage: demo COMMAND\n/);
    }
  });

  it('has 1 for what is not possible or failed, and 2 with the usage for a word that it does not know', async () => {
    assert.deepEqual(await answer('kill-server', controlled), { code: 1, text: 'No server is running.' });
    assert.deepEqual(await answer('kill-operator', controlled), {
      ...{ code: 1, text: 'It failed: no such process' },
    });
    const { code, text } = await answer('wrong', controlled);
    assert.equal(code, 2);
    assert.match(text, /^There is no wrong\.\nusage: demo COMMAND\n/);
  });

  for (const command of ['kill-server', 'drain-server']) {
    it(`says after ${command} how to start a server when it was the last one, and only then`, async () => {
      const seeOf = async (servers: number): Promise<string> => {
        const running = Array.from({ length: servers }, (_, number) => ({
          ...{ id: `greeter-${number}`, process: { pid: 100 + number } },
        }));
        const leave = () => void running.pop();
        const fleet = { pick: () => running.at(-1), kill: leave, drain: leave } as unknown as Fleet;
        const action = actions.find((one) => one.command === command);
        return (await action?.run({ fleet, feed: { kind: 'poll' } } as ActedOn))?.see ?? '';
      };
      assert.match(await seeOf(1), /It was the last one.* key s, or demo start-server\.$/);
      assert.doesNotMatch(await seeOf(2), /last one/);
    });
  }
});
