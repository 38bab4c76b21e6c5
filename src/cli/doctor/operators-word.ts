import type { Registry } from '../../model/registry.ts';
import { type FeedReport, stops } from './report.ts';

/**
 * Adds what the operator says of the feed in use where nothing that can be looked at speaks against it: a Canal that says nothing, a program
 * that writes what names no service, a server id that another reader has come with. What it said of an older spec, and while it is paused,
 * is not of now. Pure.
 */
export function withOperatorsWord(report: FeedReport, { metadata, spec, status }: Registry): FeedReport {
  if (!report.inUse || spec.paused === true || report.problems.some(stops)) return report;
  if (report.state !== 'Works' && report.state !== 'Limited') return report;
  const said = status?.conditions?.find(({ type }) => type === 'FeedHealthy');
  if (said?.status !== 'False' || said.observedGeneration !== metadata.generation) return report;
  const message = `the operator does not follow by it, by its condition FeedHealthy (look again in half a minute, where it was mended just now): ${said.message}`;
  return { ...report, state: 'Broken', problems: [...report.problems, { reason: said.reason, message }] };
}
