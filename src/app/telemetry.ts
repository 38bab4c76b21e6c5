import type { RegistrySupervisor } from '../controller/registry-supervisor.ts';
import { flagLabel, type OperatorConfig } from '../config/index.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { objectKey } from '../model/key.ts';
import type { LeaseElector } from '../kube/lease-elector.ts';
import { healthEndpoint, metricsEndpoint } from '../telemetry/endpoints.ts';
import { type HealthCheck, ping } from '../telemetry/health.ts';
import type { HttpEndpoint } from '../telemetry/http.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { namedReflectors, type Reflectors } from './kube-parts.ts';
import type { XdsServing } from './xds.ts';

export interface TelemetryOptions {
  readonly config: OperatorConfig;
  readonly metrics: Metrics;
  readonly reflectors: Reflectors;
  readonly supervisor: RegistrySupervisor;
  readonly elector: LeaseElector;
  readonly xds: Pick<XdsServing, 'isReady'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborted when the operator is to stop: from then on it is not ready. */
  readonly signal: AbortSignal;
}

/** An election that the API server has not answered for so long is broken for good; a restart may mend it. */
const ELECTION_BROKEN_MS = 600_000;
/** How long a registry that cannot be reached holds up readiness: a rollout waits for it, but not for ever. */
const UNREACHABLE_MS = 120_000;

/** Listens for /metrics, /healthz and /readyz, so that an address that is taken is known at once; the answer serves until its signal is aborted. */
export async function serveTelemetry(
  options: TelemetryOptions,
): Promise<{ run(signal: AbortSignal): Promise<void> }> {
  const { config, metrics, logger } = options;
  const endpoints: HttpEndpoint[] = [];
  const log = logger.child({ component: 'http' });
  if (config.metricsAddress !== null) {
    const flag = flagLabel('metricsAddress');
    endpoints.push(metricsEndpoint(metrics.register, { address: config.metricsAddress, flag, log }));
  }
  if (config.healthAddress !== null) {
    const flag = flagLabel('healthAddress');
    const checks = { live: [ping, electionCheck(options)], ready: readyChecks(options) };
    endpoints.push(healthEndpoint(checks, { address: config.healthAddress, flag, log }));
  }
  for (const endpoint of endpoints) await endpoint.listen();
  return {
    run: async (signal) => {
      await Promise.all(endpoints.map((endpoint) => endpoint.run(signal)));
    },
  };
}

function electionCheck({ elector }: TelemetryOptions): HealthCheck {
  return {
    name: 'election',
    check: () => {
      const seconds = Math.round(elector.silentMs / 1000);
      const message = `the API server answered about the Lease ${seconds} s ago`;
      return { ok: elector.silentMs < ELECTION_BROKEN_MS, message };
    },
  };
}

function readyChecks({
  signal,
  reflectors,
  supervisor,
  xds,
  clock,
}: TelemetryOptions): readonly HealthCheck[] {
  const startedMs = clock.now();
  return [
    { name: 'running', check: () => ({ ok: !signal.aborted, message: signal.aborted ? 'stopping' : 'ok' }) },
    {
      name: 'caches',
      check: () => {
        const missing = namedReflectors(reflectors).filter(([, reflector]) => !reflector.synced);
        const names = missing.map(([name]) => name).join(', ');
        return {
          ok: missing.length === 0,
          message: missing.length === 0 ? 'synced' : `not synced: ${names}`,
        };
      },
    },
    {
      name: 'registries',
      check: () => {
        const waiting = [...reflectors.registries.values()].map(objectKey).filter((key) => {
          const facts = supervisor.facts(key);
          // One that was read, or that somebody has to mend first, is not waited for: it must not cost the others anything.
          if (facts?.lastReadMs != null || facts?.health.needsHelp === true) return false;
          return clock.now() - startedMs < UNREACHABLE_MS;
        });
        return {
          ok: waiting.length === 0,
          message: waiting.length === 0 ? 'read' : `not read yet: ${waiting.join(', ')}`,
        };
      },
    },
    {
      name: 'xds',
      check: () => ({
        ok: xds.isReady(),
        message: xds.isReady() ? 'served' : 'not everything was decided yet',
      }),
    },
  ];
}
