import type { ObjectKey } from '../../model/key.ts';
import { type ResourceKey, TYPE, type XdsResource } from '../resource.ts';
import type { ProxyConflict } from '../resources/proxy-claims.ts';
import { type ProxyService, PROXY_NAME, proxyResources } from '../resources/proxy.ts';
import { resourceName } from '../resources/service-resources.ts';
import { encodeDraft, sameOr } from './encode-draft.ts';

/** Where the front proxy listens. */
export interface ProxyAddress {
  readonly address: string;
  readonly port: number;
}

interface Claimant {
  readonly service: ProxyService;
  readonly isKnown: boolean;
}

/** Listener and routes of the front proxy, over all GrpcServices that have spec.proxy, and which clusters these lead to. */
export class FrontProxy {
  readonly #at: ProxyAddress | null;
  readonly #services = new Map<ObjectKey, Claimant>();
  #resources: ReadonlyMap<string, XdsResource> = new Map();
  #targets: ReadonlySet<string> = new Set();
  #conflicts: readonly ProxyConflict[] = [];

  /** `at` null: there is no front proxy. */
  constructor(at: ProxyAddress | null) {
    this.#at = at;
    this.#build();
  }

  /** What other GrpcServices have already. */
  get conflicts(): readonly ProxyConflict[] {
    return this.#conflicts;
  }

  /** Names of the clusters, and of their assignments, that the routes lead to: the proxy is shown these and no others. */
  get targets(): ReadonlySet<string> {
    return this.#targets;
  }

  /**
   * `service` null: it is gone, or has no spec.proxy. `isKnown`: whether there is an assignment of it, if only an empty one. One that is not known is routed to
   * all the same, and its calls fail; the routes of all others do not wait for what may never come (safety rule 7). Answers what is another now.
   */
  put(key: ObjectKey, service: ProxyService | null, isKnown: boolean): readonly ResourceKey[] {
    if (service === null && !this.#services.has(key)) return [];
    if (service === null) this.#services.delete(key);
    else this.#services.set(key, { service, isKnown });
    const before = this.#targets;
    const changed = this.#build();
    const moved = [...before].filter((name) => !this.#targets.has(name));
    for (const name of this.#targets) if (!before.has(name)) moved.push(name);
    return [
      ...moved.flatMap((name) => [
        { typeUrl: TYPE.cluster, name },
        { typeUrl: TYPE.endpoints, name },
      ]),
      ...changed,
    ];
  }

  get({ typeUrl, name }: ResourceKey): XdsResource | undefined {
    return name === PROXY_NAME ? this.#resources.get(typeUrl) : undefined;
  }

  /** Answers the keys of those that changed. */
  #build(): readonly ResourceKey[] {
    if (this.#at === null) return [];
    const claimants = [...this.#services.values()];
    const { resources, conflicts } = proxyResources(
      claimants.map(({ service }) => service),
      this.#at,
    );
    const unknown = new Set(
      claimants.filter(({ isKnown }) => !isKnown).map(({ service }) => resourceName(service)),
    );
    const exists = ({ typeUrl, name }: ResourceKey): boolean =>
      typeUrl !== TYPE.endpoints || !unknown.has(name);
    const before = this.#resources;
    this.#resources = new Map(
      resources.map((draft) => {
        const resource = encodeDraft({ ...draft, needs: draft.needs.filter(exists) });
        return [draft.typeUrl, sameOr(before.get(draft.typeUrl), resource)];
      }),
    );
    this.#conflicts = conflicts;
    const route = this.#resources.get(TYPE.route);
    this.#targets = new Set(route?.needs.map(({ name }) => name));
    return [...this.#resources.values()].filter((resource) => before.get(resource.typeUrl) !== resource);
  }
}
