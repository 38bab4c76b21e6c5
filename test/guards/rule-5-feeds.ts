import type { Guard } from './guard.ts';

const feed = (name: string) => {
  return (title: string): Guard['test'] => ({ file: `test/integration/feeds/${name}.test.ts`, title });
};
const unit = (path: string) => {
  return (title: string): Guard['test'] => ({ file: `test/unit/feeds/${path}.test.ts`, title });
};
const GAPS = 'src/feeds/trigger/gap-set.ts';
const TRIGGER = 'src/feeds/trigger/trigger-feed.ts';
const triggers = (title: string) => feed('trigger-feed')(`the Trigger feed, on mariadb ${title}`);
const REDIS = 'src/feeds/redis/redis-feed.ts';
const INBOX = 'src/feeds/redis/inbox.ts';
const redis = (title: string) =>
  feed('redis-following')(`a registry that is followed by the Redis feed ${title}`);
const inbox = (title: string) => unit('redis/inbox')(`the inbox of a Redis link ${title}`);
const FOLLOWING = 'src/feeds/binlog/following.ts';
const BINLOG = 'src/feeds/binlog/binlog-feed.ts';
const following = (title: string) => unit('binlog/following')(`following the binary log ${title}`);
const FOLLOWER = 'src/feeds/canal/follower.ts';
const follower = (title: string) => unit('canal/follower')(`a conversation with a canal-server ${title}`);

/**
 * What each feed does so that nothing that was committed is missed, whatever is lost on the way.
 *
 * | feed    | by what it hears                                 | by what it does when it may not have heard                          |
 * | ------- | ------------------------------------------------ | ------------------------------------------------------------------- |
 * | Poll    | overlap, narrow and wide; content by its hash    | looks back over the time in which it could not look (rule-5.ts)     |
 * | Trigger | gap set and fill over the ids of the log         | a resync where its place is gone, or the table is another           |
 * | Redis   | open when it is subscribed, and not before       | a resync after each subscription; numbers; a poll underneath        |
 * | Binlog  | goes on from the last whole transaction          | a resync where that is gone, for DDL, and for what cannot be read   |
 * | Canal   | acknowledges what was told, in order of numbers  | a resync after each conversation, and when Canal goes back          |
 * | any     | a watchdog of its own for a link that is silent  | a resync when the fallback begins, or another replica leads         |
 */
export const rule5Feeds: readonly Guard[] = [
  {
    rule: '5',
    without: 'the gap set of the change log',
    file: GAPS,
    find: 'if (from <= to) lane.gaps.push(',
    replace: 'if (from > to) lane.gaps.push(',
    test: feed('writers')(
      'commits of many writers, on mariadb Trigger misses none of 2000 commits of 8 writers, a tenth of them rolled back',
    ),
  },
  {
    rule: '5',
    without: 'the gaps that there are when the change log is opened',
    file: 'src/mysql/change-log/mysql-change-log.ts',
    find: 'gaps: await gapsBelow(connection, { id, step }, signal)',
    replace: 'gaps: (await gapsBelow(connection, { id, step }, signal)).slice(0, 0)',
    test: triggers('reads what a transaction that was open at the start commits late'),
  },
  {
    rule: '5',
    without: 'taking the next id where a reader used one up',
    file: 'src/mysql/change-log/triggers.ts',
    find: 'DECLARE EXIT HANDLER FOR 1062 ${insert}',
    replace: 'DECLARE EXIT HANDLER FOR 1062 BEGIN END;',
    test: triggers('takes the next id where a reader used one up'),
  },
  {
    rule: '5',
    without: 'a look at whether the place in the change log is still the same entry',
    file: 'src/mysql/change-log/mysql-change-log.ts',
    find: 'place.atUs !== null && !all.some(',
    replace: 'place.atUs === null && !all.some(',
    test: triggers('trims what is old and keeps the newest entry, and notices that its place was trimmed'),
  },
  {
    rule: '5',
    without: 'a resync where the place in the change log is gone',
    file: TRIGGER,
    find: 'if (before !== null) this.#lost(sink);',
    replace: '',
    test: feed('trigger-converges')(
      'every fault, on mariadb the feed Trigger converges after a position that its source does not have any more',
    ),
  },
  {
    rule: '5',
    without: 'a resync where the table is another, which no trigger tells',
    file: TRIGGER,
    find: 'if (!isOther) return false;',
    replace: 'if (isOther || !isOther) return false;',
    test: triggers('finds a table that was truncated, though no trigger tells'),
  },
  {
    rule: '5',
    without: 'remembering that a table that is empty had rows since it was looked at',
    file: TRIGGER,
    find: 'following.mark = { ...following.mark, isEmpty: false };',
    replace: 'following.mark = { ...following.mark };',
    test: {
      file: 'test/unit/feeds/trigger/trigger-feed.test.ts',
      title:
        'the Trigger feed has everything read when a table is empty that had rows since it was looked at',
    },
  },
  {
    rule: '5',
    without: 'waiting until the channel is subscribed',
    file: 'src/feeds/redis/link.ts',
    find: 'await server.subscribe(target.channel, (text) => link.#hear(text));',
    replace: 'void server.subscribe(target.channel, (text) => link.#hear(text)).catch(() => undefined);',
    test: feed('redis-access')('the Redis feed and what it may do is not open before it is subscribed'),
  },
  {
    rule: '5',
    without: 'a resync after each new subscription',
    file: REDIS,
    find: 'this.#mustResync = true;\n    this.#link = link;',
    replace: 'this.#link = link;',
    test: redis('subscribes anew and reads everything after CLIENT KILL'),
  },
  {
    rule: '5',
    without: 'the watchdog of the subscription',
    file: 'src/feeds/redis/link.ts',
    find: 'const SILENT_MS = 3 * BEAT_MS;',
    replace: 'const SILENT_MS = Infinity * BEAT_MS;',
    test: feed('redis-converges')(
      'Redis the feed Redis converges after a link that hears nothing any more, which only a watchdog notices',
    ),
  },
  {
    rule: '5',
    without: 'the poll underneath the subscription',
    file: REDIS,
    find: 'hint: (services, position) => sink.hint(services, position),',
    replace: 'hint: () => undefined,',
    test: redis('finds by the poll underneath what nobody published'),
  },
  {
    rule: '5',
    without: 'a look after a jump in the numbers of a publisher',
    file: INBOX,
    find: "if (this.#gaps.see(stamp, clock.now()) !== 'jump') return;",
    replace: 'if (this.#gaps.see(stamp, clock.now()) !== null) return;',
    test: redis('finds at once what a jump in the numbers tells of, and reads everything when the gap stays'),
  },
  {
    rule: '5',
    without: 'a resync for messages that did not arrive',
    file: INBOX,
    find: "sink.resync('FeedResumed',",
    replace: 'void (sink,',
    test: inbox('reads everything when a gap stays for a second, and not when it is filled'),
  },
  {
    rule: '5',
    without: 'a resync for more messages than are told one by one',
    file: INBOX,
    find: "this.#options.sink.resync('TooManyChanges',",
    replace: 'void (this.#options,',
    test: inbox('asks for one resync for all that came beyond, when the second is over'),
  },
  {
    rule: '5',
    without: 'going on with the binary log where it was',
    file: BINLOG,
    find: 'server.look(table, this.#mark, signal)',
    replace: 'server.look(table, null, signal)',
    test: feed('binlog-faults')(
      'a server that the feed Binlog follows by file and position, on mariadb goes on where it was after a lost connection, and through another file of the log',
    ),
  },
  {
    rule: '5',
    without: 'a resync where the binary log was purged',
    file: BINLOG,
    find: 'if (resync !== null) sink.resync(resync.reason, resync.message);',
    replace: 'void resync;',
    test: feed('binlog-converges')(
      'every fault, on mariadb the feed Binlog converges after a position that its source does not have any more',
    ),
  },
  {
    rule: '5',
    without: 'a resync for a statement that changes the table',
    file: BINLOG,
    find: "this.#needs('TableChanged', errorMessage(error));",
    replace: '',
    test: feed('binlog-following')(
      'the binary log that the feed Binlog follows, on mariadb asks for a resync after TRUNCATE instances, and follows the table as it is then',
    ),
  },
  {
    rule: '5',
    without: 'a resync for what the binary log does not say in full',
    file: FOLLOWING,
    find: 'this.#unread = errorMessage(error);',
    replace: '',
    test: following('asks for one resync a second at most, and forgets none, not even when the stream ends'),
  },
  {
    rule: '5',
    without: 'the watchdog of the binary log',
    file: FOLLOWING,
    find: 'if (this.#silent >= mostSilent) {',
    replace: 'if (this.#silent >= Infinity * mostSilent) {',
    test: following('takes the connection for dead when nothing came for three heartbeats, and not before'),
  },
  {
    rule: '5',
    without: 'a resync after each conversation with a canal-server',
    file: 'src/feeds/canal/canal-feed.ts',
    find: "if (this.#wasOpen) sink.resync('FeedResumed', why);",
    replace: '',
    test: feed('canal-feed')(
      'the Canal feed misses nothing that was written while the canal-server was dead',
    ),
  },
  {
    rule: '5',
    without: 'a look at the numbers of the batches, which another client takes',
    file: FOLLOWER,
    find: 'if (last !== null && id !== last + 1)',
    replace: 'if (last !== null && id <= last)',
    test: follower('notices by the numbers of the batches that somebody else was given one'),
  },
  {
    rule: '5',
    without: 'rolling back a batch that could not be told',
    file: FOLLOWER,
    find: 'connection.rollback(batch.id);\n      throw error;',
    replace: 'connection.ack(batch.id);\n      throw error;',
    test: follower('rolls back a batch that it could not tell'),
  },
  {
    rule: '5',
    without: 'a resync when Canal goes back',
    file: FOLLOWER,
    find: 'if (before === null || !wentBack(before, position)) continue;',
    replace: 'if (before === null || wentBack(before, position)) continue;',
    test: follower('has everything read again when Canal goes back, or to another server'),
  },
  {
    rule: '5',
    without: 'a resync when another replica leads, and follows',
    file: 'src/feeds/leader-only.ts',
    find: 'this.#turns === 1 ? sink : resyncing(sink, feed.name)',
    replace: 'this.#turns > 0 ? sink : resyncing(sink, feed.name)',
    test: unit('leader-only')(
      'LeaderOnlyFeed opens the feed within 250 ms when it begins to lead, and then has everything read again, once',
    ),
  },
  {
    rule: '5',
    without: 'a resync when the fallback begins',
    file: 'src/feeds/failover.ts',
    find: "if (!isOpen) sink.resync('FallbackStarted',",
    replace: 'if (!isOpen) void (sink,',
    test: unit('failover')(
      'FailoverFeed has the fallback serve from the first moment when the feed cannot be opened, and reads everything then',
    ),
  },
];
