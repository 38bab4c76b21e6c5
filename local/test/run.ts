import Table from 'cli-table3';
import { prepare } from '../components/index.ts';
import { Unavailable } from '../components/component.ts';
import { NamespaceRefused } from '../namespace.ts';
import { seconds, type Progress } from '../lib/progress.ts';
import type { Part, TestArguments } from './arguments.ts';
import { runChecks } from './checks.ts';
import { runLanes } from './lanes.ts';
import { runMocha, testFiles } from './mocha.ts';
import { sumOf, type StageResult } from './result.ts';

interface Stage {
  readonly name: string;
  readonly parts: readonly Part[];
  /** Its tests run in a namespace; those outside make their own where they need one. */
  readonly inNamespace: boolean;
  /** It waits until the cache is filled. */
  readonly needsCache: boolean;
}

const stages: readonly Stage[] = [
  { name: 'checks', parts: ['checks'], inNamespace: false, needsCache: false },
  { name: 'unit and contract', parts: ['unit', 'contract'], inNamespace: false, needsCache: false },
  { name: 'commands', parts: ['commands'], inNamespace: false, needsCache: true },
  { name: 'integration', parts: ['integration'], inNamespace: true, needsCache: true },
  { name: 'e2e', parts: ['e2e'], inNamespace: true, needsCache: true },
];

/** Runs the stages one after the other, prints what happened and gives the exit code. */
export async function runStages(args: TestArguments, progress: Progress): Promise<number> {
  const wanted = stages.filter((stage) => stage.parts.some((part) => args.parts.includes(part)));
  // The long builds start now, beside the checks; a failure is reported where the namespace is needed.
  const ready = wanted.some(({ needsCache }) => needsCache) ? prepare(progress) : Promise.resolve();
  ready.catch(() => undefined);

  const table = new Table({
    head: ['stage', 'passed', 'failed', 'skipped', 'time'],
    style: { head: [], border: [] },
  });
  const results: StageResult[] = [];
  const interrupted = watchForInterrupt();
  for (const stage of wanted) {
    const since = Date.now();
    progress.say(`\n== ${stage.name}`);
    const result = await runStage(stage, args, progress, ready, interrupted);
    results.push(result);
    const { passed, failed, skipped } = result;
    table.push([stage.name, passed, failed.length, skipped.length, seconds(since)]);
    if (interrupted.aborted) {
      results.push({
        passed: 0,
        failed: ['the tests ran to their end (they were interrupted)'],
        skipped: [],
      });
      break;
    }
  }
  return summarize(results, table.toString());
}

/** A signal ends the running stage, which gets it too, and the stages after it are not started. */
function watchForInterrupt(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      // The second time, and in the static checks, there is nothing to wait for.
      if (controller.signal.aborted || process.listenerCount(name) === 1) process.exit(130);
      controller.abort();
    });
  }
  return controller.signal;
}

/** Runs one stage. A part of it that has lost its files is a failure, not nothing to do. */
async function runStage(
  stage: Stage,
  args: TestArguments,
  progress: Progress,
  ready: Promise<unknown>,
  interrupted: AbortSignal,
): Promise<StageResult> {
  if (stage.name === 'checks') return await runChecks(progress);
  const empty = await emptyParts(stage, args);
  if (empty.length > 0)
    return { passed: 0, failed: empty.map((part) => `test/${part} has test files`), skipped: [] };
  const files = await filesOf(stage, args);
  try {
    if (stage.needsCache) await ready;
    // What is filtered is short: one process.
    const inLanes = stage.inNamespace && args.mocha.length === 0;
    const result = inLanes
      ? await runLanes(files, progress, interrupted)
      : await runMocha({ files, args: args.mocha, inNamespace: stage.inNamespace });
    return noTestIsAFailure(result, args);
  } catch (error) {
    if (!(error instanceof Unavailable || error instanceof NamespaceRefused)) throw error;
    progress.say(error.message);
    return { passed: 0, failed: [`${stage.name} could run: ${error.message}`], skipped: [] };
  }
}

/** The wanted parts of a stage that have no test file at all. */
async function emptyParts(stage: Stage, args: TestArguments): Promise<readonly Part[]> {
  const wanted = stage.parts.filter((part) => args.parts.includes(part));
  const counts = await Promise.all(wanted.map(async (part) => (await testFiles(part)).length));
  return wanted.filter((_part, index) => counts[index] === 0);
}

async function filesOf(stage: Stage, args: TestArguments): Promise<string[]> {
  const folders = stage.parts.filter((part) => args.parts.includes(part));
  const all = (await Promise.all(folders.map((folder) => testFiles(folder)))).flat();
  const named = args.files.filter((file) => folders.some((folder) => file.includes(`test/${folder}/`)));
  return named.length > 0 ? named : all;
}

/** A stage with test files that ran none has lost them; with a filter of mocha's, another stage may have them. */
function noTestIsAFailure(result: StageResult, args: TestArguments): StageResult {
  if (result.passed + result.failed.length + result.skipped.length > 0 || args.mocha.length > 0)
    return result;
  return { ...result, failed: ['at least one test ran'] };
}

function summarize(results: readonly StageResult[], table: string): number {
  const { passed, failed: titles, skipped } = sumOf(results);
  const failed = [...titles];
  if (passed + failed.length + skipped.length === 0) failed.push('at least one test ran');
  if (skipped.length > 0) console.log('\nskipped:');
  for (const { title, reason } of skipped) console.log(`  ${title}\n    because: ${reason}`);
  if (failed.length > 0) console.log('\nfailed:');
  for (const title of failed) console.log(`  ${title}`);
  console.log(`\n${table}\n`);
  console.log(`${passed} passed, ${failed.length} failed, ${skipped.length} skipped`);
  return failed.length > 0 ? 1 : 0;
}
