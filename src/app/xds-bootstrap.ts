import type { OperatorConfig } from '../config/index.ts';
import type { EventRecorder } from '../controller/kube-ports.ts';
import { WorkQueue } from '../controller/work-queue.ts';
import { Reflector } from '../kube/reflector.ts';
import { ApiResourceClient } from '../kube/resource-client.ts';
import { CONFIG_MAPS } from '../kube/resources.ts';
import type { WriteGate } from '../kube/write-gate.ts';
import type { ConfigMap } from '../model/kube-objects.ts';
import { XDS_CONFIG_MAP } from '../model/names.ts';
import { ConfigMapController } from '../xds/bootstrap/config-map-controller.ts';
import type { KubePartsOptions, Reflectors } from './kube-parts.ts';

export interface XdsBootstrapOptions extends KubePartsOptions {
  readonly reflectors: Reflectors;
  /** Of the leader: only it writes. */
  readonly gate: WriteGate;
  readonly events: EventRecorder;
}

/** The ConfigMaps for clients: the cache that every replica keeps, and the work of the leader. */
export interface XdsBootstrap {
  readonly reflector: Reflector<ConfigMap>;
  readonly controller: ConfigMapController;
}

/** Where clients find their certificates, by convention: what a Secret of cert-manager looks like when it is mounted. */
const TLS_FOLDER = '/etc/rollcall-xds-tls';

/** Wires them; nothing runs yet. */
export function createXdsBootstrap(options: XdsBootstrapOptions): XdsBootstrap {
  const { config, transport, reflectors, gate, events, clock, random, observer } = options;
  const logger = options.logger.child({ component: 'xds-bootstrap' });
  const { watchNamespaces, xdsBootstrap } = config;
  const reflector = new Reflector({
    ...options,
    resource: CONFIG_MAPS,
    namespaces:
      watchNamespaces.length === 0 ? [] : [...new Set([...watchNamespaces, ...xdsBootstrap.namespaces])],
    fieldSelector: `metadata.name=${XDS_CONFIG_MAP}`,
  });
  const controller = new ConfigMapController({
    configMaps: reflector,
    namespaces: reflectors.namespaces,
    chosen: config.xdsAddress === null ? null : xdsBootstrap.namespaces,
    client: new ApiResourceClient(transport, CONFIG_MAPS, { gate, limited: true }),
    events,
    queue: new WorkQueue<string>({
      name: 'xds-bootstrap',
      workers: 1,
      retry: { baseMs: 5, maxMs: 60_000 },
      drainMs: config.shutdownGraceMs,
      ...{ clock, random, logger, observer },
    }),
    logger,
    servers: xdsBootstrap.servers,
    tls: tlsOf(config),
    operatorNamespace: config.namespace,
  });
  return { reflector, controller };
}

function tlsOf({ xdsTls }: OperatorConfig) {
  if (xdsTls === null) return null;
  const hasOwn = xdsTls.clientCaFile !== null;
  return {
    ca: `${TLS_FOLDER}/ca.crt`,
    cert: hasOwn ? `${TLS_FOLDER}/tls.crt` : null,
    key: hasOwn ? `${TLS_FOLDER}/tls.key` : null,
  };
}
