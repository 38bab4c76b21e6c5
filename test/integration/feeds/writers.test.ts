import { feedMissesNone } from '../../contract/feed-writers.ts';
import { binlog } from '../../support/feed-kinds/binlog.ts';
import { canal } from '../../support/feed-kinds/canal.ts';
import { poll } from '../../support/feed-kinds/poll.ts';
import { redisKind } from '../../support/feed-kinds/redis.ts';
import { trigger } from '../../support/feed-kinds/trigger.ts';
import { onEachDatabase } from '../../support/open-registry.ts';

onEachDatabase('commits of many writers', (flavor) => {
  const kinds = [poll, trigger, binlog, ...(flavor === 'mariadb' ? [redisKind(), canal] : [])];
  for (const kind of kinds) feedMissesNone(flavor, kind);
});
