import { basename } from 'node:path';
import { seconds, type Progress } from '../lib/progress.ts';
import { known } from '../../test/schedule.ts';
import { runMocha } from './mocha.ts';
import { sumOf, type StageResult } from './result.ts';
import { laneCount, planSchedule } from './schedule.ts';

/**
 * Runs test files in several namespaces side by side, with servers of their own in each, and then alone, in one more,
 * those that measure. An interrupt reaches those that run; the last ones are then not started. Throws what kept a namespace
 * from being made, once the others have ended.
 */
export async function runLanes(
  files: readonly string[],
  progress: Progress,
  interrupted: AbortSignal,
): Promise<StageResult> {
  const { lanes, alone } = planSchedule(files, known, laneCount());
  const since = Date.now();
  const running = lanes.map(async (some, index) => {
    if (lanes.length === 1) return await runMocha({ files: some, args: [], inNamespace: true });
    const lane = index + 1;
    progress.say(`  lane ${lane}: ${some.map((file) => basename(file, '.test.ts')).join(', ')}`);
    const result = await runMocha({ files: some, args: [], inNamespace: true, lane });
    progress.say(`  lane ${lane}: done in ${seconds(since)}\n`);
    return result;
  });
  const ended = await Promise.allSettled(running);
  const results = ended.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
  if (alone.length > 0 && !interrupted.aborted) {
    results.push(await runMocha({ files: alone, args: [], inNamespace: true }));
  }
  return sumOf(results);
}
