import type { DesiredEndpoints } from './desired-endpoints.ts';
import type { Endpoint } from './endpoint.ts';
import { dnsCarries, type PublishSpec } from './publish-spec.ts';

/** The most A records that fit one DNS answer of 64 KiB. */
export const MAX_A_RECORDS = 4000;
/** The most AAAA records that fit one DNS answer of 64 KiB. */
export const MAX_AAAA_RECORDS = 2300;

/** The part of the desired endpoints that headless DNS can carry. */
export interface DnsView {
  /** On spec.port, of a wanted address type; sorted by address type, then address. No address twice. */
  readonly endpoints: readonly Endpoint[];
  readonly counts: {
    /** ready + draining: the endpoints in the slices. */
    readonly desired: number;
    readonly ready: number;
    readonly draining: number;
    /** A records: ready IPv4 endpoints, for DNS leaves out those that are not ready. */
    readonly ipv4: number;
    /** AAAA records. */
    readonly ipv6: number;
  };
  /** Condition DNSFits: neither {@link MAX_A_RECORDS} nor {@link MAX_AAAA_RECORDS} is exceeded. */
  readonly fits: boolean;
}

/** What is published over DNS, see {@link dnsCarries}; nothing where spec.dns.enabled is false. */
export function dnsView(desired: DesiredEndpoints, publish: PublishSpec): DnsView {
  const endpoints = desired.endpoints.filter((endpoint) => dnsCarries(publish, endpoint));
  const ready = endpoints.filter(({ state }) => state === 'Ready');
  const ipv4 = ready.filter(({ addressType }) => addressType === 'IPv4').length;
  const ipv6 = ready.length - ipv4;
  return {
    endpoints,
    counts: {
      desired: endpoints.length,
      ready: ready.length,
      draining: endpoints.length - ready.length,
      ipv4,
      ipv6,
    },
    fits: ipv4 <= MAX_A_RECORDS && ipv6 <= MAX_AAAA_RECORDS,
  };
}
