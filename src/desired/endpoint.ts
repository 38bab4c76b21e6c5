import type { AddressType } from '../model/instance.ts';

/** What is published for one instance. */
export interface Endpoint {
  /** Canonical text. */
  readonly address: string;
  readonly addressType: AddressType;
  readonly port: number;
  readonly weight: number;
  readonly region: string | null;
  readonly zone: string | null;
  /** Draining: serves the calls it has and takes no new ones. */
  readonly state: 'Ready' | 'Draining';
  /** Its lease ran out, and spec.protection publishes it all the same. */
  readonly held: boolean;
  readonly instanceId: string;
}
