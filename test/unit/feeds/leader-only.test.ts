import assert from 'node:assert/strict';
import { LeaderOnlyFeed } from '../../../src/feeds/leader-only.ts';
import type { ChangeFeed, FeedName, FeedSink } from '../../../src/registry/change-feed.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';

describe('LeaderOnlyFeed', () => {
  let clock: FakeClock;
  let said: string[];
  let leads: boolean;
  let feed: LeaderOnlyFeed;
  let open: FeedSink | null;
  let stopping: AbortController;
  let running: Promise<void>;

  const made = (name: FeedName) => (): ChangeFeed => ({
    name,
    active: name,
    run: async (sink, signal) => {
      said.push(`${name} begins`);
      open = sink;
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      open = null;
      said.push(`${name} ends`);
    },
  });
  const live = (): void => open?.healthy({ databaseUs: null, lagMs: 0, position: '1' });

  beforeEach(async () => {
    clock = new FakeClock();
    said = [];
    leads = false;
    open = null;
    stopping = new AbortController();
    feed = new LeaderOnlyFeed({
      ...{ name: 'Canal', leader: made('Canal'), other: made('Poll'), isLeader: () => leads },
      ...{ clock, logger: new RecordingLogger() },
    });
    const sink: FeedSink = {
      hint: (services) => said.push(`hint ${services.map(({ service }) => service).join()}`),
      resync: (reason) => said.push(`resync ${reason}`),
      healthy: () => said.push('healthy'),
      unhealthy: () => said.push('unhealthy'),
    };
    running = feed.run(sink, stopping.signal);
    await clock.advance(0);
  });
  afterEach(async () => {
    stopping.abort(new Error('the test is over'));
    await running;
    assert.equal(clock.pending, 0);
  });

  it('polls in good health while this replica does not lead', async () => {
    live();
    await clock.advance(10_000);
    assert.deepEqual(said, ['Poll begins', 'healthy']);
    assert.deepEqual([feed.name, feed.active], ['Canal', 'Poll']);
  });

  it('opens the feed within 250 ms when it begins to lead, and then has everything read again, once', async () => {
    live();
    leads = true;
    await clock.advance(250);
    assert.equal(feed.active, 'Canal');
    live();
    live();
    open?.hint([{ service: 'orders', changedAtUs: null }], '2');
    assert.deepEqual(said, [
      ...['Poll begins', 'healthy', 'Poll ends', 'Canal begins'],
      ...['resync FeedResumed', 'healthy', 'healthy', 'hint orders'],
    ]);
  });

  it('lets go of the feed when it leads no more, so that the next leader can have it', async () => {
    leads = true;
    await clock.advance(250);
    live();
    leads = false;
    await clock.advance(250);
    live();
    assert.deepEqual(said.slice(-3), ['Poll begins', 'resync FeedResumed', 'healthy']);
    assert.equal(feed.active, 'Poll');
  });

  it('says so when the leader cannot follow', async () => {
    leads = true;
    await clock.advance(250);
    open?.unhealthy(new Error('no canal-server'));
    assert.equal(said.at(-1), 'unhealthy');
  });
});
