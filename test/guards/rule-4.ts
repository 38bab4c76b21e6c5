import type { Guard } from './guard.ts';

const TELLER = 'src/feeds/binlog/teller.ts';
const teller = (title: string): Guard['test'] => ({
  file: 'test/unit/feeds/binlog/teller.test.ts',
  title: `the telling of changes (safety rule 4) ${title}`,
});

/** What a log tells is not believed to be readable before it is. */
export const rule4: readonly Guard[] = [
  {
    rule: '4',
    without: 'waiting for the rows of a transaction of the binary log',
    file: TELLER,
    find: 'const held = await this.#held(due, signal);',
    replace: 'const held = new Set<RowKey>();',
    test: {
      file: 'test/integration/feeds/binlog-following.test.ts',
      title:
        'the binary log that the feed Binlog follows, on mariadb tells of a change when it can be read, and never before (safety rule 4)',
    },
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
];
