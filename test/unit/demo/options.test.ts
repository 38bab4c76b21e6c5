import assert from 'node:assert/strict';
import { readOptions, WrongUse } from '../../../local/demo/options.ts';

describe('the options of npm start', () => {
  it('are MariaDB, three servers and a screen on a terminal, lines elsewhere', () => {
    const { forMs, exitAfterCalls, ...others } = readOptions([], true) ?? {};
    assert.deepEqual([forMs, exitAfterCalls], [undefined, undefined]);
    assert.deepEqual(others, {
      database: 'mariadb',
      feed: 'poll',
      servers: 3,
      rate: 6,
      client: 'node',
      output: 'screen',
    });
    assert.equal(readOptions([], false)?.output, 'lines');
  });

  it('are taken as given', () => {
    const given =
      '--mysql --feed binlog --servers 5 --rate 20 --client go --output json --for 1.5m --exit-after-calls 30';
    assert.deepEqual(readOptions(given.split(' '), true), {
      ...{ database: 'mysql', feed: 'binlog', servers: 5, rate: 20, client: 'go', output: 'json' },
      ...{ forMs: 90_000, exitAfterCalls: 30 },
    });
  });

  it('may ask for help', () => {
    assert.equal(readOptions(['--help'], true), undefined);
  });

  for (const [args, says] of [
    ['--servers 0', /--servers takes a whole number from 1 to 50/],
    ['--client ruby', /--client takes node, go, python/],
    ['--feed push', /--feed takes poll, trigger, redis, binlog, canal, not "push"/],
    ['--feed canal --mysql', /--feed canal goes with MariaDB only.*Leave out --mysql/],
    ['--for 20', /--for takes a duration such as 20s/],
    ['--for 0s', /--for takes a duration/],
    ['--databse mysql', /--databse/],
  ] as const) {
    it(`are refused when they are wrong: ${args}`, () => {
      assert.throws(
        () => readOptions(args.split(' '), true),
        (error) => error instanceof WrongUse && says.test(error.message),
      );
    });
  }
});
