import { isDeepStrictEqual } from 'node:util';

import type { Registry, RegistryStatus } from '../model/registry.ts';
import { conditionsDiffer, mergeConditions, metaTime, type Verdict } from './conditions.ts';
import type { RegistryHealth } from './registry-directory.ts';

/** What a replica knows of one registry at one moment; the source of Registry.status. */
export interface RegistryFacts {
  /** A fault in the Registry's own spec or Secrets, found before anything was opened; null: none. */
  readonly fault: { readonly reason: string; readonly message: string } | null;
  readonly health: RegistryHealth;
  readonly feed: {
    readonly active: string;
    readonly healthy: boolean;
    readonly reason: string;
    readonly message: string;
    /** True while deleted rows may go unnoticed until the resync. */
    readonly auditFails?: boolean;
    /** Wall-clock ms since when `active` is the feed. */
    readonly sinceMs: number;
  } | null;
  readonly server: { readonly flavor: string; readonly version: string } | null;
  /** Why spec.retention deletes nothing; null: it does, or there is nothing to delete. */
  readonly retentionFault: string | null;
  readonly services: number;
  readonly instances: number;
  /** Wall-clock ms of the last good read; null: none yet. */
  readonly lastReadMs: number | null;
}

/**
 * The status of a Registry. Pure: equal facts at an equal time give an equal status. What was not read yet is left as the
 * last operator wrote it: a restart must not show 0 services.
 */
export function registryStatus(registry: Registry, facts: RegistryFacts, wallMs: number): RegistryStatus {
  const before = registry.status;
  const generation = registry.metadata.generation ?? 0;
  const read =
    facts.lastReadMs === null
      ? {}
      : {
          services: facts.services,
          instances: facts.instances,
          lastSyncTime: metaTime(facts.lastReadMs),
        };
  const { feed } = facts;
  return {
    ...before,
    observedGeneration: generation,
    conditions: mergeConditions(
      before?.conditions ?? [],
      verdicts(registry, facts),
      generation,
      metaTime(wallMs),
    ),
    ...(feed === null
      ? {}
      : { feed: { active: feed.active, since: metaTime(feed.sinceMs), reason: feed.reason } }),
    ...(facts.server === null ? {} : { server: facts.server }),
    ...read,
  };
}

function verdicts(registry: Registry, facts: RegistryFacts): readonly Verdict[] {
  const connected: Verdict =
    facts.fault === null
      ? {
          type: 'Connected',
          status: facts.health.available ? 'True' : facts.health.reason === 'NeverRead' ? 'Unknown' : 'False',
          reason: facts.health.reason,
          message: connectedMessage(facts),
        }
      : { type: 'Connected', status: 'False', ...facts.fault };
  const feedHealthy: Verdict = {
    type: 'FeedHealthy',
    status: facts.feed === null ? 'Unknown' : facts.feed.healthy ? 'True' : 'False',
    reason: facts.feed?.reason ?? 'NotStarted',
    message: facts.feed?.message ?? 'The feed starts once the registry is connected.',
  };
  return [readyVerdict(registry, facts, connected, feedHealthy), connected, feedHealthy];
}

/** Rows that cannot be deleted harm no caller, so they turn no condition; where people look they are told of all the same. */
function connectedMessage({ health, retentionFault }: RegistryFacts): string {
  if (!health.available || retentionFault === null) return health.message;
  return `${health.message} Rows that spec.retention lets go could not be deleted: ${retentionFault}`;
}

/**
 * A feed that cannot follow has Poll behind it: what is published stays right, changes come later. So whoever waits for Ready is not held up,
 * and nobody is called at night for it; its reason, FeedHealthy and an alert of its own say it. Where nothing stands behind, Ready is False.
 */
function readyVerdict(
  registry: Registry,
  { feed }: RegistryFacts,
  connected: Verdict,
  feedHealthy: Verdict,
): Verdict {
  if (registry.spec.paused === true) {
    return {
      type: 'Ready',
      status: 'Unknown',
      reason: 'Paused',
      message: 'spec.paused is true: what is published stays as it is. Set it to false to go on.',
    };
  }
  const hasFallback = (registry.spec.feed?.type ?? 'Poll') !== 'Poll' && feed?.auditFails !== true;
  if (connected.status === 'True' && feedHealthy.status === 'False' && hasFallback) {
    return {
      type: 'Ready',
      status: 'True',
      reason: 'FeedUnhealthy',
      message: `The registry is read, and changes may come later than by the feed (${feedHealthy.reason}): ${feedHealthy.message}`,
    };
  }
  for (const verdict of [connected, feedHealthy]) {
    if (verdict.status !== 'True') {
      return { type: 'Ready', status: verdict.status, reason: verdict.reason, message: verdict.message };
    }
  }
  return { type: 'Ready', status: 'True', reason: 'Synced', message: 'The registry is read and followed.' };
}

/** Least time between two writes of a Registry's status when no condition changes, in ms. */
const QUIET_MS = 60_000;

/**
 * How long the write of `after` has to wait, in ms: 0 when a condition's status or reason, the generation, the feed or the server is
 * another one; null when nothing differs. What changes all the time (times, counts) goes once a minute.
 */
export function registryStatusDelayMs(
  before: RegistryStatus | undefined,
  after: RegistryStatus,
  sinceLastWriteMs: number,
): number | null {
  if (before === undefined || isTransition(before, after)) return 0;
  if (isDeepStrictEqual(before, after)) return null;
  return Math.max(0, QUIET_MS - sinceLastWriteMs);
}

function isTransition(before: RegistryStatus, after: RegistryStatus): boolean {
  return (
    conditionsDiffer(before.conditions ?? [], after.conditions ?? []) ||
    before.observedGeneration !== after.observedGeneration ||
    before.feed?.active !== after.feed?.active ||
    before.server?.version !== after.server?.version
  );
}
