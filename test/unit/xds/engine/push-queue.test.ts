import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { PushQueue, type Pushed } from '../../../../src/xds/engine/push-queue.ts';
import { Subscribers } from '../../../../src/xds/engine/subscribers.ts';
import type { ResourceKey } from '../../../../src/xds/resource.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

/** Writes down when it has a turn. */
class Listener implements Pushed {
  readonly name: string;
  readonly #log: string[];
  readonly #onFlush: () => void;

  constructor(name: string, log: string[], onFlush: () => void = () => undefined) {
    this.name = name;
    this.#log = log;
    this.#onFlush = onFlush;
  }

  changed({ name }: ResourceKey): void {
    this.#log.push(`${this.name} is told of ${name}`);
  }

  flush(): void {
    this.#log.push(`${this.name} sends`);
    this.#onFlush();
  }
}

interface Bench {
  readonly clock: FakeClock;
  readonly subscribers: Subscribers<Listener>;
  readonly queue: PushQueue<Listener>;
  readonly log: string[];
  readonly errors: unknown[];
}

function bench(): Bench {
  const parts = { clock: new FakeClock(), subscribers: new Subscribers<Listener>(), errors: [] as unknown[] };
  const queue = new PushQueue<Listener>(parts.clock, parts.subscribers, (error) => parts.errors.push(error));
  return { ...parts, queue, log: [] };
}

const key = (name: string): ResourceKey => ({ typeUrl: 't', name });

describe('PushQueue', () => {
  it('makes one turn of changes that come close together', async () => {
    const { subscribers, queue, log } = bench();
    subscribers.add('t', 'A', new Listener('one', log));
    queue.changed([key('A')]);
    queue.changed([key('A'), key('B')]);
    assert.deepEqual(log, [], 'whoever tells of a change is not kept');
    await turn();
    await turn();
    assert.deepEqual(log, ['one is told of A', 'one sends']);
  });

  it('tells those with a wildcard, too, and each once', async () => {
    const { subscribers, queue, log } = bench();
    const [named, all] = [new Listener('named', log), new Listener('all', log)];
    subscribers.add('t', 'A', named);
    subscribers.add('t', '*', all);
    queue.changed([key('A'), key('B')]);
    await turn();
    await turn();
    assert.deepEqual(log, [
      'named is told of A',
      'all is told of A',
      'all is told of B',
      'named sends',
      'all sends',
    ]);
  });

  it('lets the event loop go on in the middle of a push to ten thousand, and serves all of them in order', async () => {
    const { clock, subscribers, queue, log } = bench();
    for (let index = 0; index < 10_000; index += 1) {
      // Each turn costs a tenth of a millisecond.
      subscribers.add('t', 'A', new Listener(String(index), log, () => clock.freeze(0.1)));
    }
    queue.changed([key('A')]);
    let turns = 0;
    const sent = (): string[] => log.filter((line) => line.endsWith('sends'));
    while (sent().length < 10_000) {
      assert.ok((turns += 1) < 1_000, `${sent().length} sent`);
      await turn();
    }
    assert.ok(turns >= 100, `${turns} turns for a second of work: each has at most some 8 ms`);
    assert.deepEqual(
      sent(),
      Array.from({ length: 10_000 }, (_, index) => `${index} sends`),
    );
  });

  it('puts whoever comes again behind those who wait', async () => {
    const { queue, log } = bench();
    let again = 3;
    const greedy: Listener = new Listener('greedy', log, () => {
      if ((again -= 1) > 0) queue.add(greedy);
    });
    queue.add(greedy);
    queue.add(new Listener('modest', log));
    await turn();
    await turn();
    assert.deepEqual(log, ['greedy sends', 'modest sends', 'greedy sends', 'greedy sends']);
  });

  it('goes on with the next when one fails, and with what comes later', async () => {
    const { queue, log, errors } = bench();
    const bad = new Listener('bad', log, () => {
      throw new Error('a bug');
    });
    queue.add(bad);
    queue.add(new Listener('good', log));
    await turn();
    await turn();
    queue.add(new Listener('later', log));
    await turn();
    await turn();
    assert.deepEqual([log.slice(1), errors.length], [['good sends', 'later sends'], 1]);
  });

  it('gives no turn to who is gone', async () => {
    const { queue, log } = bench();
    const gone = new Listener('gone', log);
    queue.add(gone);
    queue.delete(gone);
    await turn();
    await turn();
    assert.deepEqual(log, []);
  });
});

describe('Subscribers', () => {
  it('keeps nothing of names that nobody wants any more', () => {
    const subscribers = new Subscribers<string>();
    subscribers.add('t', 'A', 'one');
    subscribers.add('t', 'A', 'two');
    subscribers.remove('t', 'A', 'one');
    assert.deepEqual([[...subscribers.named('t', 'A')], subscribers.isEmpty], [['two'], false]);
    subscribers.remove('t', 'A', 'two');
    subscribers.remove('t', 'A', 'two');
    assert.equal(subscribers.isEmpty, true);
  });
});
