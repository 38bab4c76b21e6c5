import { LABEL_SERVICE_NAME } from '../model/names.ts';
import type { Decision, Observation } from './publish-decision.ts';

/** What clients find under the Service's name at present. */
export interface PublishedCounts {
  readonly slices: number;
  /** Endpoints in the slices: ready + draining. */
  readonly desired: number;
  readonly ready: number;
  readonly draining: number;
}

/**
 * What is published after a sync: what was decided, if it was carried out; else what the slices hold, for where nothing may be written (a
 * foreign Service, a pause, a refused write) what the registry asks for is not what clients find.
 */
export function publishedCounts(
  { slices, publish }: Pick<Observation, 'slices' | 'publish'>,
  { writes, dns, held }: Pick<Decision, 'writes' | 'dns' | 'held'>,
  failed: boolean,
): PublishedCounts {
  const written = failed ? null : writes;
  if (written !== null && (written.slices === null || dns === null)) return NOTHING;
  if (written !== null && held === null && written.slices !== null && dns !== null) {
    const { desired, ready, draining } = dns.counts;
    return { slices: written.slices.numbers.slices, desired, ready, draining };
  }
  // While a decision is held, slices may only be added.
  const named = [...slices, ...(written?.slices?.create ?? [])].filter(
    ({ metadata }) => metadata.labels?.[LABEL_SERVICE_NAME] === publish.dns.serviceName,
  );
  const endpoints = named.flatMap((slice) => slice.endpoints ?? []);
  const ready = endpoints.filter(({ conditions }) => conditions?.ready !== false).length;
  return { slices: named.length, desired: endpoints.length, ready, draining: endpoints.length - ready };
}

const NOTHING: PublishedCounts = { slices: 0, desired: 0, ready: 0, draining: 0 };
