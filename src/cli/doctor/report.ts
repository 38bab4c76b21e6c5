import type { FeedName } from '../../config/index.ts';
import type { FeedProblem, Finding } from '../../registry/feed-problem.ts';

/** What `rollcall doctor` found; with -o json it is printed as it stands, so names and values stay. */
export interface DoctorReport {
  /** `namespace/name`. */
  readonly registry: string;
  /** True when neither the database nor the feed that is judged has a problem that stops it: exit code 0. */
  readonly fine: boolean;
  /** The feed in use, or the one that was asked for. */
  readonly judged: FeedName;
  readonly database: readonly Finding[];
  readonly feeds: readonly FeedReport[];
}

/**
 * Works: nothing speaks against it. Limited: it works, less well than it could. Broken: it does not. Unknown: it could not be looked at.
 * NotConfigured: the Registry does not say where it would be.
 */
export type FeedState = 'Works' | 'Limited' | 'Broken' | 'Unknown' | 'NotConfigured';

export interface FeedReport {
  readonly feed: FeedName;
  readonly inUse: boolean;
  readonly state: FeedState;
  readonly problems: readonly FeedProblem[];
  /** Why it could not be looked at, and what to do that it can; '' otherwise. */
  readonly note: string;
}

/** How a feed is that was looked at. */
export function feedReport(feed: FeedName, inUse: boolean, problems: readonly FeedProblem[]): FeedReport {
  const state = problems.some(stops) ? 'Broken' : problems.length > 0 ? 'Limited' : 'Works';
  return { feed, inUse, state, problems, note: '' };
}

/** A feed that was not looked at. */
export function notLookedAt(
  feed: FeedName,
  inUse: boolean,
  state: 'Unknown' | 'NotConfigured',
  note: string,
): FeedReport {
  return { feed, inUse, state, problems: [], note };
}

/** Everything together, with the verdict. */
export function doctorReport(
  registry: string,
  judged: FeedName,
  database: readonly Finding[],
  feeds: readonly FeedReport[],
): DoctorReport {
  const isReadable = !database.some(({ problem }) => problem !== null && stops(problem));
  const works = feeds.some(
    ({ feed, state }) => feed === judged && (state === 'Works' || state === 'Limited'),
  );
  return { registry, fine: isReadable && works, judged, database, feeds };
}

/** False for a problem with which it works all the same. */
export function stops({ stops: is = true }: FeedProblem): boolean {
  return is;
}
