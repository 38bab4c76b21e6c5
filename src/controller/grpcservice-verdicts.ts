import type { DesiredEndpoints } from '../desired/desired-endpoints.ts';
import type { DnsView } from '../desired/dns-view.ts';
import type { ProtectedShare } from '../desired/protection.ts';
import type { PublishSpec } from '../desired/publish-spec.ts';
import type { GrpcService } from '../model/grpcservice.ts';
import type { Verdict } from './conditions.ts';
import type { StatusFacts } from './grpcservice-status-facts.ts';
import { rowsQuery, unreadyRows } from './unready-rows.ts';
import { xdsAccepted } from './xds-accepted.ts';

/** The conditions of a GrpcService, Ready first. Each False says what is wrong and what to type. */
export function grpcServiceVerdicts(grpcService: GrpcService, facts: StatusFacts): readonly Verdict[] {
  const available = registryAvailable(facts);
  const { desired, dns } = facts;
  const details =
    desired === null || dns === null
      ? []
      : [portsUniform(facts, desired), dnsFits(facts, dns), protectedNow(facts, desired)];
  return [ready(grpcService, facts, available), available, ...details, xdsAccepted(facts.xdsReplicas)];
}

function registryAvailable({ registryFault, registryHealth, registryKey }: StatusFacts): Verdict {
  if (registryFault !== null) return { type: 'RegistryAvailable', status: 'False', ...registryFault };
  const { available, reason, message } = registryHealth;
  const status = available ? 'True' : reason === 'NeverRead' ? 'Unknown' : 'False';
  // Whoever reads this need not know which Registry it is about.
  const named = `Registry ${registryKey ?? ''}: ${message}`;
  return { type: 'RegistryAvailable', status, reason, message: named };
}

function readyIs(status: Verdict['status'], reason: string, message: string): Verdict {
  return { type: 'Ready', status, reason, message };
}

function ready(grpcService: GrpcService, facts: StatusFacts, available: Verdict): Verdict {
  const { outcome, desired, dns } = facts;
  switch (outcome.kind) {
    case 'Failed':
      return readyIs('False', outcome.reason, outcome.message);
    case 'Held':
      return readyIs(UNDECIDED.has(outcome.reason) ? 'Unknown' : 'False', outcome.reason, outcome.message);
    case 'Published':
      // Only a GrpcService that publishes nothing over DNS gets here without a registry that was read.
      if (desired === null || dns === null) {
        return readyIs(
          available.status === 'True' ? 'Unknown' : available.status,
          available.reason,
          available.message,
        );
      }
      return published(grpcService, facts, desired, dns);
    default:
      return outcome satisfies never;
  }
}

/** Reasons under which all may be well: nothing is known yet, or somebody asked for a pause. */
const UNDECIDED: ReadonlySet<string> = new Set(['Paused', 'NeverRead', 'NotRead', 'ConfirmingRemoval']);

function published(
  { metadata }: GrpcService,
  { publish, snapshot, customTable }: StatusFacts,
  desired: DesiredEndpoints,
  dns: DnsView,
): Verdict {
  if (!publish.dns.enabled && desired.counts.ready > 0) {
    return readyIs('True', 'DNSDisabled', 'spec.dns.enabled is false: no Service and no slices are kept.');
  }
  if (dns.counts.ready > 0) {
    const { ready: all, held } = desired.counts;
    const note = held === 0 ? '' : ` ${held} of them are held though their lease ended.`;
    return readyIs(
      'True',
      'Published',
      `${dns.counts.ready} of ${all} ready instances are published over DNS.${note}`,
    );
  }
  if (snapshot === undefined || snapshot.instances.length + snapshot.rejected.length === 0) {
    return readyIs(
      'False',
      'NoInstances',
      `The registry has no instance of service ${publish.service}: register one, or correct spec.service of GrpcService ${metadata.name} (default: its own name).`,
    );
  }
  const rows = unreadyRows(publish, snapshot, desired);
  const show = customTable === null ? rowsQuery(publish.service) : `look into ${customTable}`;
  return readyIs(
    'False',
    'NoReadyInstances',
    `No instance of service ${publish.service} can take calls. ${rows}. In the registry's database: ${show}`,
  );
}

function portsUniform({ publish }: StatusFacts, desired: DesiredEndpoints): Verdict {
  if (desired.otherPorts.length === 0) {
    return {
      type: 'PortsUniform',
      status: 'True',
      reason: 'Uniform',
      message: `Every instance listens on port ${publish.port}.`,
    };
  }
  const ports = desired.otherPorts.slice(0, 5).map(({ port, count }) => `${count} on port ${port}`);
  const more = desired.otherPorts.length > 5 ? `, and ${desired.otherPorts.length - 5} more ports` : '';
  return {
    type: 'PortsUniform',
    status: 'False',
    reason: 'MixedPorts',
    message: `DNS carries no port, so only instances on port ${publish.port} are published; left out: ${ports.join(', ')}${more}. Let all instances listen on one port, or make a GrpcService with another dns.serviceName for each port.`,
  };
}

function dnsFits({ publish }: StatusFacts, dns: DnsView): Verdict {
  if (!publish.dns.enabled) {
    return { type: 'DNSFits', status: 'True', reason: 'DNSDisabled', message: 'spec.dns.enabled is false.' };
  }
  if (dns.fits) {
    return { type: 'DNSFits', status: 'True', reason: 'Fits', message: 'All addresses fit one DNS answer.' };
  }
  return {
    type: 'DNSFits',
    status: 'False',
    reason: 'TooManyAddresses',
    message: `${dns.counts.ipv4} IPv4 and ${dns.counts.ipv6} IPv6 addresses do not fit one DNS answer (at most 4000 A or 2300 AAAA records): split the service by spec.selector into several GrpcServices.`,
  };
}

function protectedNow({ publish }: StatusFacts, { protectedBy }: DesiredEndpoints): Verdict {
  const note = publish.problems.length === 0 ? '' : ` Not understood: ${publish.problems.join('; ')}.`;
  if (protectedBy === null) {
    return {
      type: 'Protected',
      status: 'False',
      reason: 'NothingHeld',
      message: `No expired instance is held.${note}`,
    };
  }
  const { held, shares } = protectedBy;
  const short = shares.map(
    ({ of, floor, base, alive }) =>
      `${alive} of ${base} ${PART_NAMES[of](publish)} are alive (floor ${floor})`,
  );
  return {
    type: 'Protected',
    status: 'True',
    reason: 'HoldingExpired',
    message: `${held} expired instances are still published, for spec.protection keeps ${publish.protection.minAvailablePercent} % of each part that clients depend on: ${short.join('; ')}. They leave as others come alive or after forgetAfter; to let them go now, set the annotation rollcall.dev/release-held to the present time.${note}`,
  };
}

/** How each part that is protected is called in messages. */
const PART_NAMES: Readonly<Record<ProtectedShare['of'], (publish: PublishSpec) => string>> = {
  All: () => 'instances',
  DNS: ({ port }) => `instances that DNS carries (port ${port})`,
  IPv4: ({ port }) => `IPv4 instances on port ${port}`,
  IPv6: ({ port }) => `IPv6 instances on port ${port}`,
};
