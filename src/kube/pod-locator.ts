import { KubeApiError, type ResourceClient } from '../controller/kube-ports.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { KubeObject, ObjectMeta, Pod } from '../model/kube-objects.ts';
import { LABEL_REGION, LABEL_ZONE } from '../model/names.ts';

export interface PodLocatorOptions {
  readonly pods: Pick<ResourceClient<Pod>, 'get'>;
  /** Null where nodes may not be read: then only the labels of the pod itself count. */
  readonly nodes: Pick<ResourceClient<KubeObject>, 'get'> | null;
  /** Namespaces whose pods may be read; empty: all. */
  readonly namespaces: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Place {
  readonly region: string;
  readonly zone: string;
}

/** How long the labels of a node are believed, in ms; they are set when a machine joins. */
const KEPT_MS = 600_000;
const MAX_NODES = 5000;
/** After it was forbidden to look, nobody asks for so long, in ms. */
const FORBIDDEN_MS = 600_000;

/** RFC 1123: the name of a pod may have dots in it, that of a namespace has none. */
const POD_ID = /^(?=.{1,317}$)([a-z0-9](?:[-a-z0-9.]*[a-z0-9])?)\.([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)$/;

/**
 * Where the pod `NAME.NAMESPACE` runs: by its own topology labels, which Kubernetes copies from the node since 1.35 (KEP-4742), else by those of its node.
 */
export class PodLocator {
  readonly #options: PodLocatorOptions;
  readonly #nodes = new Map<string, { readonly place: Place | null; readonly untilMs: number }>();
  #forbiddenUntilMs = -Infinity;

  constructor(options: PodLocatorOptions) {
    this.#options = options;
  }

  /** Whether it is the name of a pod that may be looked at. */
  knows(id: string): boolean {
    const { namespaces, clock } = this.#options;
    const namespace = POD_ID.exec(id)?.[2];
    if (namespace === undefined || clock.now() < this.#forbiddenUntilMs) return false;
    return namespaces.length === 0 || namespaces.includes(namespace);
  }

  /** Null: there is no such pod, it is on no node yet, or nobody labelled that. Rejects as {@link ResourceClient} does. */
  async locate(id: string, signal: AbortSignal): Promise<Place | null> {
    const [, name = '', namespace = ''] = POD_ID.exec(id) ?? [];
    const { pods, nodes } = this.#options;
    const pod = await this.#allowed(() => pods.get(namespace, name, signal));
    if (pod === null) return null;
    const nodeName = pod.spec?.nodeName ?? '';
    return placeOf(pod.metadata) ?? (nodes === null || nodeName === '' ? null : this.#node(nodeName, signal));
  }

  async #node(name: string, signal: AbortSignal): Promise<Place | null> {
    const { nodes, clock } = this.#options;
    const known = this.#nodes.get(name);
    if (known !== undefined && clock.now() < known.untilMs) return known.place;
    const node = await this.#allowed(async () => (await nodes?.get('', name, signal)) ?? null);
    const place = node === null ? null : placeOf(node.metadata);
    this.#nodes.delete(name);
    this.#nodes.set(name, { place, untilMs: clock.now() + KEPT_MS });
    const [oldest] = this.#nodes.keys();
    if (this.#nodes.size > MAX_NODES && oldest !== undefined) this.#nodes.delete(oldest);
    return place;
  }

  /** Rights that are missing are told of once in a while, and cost no client its patience after the first. */
  async #allowed<T>(look: () => Promise<T | null>): Promise<T | null> {
    const { clock, logger } = this.#options;
    try {
      return await look();
    } catch (error) {
      if (!(error instanceof KubeApiError && error.code === 403)) throw error;
      this.#forbiddenUntilMs = clock.now() + FORBIDDEN_MS;
      logger.warn(
        'xDS clients are not located: the operator may not get pods and nodes; apply deploy/ again',
        {
          error: error.message,
        },
      );
      return null;
    }
  }
}

function placeOf({ labels }: ObjectMeta): Place | null {
  const [region, zone] = [labels?.[LABEL_REGION] ?? '', labels?.[LABEL_ZONE] ?? ''];
  return region === '' && zone === '' ? null : { region, zone };
}
