import type { WriteGate } from './write-gate.ts';

export type ApiMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One request to the API server. */
export interface ApiRequest {
  readonly method: ApiMethod;
  /** `/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices/orders-0`; every part escaped. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Default application/json. */
  readonly contentType?: string;
  /** Plural of the resource: label of the metrics, and the noun of messages. */
  readonly resource: string;
  /** Default 30 s, for the whole exchange. */
  readonly timeoutMs?: number;
  /** The door this write passes; see {@link WriteGate}. */
  readonly gate?: WriteGate;
  /** True: the request takes a token of the client's own write limit. */
  readonly limited?: boolean;
}
