import {
  type EventRecorder,
  KubeApiError,
  type ObjectCache,
  type ResourceClient,
} from '../../controller/kube-ports.ts';
import type { Requeue, WorkQueue } from '../../controller/work-queue.ts';
import type { Logger } from '../../lib/logger.ts';
import type { ConfigMap, Namespace } from '../../model/kube-objects.ts';
import { LABEL_XDS_BOOTSTRAP, XDS_BOOTSTRAP_ENABLED, XDS_CONFIG_MAP } from '../../model/names.ts';
import { type ConfigMapInput, configMapFor, planConfigMap } from './config-map.ts';

export interface ConfigMapControllerOptions extends ConfigMapInput {
  /** ConfigMaps of this one name. */
  readonly configMaps: ObjectCache<ConfigMap> & { whenSynced(signal: AbortSignal): Promise<void> };
  /** Null where namespaces may not be read: then `chosen` alone counts. */
  readonly namespaces: ObjectCache<Namespace> | null;
  /** Namespaces that were named, whatever their labels. Null: no namespace is chosen at all, because xDS is not served. */
  readonly chosen: readonly string[] | null;
  readonly client: ResourceClient<ConfigMap>;
  readonly events: EventRecorder;
  /** Of names of namespaces. */
  readonly queue: WorkQueue<string>;
  readonly logger: Logger;
}

/**
 * Keeps a ConfigMap with the bootstrap of gRPC clients in every namespace that was chosen: named by a flag, or by the label
 * `rollcall.dev/xds-bootstrap=enabled`. It goes when the namespace is chosen no more. One of the same name that somebody else made stays as it is.
 */
export class ConfigMapController {
  readonly #options: ConfigMapControllerOptions;
  /** UIDs of the ConfigMaps of others that were told of. */
  readonly #told = new Set<string>();

  constructor(options: ConfigMapControllerOptions) {
    this.#options = options;
  }

  /** Works for one term of leadership, until `signal` is aborted. Waits for its own cache: without rights on ConfigMaps only it has to wait. */
  async run(signal: AbortSignal): Promise<void> {
    const { configMaps, namespaces, chosen, queue } = this.#options;
    try {
      await configMaps.whenSynced(signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    const stops = [
      configMaps.subscribe(({ old, now }) => queue.add(namespaceOf(now ?? old))),
      namespaces?.subscribe(({ old, now }) => {
        if (isLabelled(old) !== isLabelled(now) || old === undefined)
          queue.add((now ?? old)?.metadata.name ?? '');
      }),
    ];
    for (const configMap of configMaps.values()) queue.add(namespaceOf(configMap));
    for (const namespace of namespaces?.values() ?? []) queue.add(namespace.metadata.name);
    for (const namespace of chosen ?? []) queue.add(namespace);
    try {
      await queue.run((namespace, workSignal) => this.#reconcile(namespace, workSignal), signal);
    } finally {
      for (const stop of stops) stop?.();
      this.#told.clear();
    }
  }

  async #reconcile(namespace: string, signal: AbortSignal): Promise<Requeue | undefined> {
    const { configMaps, client, operatorNamespace } = this.#options;
    const wanted = this.#isChosen(namespace) ? configMapFor(namespace, this.#options) : null;
    const plan = planConfigMap(configMaps.get(`${namespace}/${XDS_CONFIG_MAP}`), wanted, operatorNamespace);
    switch (plan.action) {
      case 'none':
        break;
      case 'refuse':
        this.#tell(namespace, plan.configMap);
        break;
      case 'delete':
        await client.delete(versionOf(plan.configMap), signal);
        break;
      case 'create':
        await this.#create(plan.configMap, signal);
        break;
      case 'update':
        await client.update(plan.configMap, signal);
        break;
      default:
        plan satisfies never;
    }
    return undefined;
  }

  #isChosen(namespace: string): boolean {
    const { chosen, namespaces } = this.#options;
    if (chosen === null) return false;
    const object = namespaces?.get(`/${namespace}`);
    // A namespace that was named and is not there yet is looked at when it appears.
    if (namespaces !== null && object === undefined) return false;
    return chosen.includes(namespace) || isLabelled(object);
  }

  async #create(configMap: ConfigMap, signal: AbortSignal): Promise<void> {
    try {
      await this.#options.client.create(configMap, signal);
    } catch (error) {
      // A namespace that is being deleted takes nothing new, and needs nothing.
      if (error instanceof KubeApiError && error.causes.includes('NamespaceTerminating')) return;
      throw error;
    }
  }

  #tell(namespace: string, configMap: ConfigMap): void {
    const { uid = '' } = configMap.metadata;
    if (this.#told.has(uid)) return;
    this.#told.add(uid);
    const message =
      `The xDS bootstrap of this namespace is not written, because this ConfigMap was not made by Rollcall. ` +
      `Rename yours, or: kubectl delete configmap ${XDS_CONFIG_MAP} -n ${namespace}`;
    this.#options.events.event(configMap, 'Warning', 'NameTaken', message);
    this.#options.logger.warn('a ConfigMap of somebody else has the name of the xDS bootstrap', {
      namespace,
      name: XDS_CONFIG_MAP,
    });
  }
}

function isLabelled(namespace: Namespace | undefined): boolean {
  return namespace?.metadata.labels?.[LABEL_XDS_BOOTSTRAP] === XDS_BOOTSTRAP_ENABLED;
}

function namespaceOf(configMap: ConfigMap | undefined): string {
  return configMap?.metadata.namespace ?? '';
}

function versionOf({ metadata }: ConfigMap) {
  const { namespace = '', name, uid = '', resourceVersion = '' } = metadata;
  return { namespace, name, uid, resourceVersion };
}
