import type { ApiAccess } from '../kube/api-access.ts';
import { inClusterAccess } from '../kube/in-cluster-access.ts';
import { kubeconfigAccess } from '../kube/kubeconfig-access.ts';
import type { Clock } from '../lib/clock.ts';
import { ConfigError } from '../lib/errors.ts';

/** KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT, as the kubelet sets them in a pod. */
export interface ApiServerAddress {
  readonly host: string | undefined;
  readonly port: string | undefined;
}

/** Access by a kubeconfig file, or as the pod that this process runs in. Rejects with ConfigError where there is neither. */
export async function apiAccess(
  kubeconfig: string | null,
  { apiServer, clock }: { readonly apiServer: ApiServerAddress; readonly clock: Clock },
): Promise<ApiAccess> {
  if (kubeconfig !== null) return kubeconfigAccess(kubeconfig, clock);
  const { host, port } = apiServer;
  if (host === undefined || port === undefined) {
    throw new ConfigError([
      '--kubeconfig (ROLLCALL_KUBECONFIG): this process does not run in a pod (KUBERNETES_SERVICE_HOST is not set), so name a kubeconfig file',
    ]);
  }
  return inClusterAccess({ host, port, clock });
}
