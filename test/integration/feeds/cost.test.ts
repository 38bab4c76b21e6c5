import { feedCosts } from '../../contract/feed-cost.ts';
import { binlog } from '../../support/feed-kinds/binlog.ts';
import { canal } from '../../support/feed-kinds/canal.ts';
import { redisKind } from '../../support/feed-kinds/redis.ts';
import { trigger } from '../../support/feed-kinds/trigger.ts';
import { onEachDatabase } from '../../support/open-registry.ts';

// Poll is in test/integration/registry/cost.test.ts.
onEachDatabase('the cost of following', (flavor) => {
  const binary = { kind: binlog, seconds: 2 };
  // Its poll underneath goes on looking at a changed row for as long as the row is in the overlap.
  const others = [
    { kind: redisKind(1000), seconds: 13 },
    { kind: canal, seconds: 2 },
  ];
  // The triggers stay, so that their feed is the last.
  const triggers = { kind: trigger, seconds: 2 };
  feedCosts(flavor, [...(flavor === 'mariadb' ? others : []), binary, triggers]);
});
