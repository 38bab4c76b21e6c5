import type { Clock } from '../lib/clock.ts';
import { ApiResourceClient } from '../kube/resource-client.ts';
import { REGISTRIES, SECRETS } from '../kube/resources.ts';
import { Transport } from '../kube/transport.ts';
import type { Secret } from '../model/kube-objects.ts';
import type { Registry } from '../model/registry.ts';
import { apiAccess, type ApiServerAddress } from './api-access.ts';

export interface ApiClientsOptions {
  /** A kubeconfig file; null: the pod's own ServiceAccount. */
  readonly kubeconfig: string | null;
  readonly apiServer: ApiServerAddress;
  readonly version: string;
  readonly clock: Clock;
  readonly random: () => number;
}

/** What a command for people reads of the API server, over the operator's own transport. Close it in the end. */
export interface ApiClients {
  readonly registries: ApiResourceClient<Registry>;
  readonly secrets: ApiResourceClient<Secret>;
  readonly close: () => Promise<void>;
}

/** Makes the clients; nothing is asked for yet. Rejects with ConfigError or TerminalError where nobody says where the API server is. */
export async function apiClients(options: ApiClientsOptions): Promise<ApiClients> {
  const { kubeconfig, version, clock, random } = options;
  const transport = new Transport({
    access: await apiAccess(kubeconfig, options),
    userAgent: `rollcall/${version}`,
    // Nobody counts the requests of a command.
    observer: { request: () => undefined },
    ...{ clock, random },
  });
  return {
    registries: new ApiResourceClient(transport, REGISTRIES),
    secrets: new ApiResourceClient(transport, SECRETS),
    close: () => transport.close(),
  };
}
