import { PollFeed } from '../../../src/feeds/poll.ts';
import type { FeedKind } from '../../contract/feed-place.ts';

const nothing = (): Promise<void> => Promise.resolve();

/** Poll, for the suites that every feed goes through. */
export const poll: FeedKind = {
  name: 'Poll',
  leavesToAudit: ['delete', 'move', 'truncate', 'long transaction'],
  hasLog: false,
  hasServer: false,
  prepare: () =>
    Promise.resolve({
      open: (material) => new PollFeed({ ...material, intervalMs: 100 }),
      links: [],
      committed: nothing,
      disable: nothing,
      enable: nothing,
      purge: nothing,
      restart: nothing,
      close: nothing,
    }),
};
