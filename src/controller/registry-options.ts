import { parseDurationMs } from '../model/duration.ts';
import type { RegistrySpec } from '../model/registry.ts';

/** The times of a Registry in ms, with the defaults of crds/ where the spec has none. */
export interface RegistryTimes {
  readonly pollIntervalMs: number;
  readonly auditIntervalMs: number;
  readonly fallbackAfterMs: number;
  readonly triggerIntervalMs: number;
  readonly triggerRetentionMs: number;
  readonly redisPollIntervalMs: number;
  readonly binlogHeartbeatMs: number;
  readonly resyncIntervalMs: number;
  readonly retentionMs: number;
  readonly maxReplicaLagMs: number;
}

const PATHS = {
  pollIntervalMs: 'spec.feed.poll.interval',
  auditIntervalMs: 'spec.feed.poll.auditInterval',
  fallbackAfterMs: 'spec.feed.fallbackAfter',
  triggerIntervalMs: 'spec.feed.trigger.interval',
  triggerRetentionMs: 'spec.feed.trigger.retention',
  redisPollIntervalMs: 'spec.feed.redis.pollInterval',
  binlogHeartbeatMs: 'spec.feed.binlog.heartbeatInterval',
  resyncIntervalMs: 'spec.resyncInterval',
  retentionMs: 'spec.retention',
  maxReplicaLagMs: 'spec.mysql.maxReplicaLag',
} as const;

const DEFAULTS = {
  pollIntervalMs: '1s',
  auditIntervalMs: '30s',
  fallbackAfterMs: '5s',
  triggerIntervalMs: '20ms',
  triggerRetentionMs: '1h',
  redisPollIntervalMs: '10s',
  binlogHeartbeatMs: '1s',
  resyncIntervalMs: '5m',
  retentionMs: '24h',
  maxReplicaLagMs: '10s',
} as const;

/** The texts of the spec, by the names of {@link RegistryTimes}; what is not given is left out. */
function given(spec: RegistrySpec): Partial<Record<keyof typeof PATHS, string>> {
  const { poll, trigger, redis, binlog, fallbackAfter } = spec.feed ?? {};
  const texts = {
    pollIntervalMs: poll?.interval,
    auditIntervalMs: poll?.auditInterval,
    fallbackAfterMs: fallbackAfter,
    triggerIntervalMs: trigger?.interval,
    triggerRetentionMs: trigger?.retention,
    redisPollIntervalMs: redis?.pollInterval,
    binlogHeartbeatMs: binlog?.heartbeatInterval,
    resyncIntervalMs: spec.resyncInterval,
    retentionMs: spec.retention,
    maxReplicaLagMs: spec.mysql.maxReplicaLag,
  };
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined));
}

/** The times of `spec`, or the first one that is no duration (the API server refuses those: this is the second lock). */
export function registryTimes(
  spec: RegistrySpec,
): { readonly ok: true; readonly times: RegistryTimes } | { readonly ok: false; readonly message: string } {
  const texts = { ...DEFAULTS, ...given(spec) };
  const parsed = Object.entries(texts) as [keyof typeof PATHS, string][];
  const times: Partial<Record<keyof typeof PATHS, number>> = {};
  for (const [name, text] of parsed) {
    const ms = parseDurationMs(text);
    if (ms === null) {
      return {
        ok: false,
        message: `${PATHS[name]}: "${text}" is no duration; write one like 500ms, 30s, 5m or 24h.`,
      };
    }
    times[name] = ms;
  }
  return { ok: true, times: times as RegistryTimes };
}
