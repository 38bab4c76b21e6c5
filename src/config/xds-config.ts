import type { HostPort } from './values.ts';

/** What `rollcall xds` runs with. */
export interface XdsConfig {
  readonly what: 'clients' | 'config';
  /** Admin addresses of replicas, one at least. */
  readonly addresses: readonly HostPort[];
  readonly service: { readonly namespace: string; readonly name: string } | null;
  readonly nodeId: string | null;
  readonly agent: 'grpc' | 'envoy';
  readonly region: string;
  readonly zone: string;
  readonly output: 'table' | 'wide' | 'json' | 'yaml';
  readonly timeoutMs: number;
}
