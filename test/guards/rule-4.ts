import type { Guard } from './guard.ts';

const FOLLOWER = 'src/feeds/canal/follower.ts';
const follower = (title: string): Guard['test'] => ({
  file: 'test/unit/feeds/canal/follower.test.ts',
  title: `a conversation with a canal-server ${title}`,
});
const TELLER = 'src/feeds/binlog/teller.ts';
const teller = (title: string): Guard['test'] => ({
  file: 'test/unit/feeds/binlog/teller.test.ts',
  title: `the telling of changes (safety rule 4) ${title}`,
});

/** On the real servers, whose commit is held up between its log and the engine. */
const early = (file: string, suite: string, feed: string): Guard['test'] => ({
  file: `test/integration/feeds/${file}-converges.test.ts`,
  title: `${suite} the feed ${feed} converges after a commit that is in the log a while before it can be read (safety rule 4)`,
});

/**
 * What a feed tells is not believed to be readable before it is. Binlog and Canal hear of a transaction before it can be read, and wait for
 * it. Poll reads what it tells of, and Trigger reads entries of the same transaction as the rows: there is nothing to switch off. Redis hears
 * of what is published after COMMIT, which the server answers when others can read it: docs/feeds/redis.md asks that of writers, and
 * so does Rollcall's own.
 */
export const rule4: readonly Guard[] = [
  {
    rule: '4',
    without: 'waiting for the rows of a transaction of the binary log',
    file: TELLER,
    find: 'const held = await this.#held(due, signal);',
    replace: 'const held = new Set<RowKey>();',
    test: {
      file: 'test/integration/feeds/binlog-edges.test.ts',
      title:
        'what is rare in the binary log that the feed Binlog follows, on mariadb tells of an XA transaction again when it is committed, over a lost connection, without a resync',
    },
  },
  {
    rule: '4',
    without: 'waiting until a plain transaction of the binary log can be read',
    file: TELLER,
    find: 'const held = await this.#held(due, signal);',
    replace: 'const held = new Set<RowKey>();',
    test: early('binlog', 'every fault, on mariadb', 'Binlog'),
  },
  {
    rule: '4',
    without: 'waiting until what a real Canal told can be read',
    file: FOLLOWER,
    find: 'await source.awaitVisible(this.#table, keys, PATIENCE_MS, signal)',
    replace: '[]',
    test: early('canal', 'Canal', 'Canal'),
  },
  {
    rule: '4',
    without: 'telling again of rows that were held for long',
    file: TELLER,
    find: 'if (isVisible) done.add(each);',
    replace: 'if (isVisible || each.isTold) done.add(each);',
    test: teller(
      'tells early of rows that are held for long, and again when they are free, looking ever more rarely',
    ),
  },
  {
    rule: '4',
    without: 'keeping what could not be asked for',
    file: TELLER,
    find: 'onFault(error);',
    replace: 'onFault(error);\n      this.#waiting = [];',
    test: teller('keeps everything while the database cannot be asked'),
  },
  {
    rule: '4',
    without: 'reading everything after an XA transaction whose rows were not seen',
    file: 'src/feeds/prepared-xids.ts',
    find: "return !this.#known.delete(normal(xid)) && verb.toUpperCase() === 'COMMIT';",
    replace: 'return false;',
    test: {
      file: 'test/unit/feeds/binlog/following.test.ts',
      title:
        'following the binary log asks for a resync when an XA transaction is committed that it did not see prepared, and for no other',
    },
  },
  {
    rule: '4',
    without: 'reading everything after an XA transaction that Canal gave to nobody who follows',
    file: 'src/feeds/canal/unseen-xa.ts',
    find: 'this.#xids.revealsUnseen(step.finished)',
    replace: 'false',
    test: {
      file: 'test/unit/feeds/canal/follower.test.ts',
      title:
        'a conversation with a canal-server has everything read a second after the commit of an XA transaction whose rows it has not seen',
    },
  },
  {
    rule: '4',
    without: 'leaving what comes after the end of a stream to the next one',
    file: 'src/feeds/binlog/following.ts',
    find: 'this.#stream.close();\n    this.#resolve(',
    replace: 'this.#resolve(',
    test: {
      file: 'test/unit/feeds/binlog/following.test.ts',
      title:
        'following the binary log goes on later from where it was when it ended, whatever came in the same piece',
    },
  },
  {
    rule: '4',
    without: 'waiting for a row of what Canal told',
    file: FOLLOWER,
    find: 'await source.awaitVisible(this.#table, keys, PATIENCE_MS, signal)',
    replace: '[]',
    test: follower(
      'tells nothing before it can be seen, and acknowledges nothing before it was told (safety rule 4)',
    ),
  },
  {
    rule: '4',
    without: 'telling again of what Canal told while somebody held it',
    file: FOLLOWER,
    find: 'this.#held.push(...waiting.map((each) => ({ ...each, sinceMs })));',
    replace: '',
    test: follower('tells what somebody holds at once, and once more when he lets go (safety rule 4)'),
  },
  {
    rule: '4',
    without: 'announcing what was deleted after that, and not before',
    file: 'src/registry/retention.ts',
    find: 'const deleted = await reader.deleteRetired(batch, retentionMs, signal);',
    replace:
      'hint(batch.map(({ service }) => service));\n      const deleted = await reader.deleteRetired(batch, retentionMs, signal);',
    test: {
      file: 'test/unit/registry/session.test.ts',
      title:
        'a registry session announces what retention deletes when it is gone, and not before (safety rule 4)',
    },
  },
];
