import Table from 'cli-table3';
import type { Metric, Report, Runs, Section } from './benchmark.ts';
import { medianOf } from './interleave.ts';
import type { Origin } from './machine.ts';

/** A report as people read it: where the figures come from, a table of medians, and what was demanded. */
export function asText(name: string, report: Report, from: Origin): string {
  const versions = Object.entries(from.versions).map(([what, version]) => `${what} ${version}`);
  return [
    `\n${name}, ${from.date} UTC, commit ${from.commit}`,
    `${from.cpu}, ${from.cores} cores, ${from.memoryGib} GiB, Linux ${from.kernel}, load ${from.load.toFixed(2)} before the first run`,
    versions.join(', '),
    ...report.notes.map((note) => `- ${note}`),
    ...report.sections.map(sectionText),
    ...report.checks.map(
      ({ demand, found, holds }) => `${holds ? '  holds' : '  DOES NOT HOLD'}: ${demand} (${found})`,
    ),
  ].join('\n');
}

/** A report as programs read it, with every single run. */
export function asJson(name: string, quick: boolean, report: Report, from: Origin): string {
  const sections = report.sections.map((section) => ({
    ...section,
    sides: section.sides.map((runs) => ({ ...runs, median: medians(section, runs) })),
  }));
  return JSON.stringify({ benchmark: name, quick, origin: from, ...report, sections }, undefined, 2);
}

function medians(section: Section, runs: Runs): Record<string, number> {
  const entries = Object.keys(section.metrics).map((metric) => [metric, medianOf(runs, metric)] as const);
  return Object.fromEntries(entries.filter(([, value]) => !Number.isNaN(value)));
}

function sectionText(section: Section): string {
  const metrics = Object.entries(section.metrics);
  const table = new Table({
    head: ['', 'runs', ...metrics.map(([, { title }]) => title)],
    style: { head: [], border: [] },
    colAligns: ['left', ...metrics.map(() => 'right' as const), 'right'],
  });
  for (const runs of section.sides) {
    const cells = metrics.map(([key, metric]) => formatted(medianOf(runs, key), metric));
    table.push([runs.name, runs.samples.length, ...cells]);
  }
  return `\n${section.title}\n${table.toString()}`;
}

/** `1.23 s`; a dash where there is nothing. */
export function formatted(value: number, { unit, digits = 0 }: Metric): string {
  if (Number.isNaN(value)) return '-';
  return `${value.toFixed(digits)}${unit === undefined ? '' : ` ${unit}`}`;
}
