import { PollFeed } from '../../../src/feeds/poll.ts';
import { feedConverges } from '../../contract/feed-convergence.ts';
import { onEachDatabase } from '../../support/open-registry.ts';

const nothing = (): Promise<void> => Promise.resolve();

onEachDatabase('Poll', (flavor) => {
  feedConverges(flavor, {
    name: 'Poll',
    leavesToAudit: ['delete', 'truncate', 'long transaction'],
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
  });
});
