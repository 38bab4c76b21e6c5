import assert from 'node:assert/strict';
import { FailoverFeed } from '../../../src/feeds/failover.ts';
import { TerminalError } from '../../../src/lib/errors.ts';
import type { ChangeFeed, FeedName, FeedSink } from '../../../src/registry/change-feed.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';

/** A feed that says what a test has it say. */
class PuppetFeed implements ChangeFeed {
  readonly name: FeedName;
  readonly active: FeedName;
  sink: FeedSink | undefined;
  runs = 0;
  ends = 0;
  #break: (error: Error) => void = () => undefined;

  constructor(name: FeedName) {
    this.name = this.active = name;
  }

  async run(sink: FeedSink, signal: AbortSignal): Promise<void> {
    this.sink = sink;
    this.runs += 1;
    await new Promise<void>((resolve, reject) => {
      this.#break = reject;
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    this.sink = undefined;
    this.ends += 1;
  }

  healthy(position = '1'): void {
    this.sink?.healthy({ databaseUs: null, lagMs: 0, position });
  }

  unhealthy(reason: string): void {
    this.sink?.unhealthy(new TerminalError(reason, reason));
  }

  hint(service: string): void {
    this.sink?.hint([{ service, changedAtUs: null }], '1');
  }

  break(error: Error): void {
    this.#break(error);
  }
}

describe('FailoverFeed', () => {
  let clock: FakeClock;
  let primary: PuppetFeed;
  let fallback: PuppetFeed;
  let feed: FailoverFeed;
  let said: string[];
  let stopping: AbortController;
  let running: Promise<unknown>;

  beforeEach(async () => {
    clock = new FakeClock();
    primary = new PuppetFeed('Binlog');
    fallback = new PuppetFeed('Poll');
    feed = new FailoverFeed({
      ...{ primary, fallback: () => fallback, patienceMs: 5000, clock },
      logger: new RecordingLogger(),
    });
    said = [];
    stopping = new AbortController();
    const sink: FeedSink = {
      hint: (services) => said.push(...services.map(({ service }) => `hint ${service}`)),
      resync: (reason) => said.push(reason),
      healthy: ({ position }) => said.push(`healthy ${feed.active} ${position}`),
      unhealthy: (error) => said.push(`unhealthy ${feed.active} ${(error as TerminalError).reason}`),
    };
    running = feed.run(sink, stopping.signal).catch((error: unknown) => error);
    await clock.advance(0);
  });
  afterEach(async () => {
    stopping.abort(new Error('the test is over'));
    await running;
  });

  const taken = (): string[] => said.splice(0);

  it('passes on what the feed says, and needs no other', async () => {
    primary.healthy();
    primary.hint('orders');
    primary.sink?.resync('TableChanged', 'altered');
    await clock.advance(60_000);
    assert.deepEqual(taken(), ['healthy Binlog 1', 'hint orders', 'TableChanged']);
    assert.equal(fallback.runs, 0);
  });

  it('has the fallback serve from the first moment when the feed cannot be opened, and reads everything then', async () => {
    primary.unhealthy('BinlogDisabled');
    await clock.advance(0);
    assert.deepEqual(taken(), ['unhealthy Poll BinlogDisabled']);
    fallback.healthy();
    fallback.healthy();
    fallback.hint('orders');
    assert.deepEqual(taken(), ['FallbackStarted', 'hint orders']);
  });

  it('has the fallback serve when the feed does not even say that it cannot be opened', async () => {
    await clock.advance(4999);
    assert.deepEqual([taken(), fallback.runs], [[], 0]);
    await clock.advance(1);
    assert.deepEqual([taken(), fallback.runs], [['unhealthy Poll FeedNotOpen'], 1]);
  });

  it('bears a fault that is over soon', async () => {
    primary.healthy();
    primary.unhealthy('ConnectionLost');
    await clock.advance(4999);
    primary.healthy('2');
    await clock.advance(60_000);
    assert.deepEqual(taken(), ['healthy Binlog 1', 'unhealthy Binlog ConnectionLost', 'healthy Binlog 2']);
    assert.equal(fallback.runs, 0);
  });

  it('counts the time of a fault from its begin, however often it is told', async () => {
    primary.healthy();
    for (let second = 0; second < 5; second += 1) {
      primary.unhealthy('ConnectionLost');
      await clock.advance(1000);
    }
    assert.equal(fallback.runs, 1);
    assert.equal(feed.active, 'Poll');
  });

  it('does not take a feed that lives for a moment now and then for a healthy one', async () => {
    primary.healthy();
    await clock.advance(60_000);
    for (let turn = 0; turn < 5; turn += 1) {
      primary.unhealthy('ConnectionLost');
      await clock.advance(900);
      primary.healthy();
      await clock.advance(200);
    }
    primary.unhealthy('ConnectionLost');
    assert.equal(fallback.runs, 1);
    primary.healthy();
    await clock.advance(2000);
    assert.equal(feed.active, 'Binlog');
    // It has lived for long enough: the next fault is another one.
    primary.unhealthy('ConnectionLost');
    await clock.advance(4999);
    assert.equal(fallback.runs, 1);
    await clock.advance(1);
    assert.equal(fallback.runs, 2);
  });

  it('takes the feed back when it has lived for a while, and passes on its hints all the time', async () => {
    primary.healthy();
    primary.unhealthy('ConnectionLost');
    await clock.advance(5000);
    fallback.healthy();
    taken();
    primary.healthy('2');
    primary.hint('orders');
    await clock.advance(1000);
    primary.unhealthy('ConnectionLost');
    await clock.advance(5000);
    assert.deepEqual(taken(), ['hint orders', 'unhealthy Poll ConnectionLost']);
    primary.healthy('3');
    await clock.advance(2000);
    assert.deepEqual(taken(), ['healthy Binlog 3']);
    assert.deepEqual([fallback.runs, fallback.ends], [1, 1]);
  });

  it('says what the fallback cannot do, and the fault of the feed again when it can', async () => {
    primary.unhealthy('BinlogDisabled');
    await clock.advance(0);
    fallback.healthy();
    taken();
    fallback.unhealthy('HostUnreachable');
    fallback.healthy();
    assert.deepEqual(taken(), ['unhealthy Poll HostUnreachable', 'unhealthy Poll BinlogDisabled']);
  });

  it('ends both when it is told to', async () => {
    primary.unhealthy('BinlogDisabled');
    await clock.advance(0);
    stopping.abort(new Error('the test is over'));
    assert.equal(await running, undefined);
    assert.deepEqual([primary.ends, fallback.ends], [1, 1]);
  });

  for (const which of ['feed', 'fallback'] as const) {
    it(`ends both with the error when the ${which} ends by a bug`, async () => {
      primary.unhealthy('BinlogDisabled');
      await clock.advance(0);
      const bug = new Error('a bug');
      (which === 'feed' ? primary : fallback).break(bug);
      assert.equal(await running, bug);
      assert.equal((which === 'feed' ? fallback : primary).ends, 1);
    });
  }
});
