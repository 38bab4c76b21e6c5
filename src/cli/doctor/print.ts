import type { FeedProblem, Finding } from '../../registry/feed-problem.ts';
import { type DoctorReport, type FeedReport, type FeedState, stops } from './report.ts';

const WIDTH = 9;
const ABOUT_WIDTH = 12;

const WORD: Readonly<Record<FeedState, string>> = {
  Works: 'ok',
  Limited: 'warning',
  Broken: 'problem',
  Unknown: 'unknown',
  NotConfigured: '-',
};

/** The report for people. What is to be typed stands on lines of its own, so that it can be copied as it is. */
export function printReport(report: DoctorReport): string {
  const { registry, database, feeds } = report;
  const lines = [
    `Registry ${registry}`,
    '',
    'Database',
    ...database.flatMap(findingLines),
    '',
    'Feeds',
    ...feeds.flatMap(feedLines),
    '',
    verdict(report),
  ];
  return `${lines.join('\n')}\n`;
}

function findingLines({ about, says, problem }: Finding): readonly string[] {
  if (problem === null) return [line('ok', about, says)];
  return problemLines(about, problem);
}

function feedLines({ feed, inUse, state, problems, note }: FeedReport): readonly string[] {
  const name = `${feed}${inUse ? ' *' : ''}`;
  if (state === 'Works') return [line(WORD[state], name, inUse ? 'works' : 'would work')];
  if (problems.length === 0) return [line(WORD[state], name, note)];
  return problems.flatMap((problem) => problemLines(name, problem));
}

function problemLines(about: string, problem: FeedProblem): readonly string[] {
  const { reason, message, mend } = problem;
  const word = stops(problem) ? 'problem' : 'warning';
  const at = mend === undefined ? -1 : message.lastIndexOf(mend);
  if (mend === undefined || at < 0) return [line(word, about, `${message} (${reason})`)];
  const rest = message.slice(at + mend.length).trim();
  const indent = ' '.repeat(2 + WIDTH + ABOUT_WIDTH);
  return [
    line(word, about, `(${reason}) ${message.slice(0, at).trimEnd()}`),
    ...mend.split('\n').map((text) => `${indent}  ${text}`),
    ...(rest === '' ? [] : [`${indent}${rest}`]),
  ];
}

function line(word: string, about: string, text: string): string {
  return `  ${word.padEnd(WIDTH)}${about.padEnd(ABOUT_WIDTH)}${text}`;
}

function verdict({ fine, judged, database, feeds }: DoctorReport): string {
  const feed = feeds.find((each) => each.feed === judged);
  const what = `the database and ${judged}, the feed ${feed?.inUse === true ? 'in use (*)' : 'that was asked for'}`;
  const warnings = [...database.map(({ problem }) => problem), ...(feed?.problems ?? [])].filter(
    (problem) => problem !== null && !stops(problem),
  ).length;
  if (!fine) return `Not all is well with ${what}: mend what is marked "problem".`;
  if (warnings === 0) return `All is well with ${what}.`;
  return `All works with ${what}; ${warnings === 1 ? 'a warning is' : `${warnings} warnings are`} above.`;
}
