import assert from 'node:assert/strict';
import { pollProblems } from '../../../../src/cli/doctor/examine-feeds.ts';
import { printReport } from '../../../../src/cli/doctor/print.ts';
import {
  doctorReport,
  type DoctorReport,
  feedReport,
  type FeedReport,
  notLookedAt,
} from '../../../../src/cli/doctor/report.ts';
import type { FeedProblem, Finding } from '../../../../src/registry/feed-problem.ts';

const GRANT = `GRANT SELECT ON \`r\`.* TO 'a'@'%';`;
const denied: FeedProblem = {
  reason: 'GrantMissing',
  message: `'a'@'%' may not SELECT; type on the database: ${GRANT}`,
  mend: GRANT,
};
const slow: FeedProblem = { reason: 'IndexMissing', message: 'it takes long', stops: false };
const finding = (about: string, problem: FeedProblem | null = null): Finding => ({
  ...{ about, problem },
  says: problem === null ? 'well' : '',
});
const report = (database: readonly Finding[], ...feeds: readonly FeedReport[]): DoctorReport =>
  doctorReport('ns/main', 'Poll', database, feeds);
const poll = feedReport('Poll', true, []);

describe('the verdict of rollcall doctor', () => {
  for (const [what, fine, of] of [
    ['all is well', true, report([finding('Grants')], poll)],
    ['the database only has a warning', true, report([finding('Indexes', slow)], poll)],
    ['the feed only has a warning', true, report([], feedReport('Poll', true, [slow]))],
    ['another feed is broken', true, report([], poll, feedReport('Binlog', false, [denied]))],
    ['the database has a problem', false, report([finding('Grants', denied), finding('TLS')], poll)],
    ['the feed has a problem beside a warning', false, report([], feedReport('Poll', true, [slow, denied]))],
    [
      'the feed could not be looked at',
      false,
      report([], notLookedAt('Poll', true, 'Unknown', 'no connection')),
    ],
    ['the feed was not looked at', false, report([], feedReport('Binlog', false, []))],
    [
      'the feed that was asked for is broken, and not in use',
      false,
      doctorReport('ns/main', 'Binlog', [], [feedReport('Binlog', false, [denied])]),
    ],
  ] as const) {
    it(`is ${fine ? '' : 'not '}fine where ${what}`, () => {
      assert.equal(of.fine, fine);
    });
  }
});

describe('what rollcall doctor prints', () => {
  it('has what is to be typed on a line of its own, and what belongs to it after it', () => {
    const mend = 'SET GLOBAL a = 1;';
    const message = `a is 0. Type on the database: ${mend} and put "a = 1" under [mysqld] in my.cnf`;
    const text = printReport(
      report(
        [finding('TLS'), finding('Grants', denied)],
        poll,
        feedReport('Binlog', false, [{ reason: 'A', message, mend }]),
        notLookedAt('Redis', false, 'NotConfigured', 'say where it is'),
      ),
    );
    const lines = text.split('\n');
    assert.ok(
      lines.includes(`  problem  Grants      (GrantMissing) 'a'@'%' may not SELECT; type on the database:`),
    );
    assert.ok(lines.some((line) => line.trim() === GRANT));
    const at = lines.findIndex((line) => line.trim() === mend);
    assert.equal(lines[at + 1]?.trim(), 'and put "a = 1" under [mysqld] in my.cnf');
    assert.ok(lines.includes('  ok       Poll *      works'));
    assert.ok(lines.includes('  -        Redis       say where it is'));
    assert.match(text, /Not all is well with the database and Poll, the feed in use \(\*\): mend/);
  });

  it('counts the warnings of what it judges, and no others', () => {
    const text = printReport(
      report(
        [finding('Indexes', slow)],
        feedReport('Poll', true, [slow]),
        feedReport('Trigger', false, [slow]),
      ),
    );
    assert.match(text, /All works with .*; 2 warnings are above\.\n$/);
    assert.match(printReport(report([], poll)), /All is well with .*\.\n$/);
  });
});

describe('what Poll needs of a table', () => {
  const columns = { service: 's', instanceId: 'i', address: 'a', port: 'p' };

  it('is a column that says when a row changed, without which it costs more', () => {
    assert.deepEqual(pollProblems(null), []);
    assert.deepEqual(pollProblems({ table: 't', columns: { ...columns, updatedAt: 'u' } }), []);
    const [problem] = pollProblems({ table: 't', columns });
    assert.deepEqual([problem?.reason, problem?.stops], ['NoUpdatedAt', false]);
  });
});
