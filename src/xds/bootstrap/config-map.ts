import { isDeepStrictEqual } from 'node:util';
import type { ConfigMap } from '../../model/kube-objects.ts';
import { LABEL_OPERATOR_NAMESPACE, XDS_CONFIG_MAP, XDS_CONFIG_MAP_KEY } from '../../model/names.ts';
import type { TlsFiles, XdsServerAddress } from './client.ts';
import { grpcBootstrap } from './grpc-bootstrap.ts';

/** What the ConfigMaps of all namespaces are made from. */
export interface ConfigMapInput {
  readonly servers: readonly XdsServerAddress[];
  /** Files in the client's containers; null: plaintext. */
  readonly tls: TlsFiles | null;
  /** Namespace of the operator: whose ConfigMap it is. */
  readonly operatorNamespace: string;
}

/** What is to be done about the ConfigMap of a namespace. */
export type ConfigMapPlan =
  | { readonly action: 'none' }
  | { readonly action: 'create' | 'update' | 'delete'; readonly configMap: ConfigMap }
  /** There is one of that name that is somebody else's. */
  | { readonly action: 'refuse'; readonly configMap: ConfigMap };

/**
 * The ConfigMap for the clients of `namespace`. All of them share it, so it cannot name one of them: node.id is `namespace:NAME`, which is no pod's name,
 * and the locality is empty (both have to be there: the client for Node.js refuses a bootstrap without them).
 */
export function configMapFor(namespace: string, input: ConfigMapInput): ConfigMap {
  const { servers, tls, operatorNamespace } = input;
  const bootstrap = grpcBootstrap({
    servers,
    tls,
    creds: tls === null ? 'insecure' : 'tls',
    nodeId: `namespace:${namespace}`,
    nodeCluster: 'rollcall',
    region: '',
    zone: '',
  });
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: XDS_CONFIG_MAP,
      namespace,
      labels: {
        'app.kubernetes.io/name': 'rollcall',
        'app.kubernetes.io/component': 'xds-bootstrap',
        [LABEL_OPERATOR_NAMESPACE]: operatorNamespace,
      },
    },
    data: { [XDS_CONFIG_MAP_KEY]: `${JSON.stringify(bootstrap, null, 2)}\n` },
  };
}

/** Compares what is there with what is wanted; `wanted` null: the namespace is not chosen. A ConfigMap without the label of this operator is never touched. */
export function planConfigMap(
  current: ConfigMap | undefined,
  wanted: ConfigMap | null,
  operatorNamespace: string,
): ConfigMapPlan {
  if (current === undefined) {
    return wanted === null ? { action: 'none' } : { action: 'create', configMap: wanted };
  }
  const isOurs = current.metadata.labels?.[LABEL_OPERATOR_NAMESPACE] === operatorNamespace;
  if (!isOurs) return wanted === null ? { action: 'none' } : { action: 'refuse', configMap: current };
  if (wanted === null) return { action: 'delete', configMap: current };
  const labels = { ...current.metadata.labels, ...wanted.metadata.labels };
  const isSame =
    isDeepStrictEqual(current.data, wanted.data) && isDeepStrictEqual(current.metadata.labels, labels);
  if (isSame) return { action: 'none' };
  // Labels and annotations of others stay.
  return {
    action: 'update',
    configMap: { ...current, metadata: { ...current.metadata, labels }, data: wanted.data ?? {} },
  };
}
