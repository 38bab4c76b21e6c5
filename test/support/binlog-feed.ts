import { BinlogFeed, type BinlogFeedOptions } from '../../src/feeds/binlog/binlog-feed.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { AccessSource, MysqlTarget } from '../../src/mysql/access.ts';
import { MysqlBinlogServer } from '../../src/mysql/mysql-binlog-server.ts';
import { root } from './open-registry.ts';
import { RecordingLogger } from './recording-logger.ts';

let readers = 0;

/** A Binlog feed of a database of the test bed, as root, with a server id of its own. */
export function binlogFeed(
  target: MysqlTarget,
  options: Pick<BinlogFeedOptions, 'source'> &
    Partial<BinlogFeedOptions> & { readonly access?: AccessSource },
): BinlogFeed {
  readers += 1;
  const { access = () => Promise.resolve(root) } = options;
  return new BinlogFeed({
    server: new MysqlBinlogServer({
      ...{ target, access, clock: systemClock },
      loginField: 'spec.feed.binlog.credentialsSecretRef',
    }),
    reader: `test-${process.pid}-${readers}`,
    heartbeatMs: 200,
    clock: systemClock,
    random: Math.random,
    logger: new RecordingLogger(),
    ...options,
  });
}
