import { parseDurationMs } from '../../model/duration.ts';
import type { GrpcService, LocalityMode, RetryCode, XdsServiceSpec } from '../../model/grpcservice.ts';

/** spec.xds of a GrpcService with every default filled in and durations in ms. */
export interface XdsSpec {
  readonly loadBalancing: LoadBalancing;
  readonly locality: LocalityPreference;
  /** Null: nothing is ejected. */
  readonly outlierDetection: OutlierDetection | null;
  /** Calls under way from one client; null: no bound. */
  readonly maxRequests: number | null;
  readonly retry: Retry | null;
  /** Null: no bound. */
  readonly timeoutMs: number | null;
  /** What could not be read; the default was taken in its place. */
  readonly problems: readonly string[];
}

export type LoadBalancing =
  | { readonly policy: 'RoundRobin' }
  | { readonly policy: 'LeastRequest'; readonly choiceCount: number }
  | {
      readonly policy: 'RingHash';
      /** Null: by channel. */
      readonly header: string | null;
      readonly minimumRingSize: number;
      readonly maximumRingSize: number;
    };

export interface LocalityPreference {
  readonly mode: LocalityMode;
  readonly failoverRegions: readonly string[];
  /** A group with fewer ready endpoints is called together with the next one. */
  readonly minReadyEndpoints: number;
}

/** gRFC A50. */
export interface OutlierDetection {
  readonly intervalMs: number;
  readonly baseEjectionTimeMs: number;
  readonly maxEjectionTimeMs: number;
  readonly maxEjectionPercent: number;
  /** Its `factor` is thousandths of the standard deviation. */
  readonly successRate: Ejection | null;
  /** Its `factor` is a percentage. */
  readonly failurePercentage: Ejection | null;
}

export interface Ejection {
  readonly factor: number;
  readonly enforcementPercent: number;
  readonly minimumHosts: number;
  readonly requestVolume: number;
}

export interface Retry {
  /** Repetitions: the first call is not counted. */
  readonly attempts: number;
  readonly codes: readonly RetryCode[];
  readonly baseMs: number;
  readonly maxMs: number;
}

/** The same as the defaults of crds/. */
const DEFAULTS = {
  choiceCount: 2,
  minimumRingSize: 1024,
  maximumRingSize: 4096,
  minReadyEndpoints: 1,
  intervalMs: 10_000,
  baseEjectionTimeMs: 30_000,
  maxEjectionTimeMs: 300_000,
  maxEjectionPercent: 10,
  enforcementPercent: 100,
  minimumHosts: 5,
  successRate: { factor: 1900, requestVolume: 100 },
  failurePercentage: { factor: 85, requestVolume: 50 },
  attempts: 2,
  baseMs: 25,
  maxMs: 250,
} as const;

/** Reads a duration; text that is none is a problem and gives the default. */
type ReadDuration = <T>(field: string, text: string | undefined, otherwise: T) => number | T;

/**
 * What a GrpcService asks of xDS clients. Never throws, and what it answers is always in the ranges that clients accept: an object that was
 * stored before its schema was tightened must not make clients refuse a resource.
 */
export function xdsSpec({ spec }: Pick<GrpcService, 'spec'>): XdsSpec {
  const xds = spec.xds ?? {};
  const problems: string[] = [];
  const duration: ReadDuration = (field, text, otherwise) => {
    if (text === undefined) return otherwise;
    const ms = parseDurationMs(text);
    if (ms !== null && ms >= 1) return ms;
    problems.push(`spec.xds.${field} "${text}" is not a duration of 1ms or more: write one like 10s`);
    return otherwise;
  };
  return {
    loadBalancing: loadBalancingOf(xds.loadBalancing),
    locality: {
      mode: xds.locality?.mode ?? 'None',
      failoverRegions: xds.locality?.failoverRegions ?? [],
      minReadyEndpoints: xds.locality?.minReadyEndpoints ?? DEFAULTS.minReadyEndpoints,
    },
    outlierDetection: outlierDetectionOf(xds.outlierDetection, duration),
    maxRequests: xds.circuitBreaker?.maxRequests ?? null,
    retry: retryOf(xds.retry, duration),
    timeoutMs: duration('timeout', xds.timeout, null),
    problems,
  };
}

function loadBalancingOf({
  policy = 'RoundRobin',
  leastRequest = {},
  ringHash = {},
}: NonNullable<XdsServiceSpec['loadBalancing']> = {}): LoadBalancing {
  switch (policy) {
    case 'RoundRobin':
      return { policy };
    case 'LeastRequest':
      return { policy, choiceCount: leastRequest.choiceCount ?? DEFAULTS.choiceCount };
    case 'RingHash': {
      const { header = null, minimumRingSize = DEFAULTS.minimumRingSize } = ringHash;
      const { maximumRingSize = DEFAULTS.maximumRingSize } = ringHash;
      return {
        policy,
        header,
        minimumRingSize: Math.min(minimumRingSize, maximumRingSize),
        maximumRingSize,
      };
    }
  }
}

function outlierDetectionOf(
  given: XdsServiceSpec['outlierDetection'],
  duration: ReadDuration,
): OutlierDetection | null {
  if (given === undefined) return null;
  const { successRate, failurePercentage } = given;
  const at = 'outlierDetection';
  const base = duration(`${at}.baseEjectionTime`, given.baseEjectionTime, DEFAULTS.baseEjectionTimeMs);
  const max = duration(`${at}.maxEjectionTime`, given.maxEjectionTime, DEFAULTS.maxEjectionTimeMs);
  return {
    intervalMs: duration(`${at}.interval`, given.interval, DEFAULTS.intervalMs),
    baseEjectionTimeMs: base,
    maxEjectionTimeMs: Math.max(base, max),
    maxEjectionPercent: given.maxEjectionPercent ?? DEFAULTS.maxEjectionPercent,
    successRate:
      successRate === undefined
        ? null
        : ejectionOf({ factor: successRate.stdevFactor, ...successRate }, DEFAULTS.successRate),
    failurePercentage:
      failurePercentage === undefined
        ? null
        : ejectionOf(
            { factor: failurePercentage.threshold, ...failurePercentage },
            DEFAULTS.failurePercentage,
          ),
  };
}

function ejectionOf(
  given: { readonly [field in keyof Ejection]?: number | undefined },
  defaults: Pick<Ejection, 'factor' | 'requestVolume'>,
): Ejection {
  return {
    factor: given.factor ?? defaults.factor,
    enforcementPercent: given.enforcementPercent ?? DEFAULTS.enforcementPercent,
    minimumHosts: given.minimumHosts ?? DEFAULTS.minimumHosts,
    requestVolume: given.requestVolume ?? defaults.requestVolume,
  };
}

function retryOf(given: XdsServiceSpec['retry'], duration: ReadDuration): Retry | null {
  if (given === undefined) return null;
  const baseMs = duration('retry.backoff.base', given.backoff?.base, DEFAULTS.baseMs);
  return {
    attempts: given.attempts ?? DEFAULTS.attempts,
    codes: given.codes ?? ['Unavailable'],
    baseMs,
    maxMs: Math.max(baseMs, duration('retry.backoff.max', given.backoff?.max, DEFAULTS.maxMs)),
  };
}
