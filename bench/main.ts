/** The inner half of `npm run bench`: runs inside the namespace. See docs/benchmarks.md. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Progress } from '../local/lib/progress.ts';
import { churn } from './churn.ts';
import { cold } from './cold.ts';
import { feeds } from './feeds.ts';
import type { Benchmark } from './harness/benchmark.ts';
import { origin } from './harness/machine.ts';
import { asJson, asText } from './harness/print.ts';
import { idle } from './idle.ts';
import { xds } from './xds.ts';

const benchmarks: readonly Benchmark[] = [cold, churn, feeds, idle, xds];

const { benchmark, quick, json, profile } = parse(process.argv.slice(2));
const from = await origin();
const report = await benchmark.run({ quick, profile, progress: new Progress() });
// The table always goes where people look; with --json standard output holds nothing but JSON.
const text = asText(benchmark.name, report, from);
if (json) writeFileSync(1, `${asJson(benchmark.name, quick, report, from)}\n`);
console.error(text);
// A time depends on the machine and on who else uses it; a count does not.
process.exit(report.checks.some(({ holds, exact }) => exact && !holds) ? 1 : 0);

/** Ends the process with the usage when it does not understand. */
function parse(args: readonly string[]) {
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        profile: { type: 'string' },
      },
    });
    const found = benchmarks.find(({ name }) => name === positionals[0]);
    if (!found || positionals.length > 1) throw new Error(`no benchmark: ${positionals.join(' ')}`);
    const folder = values.profile === undefined ? undefined : resolve(values.profile);
    return { benchmark: found, quick: values.quick, json: values.json, profile: folder };
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.error('Usage: npm run bench -- NAME [--json] [--quick] [--profile FOLDER]');
    for (const { name, summary } of benchmarks) console.error(`  ${name.padEnd(8)}${summary}`);
    process.exit(1);
  }
}
