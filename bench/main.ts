/** The inner half of `npm run bench`: runs inside the namespace. See docs/benchmarks.md. */
import { writeFileSync } from 'node:fs';
import { Progress } from '../local/lib/progress.ts';
import { churn } from './churn.ts';
import { cold } from './cold.ts';
import type { Benchmark } from './harness/benchmark.ts';
import { origin } from './harness/machine.ts';
import { asJson, asText } from './harness/print.ts';
import { idle } from './idle.ts';

const benchmarks: readonly Benchmark[] = [cold, churn, idle];

const words = process.argv.slice(2);
const quick = words.includes('--quick');
const json = words.includes('--json');
const benchmark = benchmarks.find(({ name }) => name === words[0]);
if (!benchmark || words.slice(1).some((word) => word !== '--quick' && word !== '--json')) {
  console.error('npm run bench -- NAME [--json] [--quick]');
  for (const { name, summary } of benchmarks) console.error(`  ${name.padEnd(8)}${summary}`);
  process.exit(1);
}

const from = await origin();
const report = await benchmark.run({ quick, progress: new Progress() });
// The table always goes where people look; with --json standard output holds nothing but JSON.
const text = asText(benchmark.name, report, from);
if (json) writeFileSync(1, `${asJson(benchmark.name, quick, report, from)}\n`);
console.error(text);
// A time depends on the machine and on who else uses it; a count does not.
process.exit(report.checks.some(({ holds, exact }) => exact && !holds) ? 1 : 0);
