import type { FeedKind } from '../../contract/feed-place.ts';
import { changeLogAt, triggerFeed, withTriggers } from '../trigger-feed.ts';

/** Trigger, for the suites that every feed goes through. */
export const trigger: FeedKind = {
  name: 'Trigger',
  leavesToAudit: [],
  hasLog: true,
  hasServer: false,
  prepare: async ({ server, database, target }) => {
    const direct = { ...target, host: server.address, port: server.port };
    await withTriggers(direct);
    const log = changeLogAt(target);
    return {
      open: ({ logger }) => triggerFeed(log, { logger }),
      links: [],
      committed: () => Promise.resolve(),
      disable: async () => {
        await server.query(`RENAME TABLE ${database}.change_log TO ${database}.away`);
      },
      enable: async () => {
        await server.query(`RENAME TABLE ${database}.away TO ${database}.change_log`);
      },
      purge: async () => {
        await server.query(`TRUNCATE ${database}.change_log`);
      },
      restart: () => Promise.resolve(),
      close: () => {
        log.close();
        return Promise.resolve();
      },
    };
  },
};
