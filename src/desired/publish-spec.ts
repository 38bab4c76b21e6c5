import { parseDurationMs } from '../model/duration.ts';
import type { GrpcService, LabelSelector } from '../model/grpcservice.ts';
import type { AddressType } from '../model/instance.ts';
import { ANNOTATION_RELEASE_HELD } from '../model/names.ts';
import { parseTimeUs } from './rfc3339.ts';

/** A GrpcService with every default filled in, names resolved and durations in ms. */
export interface PublishSpec {
  /** Name in the registry. */
  readonly service: string;
  /** Null: every instance. */
  readonly selector: LabelSelector | null;
  /** Over DNS only instances on this port are published. */
  readonly port: number;
  readonly protection: Protection;
  readonly paused: boolean;
  readonly dns: DnsPublishSpec;
  /** What could not be read, for the status; the default (or nothing) was taken in its place. */
  readonly problems: readonly string[];
}

/** Safety rule 3, as the GrpcService asks for it. */
export interface Protection {
  readonly mode: 'Hold' | 'Off';
  /** 0 to 100. */
  readonly minAvailablePercent: number;
  readonly forgetAfterMs: number;
  /** Instances whose lease ran out before this moment are not held; microseconds since 1970, null: none was named. */
  readonly releaseHeldUs: number | null;
}

export interface DnsPublishSpec {
  readonly enabled: boolean;
  readonly serviceName: string;
  readonly appProtocol: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly addressTypes: readonly AddressType[];
  readonly adoption: 'Never' | 'IfUnowned';
}

/** What stands for a field that the GrpcService leaves out: the same as the defaults of crds/. */
export interface PublishDefaults {
  readonly mode: 'Hold' | 'Off';
  readonly minAvailablePercent: number;
  readonly forgetAfterMs: number;
  readonly appProtocol: string;
  readonly addressTypes: readonly AddressType[];
  readonly adoption: 'Never' | 'IfUnowned';
}

export const PUBLISH_DEFAULTS: PublishDefaults = {
  mode: 'Hold',
  minAvailablePercent: 50,
  forgetAfterMs: 600_000,
  appProtocol: 'grpc',
  addressTypes: ['IPv4', 'IPv6'],
  adoption: 'Never',
};

/**
 * What a GrpcService asks for. Never throws: text that the API server could not check (the annotation, or a duration stored
 * before its schema was tightened) is named in `problems`, and then the safer reading is taken: nothing is released.
 */
export function publishSpec(
  grpcService: GrpcService,
  defaults: PublishDefaults = PUBLISH_DEFAULTS,
): PublishSpec {
  const { spec, metadata } = grpcService;
  const problems: string[] = [];
  const protection = protectionOf(grpcService, defaults, problems);
  return {
    service: spec.service ?? metadata.name,
    selector: spec.selector ?? null,
    port: spec.port,
    protection,
    paused: spec.paused ?? false,
    dns: dnsOf(grpcService, defaults),
    problems,
  };
}

/** Whether headless DNS can carry an address: A and AAAA records have no port, so only those on the port that clients dial, of a wanted family. */
export function dnsCarries(
  { port, dns }: Pick<PublishSpec, 'port' | 'dns'>,
  endpoint: { readonly port: number; readonly addressType: AddressType },
): boolean {
  return dns.enabled && endpoint.port === port && dns.addressTypes.includes(endpoint.addressType);
}

function protectionOf(
  { spec, metadata }: GrpcService,
  defaults: PublishDefaults,
  problems: string[],
): Protection {
  const { mode, minAvailablePercent, forgetAfter } = spec.protection ?? {};
  const forgetAfterMs = forgetAfter === undefined ? defaults.forgetAfterMs : parseDurationMs(forgetAfter);
  if (forgetAfterMs === null) {
    problems.push(`spec.protection.forgetAfter "${forgetAfter ?? ''}" is not a duration: write one like 10m`);
  }
  const release = metadata.annotations?.[ANNOTATION_RELEASE_HELD];
  const releaseHeldUs = release === undefined ? null : parseTimeUs(release);
  if (release !== undefined && releaseHeldUs === null) {
    problems.push(
      `annotation ${ANNOTATION_RELEASE_HELD} "${release}" is not a time: write one like 2026-01-31T12:00:00Z (date -u +%Y-%m-%dT%H:%M:%SZ)`,
    );
  }
  return {
    mode: mode ?? defaults.mode,
    minAvailablePercent: minAvailablePercent ?? defaults.minAvailablePercent,
    forgetAfterMs: forgetAfterMs ?? defaults.forgetAfterMs,
    releaseHeldUs,
  };
}

function dnsOf({ spec, metadata }: GrpcService, defaults: PublishDefaults): DnsPublishSpec {
  const dns = spec.dns ?? {};
  return {
    enabled: dns.enabled ?? true,
    serviceName: dns.serviceName ?? metadata.name,
    appProtocol: dns.appProtocol ?? defaults.appProtocol,
    labels: dns.labels ?? {},
    annotations: dns.annotations ?? {},
    addressTypes: dns.addressTypes ?? defaults.addressTypes,
    adoption: dns.adoption ?? defaults.adoption,
  };
}
