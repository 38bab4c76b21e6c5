import assert from 'node:assert/strict';
import type { ChangeFeed, FeedSink } from '../../../src/registry/change-feed.ts';
import { ListenedFeed } from '../../support/listened-feed.ts';
import { ToldByFeed } from '../../support/told-by-feed.ts';

/** A feed that tells what a test has it tell. */
class ToldToTell implements ChangeFeed {
  readonly name = 'Binlog';
  readonly active = 'Binlog';
  sink: FeedSink | null = null;

  run(sink: FeedSink): Promise<void> {
    this.sink = sink;
    return Promise.resolve();
  }

  tell(service: string): Promise<void> {
    this.sink?.hint([{ service, changedAtUs: null }], '1');
    return Promise.resolve();
  }
}

describe('ListenedFeed', () => {
  let feed: ToldToTell;
  let listened: ListenedFeed;
  const told = new ToldByFeed();

  beforeEach(async () => {
    feed = new ToldToTell();
    listened = new ListenedFeed(feed);
    await listened.run(told, new AbortController().signal);
  });

  it('passes on everything that the feed tells', () => {
    const { sink } = feed;
    sink?.healthy({ databaseUs: null, lagMs: 0, position: '1' });
    assert.ok(told.isHealthy);
    sink?.unhealthy(new Error('gone'));
    sink?.resync('PositionLost', 'purged');
    void feed.tell('orders');
    assert.deepEqual([told.isHealthy, told.resyncs, told.hints], [false, ['PositionLost'], ['orders']]);
  });

  it('sees that a change of now is told', async () => {
    await listened.tells('afterwards', (service) => feed.tell(service));
    assert.equal(listened.toldOf('afterwards'), 1);
  });

  it('takes neither what is told of another service, nor what was told before, for it', async () => {
    await feed.tell('afterwards');
    const again = listened.tells('afterwards', () => feed.tell('orders'), 300);
    await assert.rejects(again, /in vain for Binlog to tell of afterwards/);
  });
});
