import type { GrpcService } from '../model/grpcservice.ts';
import { type ObjectKey, splitKey } from '../model/key.ts';
import type { LabelSelector } from '../model/grpcservice.ts';
import type { Namespace } from '../model/kube-objects.ts';
import { matchesSelector } from '../model/label-selector.ts';
import type { Registry } from '../model/registry.ts';
import type { GrpcServiceCaches } from './grpcservice-caches.ts';

/** The Registry a GrpcService may use, or why there is none. */
export type RegistryLookup =
  | { readonly ok: true; readonly key: ObjectKey; readonly registry: Registry }
  | { readonly ok: false; readonly key: ObjectKey | null; readonly reason: string; readonly message: string };

export interface RegistryScope {
  /** `--default-registry`; null when none was given. */
  readonly defaultRegistry: ObjectKey | null;
  /** `--registry-namespaces`: the namespaces Registries are read from. */
  readonly registryNamespaces: readonly string[];
  readonly registry: (key: ObjectKey) => Registry | undefined;
  /** Labels of a namespace, undefined while it is not known; null where the operator may not read namespaces (namespaced mode). */
  readonly namespaceLabels: ((name: string) => Readonly<Record<string, string>> | undefined) | null;
}

/** The key of the Registry that a GrpcService names, or the default; null when neither is given. */
export function registryKeyOf(grpcService: GrpcService, defaultRegistry: ObjectKey | null): ObjectKey | null {
  const ref = grpcService.spec.registryRef;
  if (ref === undefined) return defaultRegistry;
  return `${ref.namespace ?? grpcService.metadata.namespace ?? ''}/${ref.name}`;
}

/** Finds the Registry of a GrpcService and judges whether its spec.allowedNamespaces lets it be used. */
export function lookUpRegistry(grpcService: GrpcService, scope: RegistryScope): RegistryLookup {
  const key = registryKeyOf(grpcService, scope.defaultRegistry);
  const no = (reason: string, message: string): RegistryLookup => ({ ok: false, key, reason, message });
  if (key === null) {
    return no(
      'NoRegistry',
      'The GrpcService names no registry and the operator has no default: set spec.registryRef.name (and .namespace), or start the operator with --default-registry NAMESPACE/NAME.',
    );
  }
  const { namespace, name } = splitKey(key);
  if (!scope.registryNamespaces.includes(namespace)) {
    return no(
      'RegistryNamespaceNotWatched',
      `The operator does not read Registries in namespace ${namespace}: use one in ${scope.registryNamespaces.join(', ')}, or add the namespace to --registry-namespaces and apply the Role rollcall-registries of deploy/base/role.yaml there.`,
    );
  }
  const registry = scope.registry(key);
  if (registry === undefined) {
    return no(
      'RegistryNotFound',
      `Registry ${key} does not exist: create it, or correct spec.registryRef (kubectl get registries -n ${namespace} lists what is there).`,
    );
  }
  const refusal = refusalOf(grpcService.metadata.namespace ?? '', namespace, name, registry, scope);
  return refusal === null ? { ok: true, key, registry } : no('NamespaceNotAllowed', refusal);
}

/** {@link lookUpRegistry} in the caches of an operator. */
export function lookUpInCaches(
  grpcService: GrpcService,
  {
    caches: { registries, namespaces },
    ...scope
  }: Pick<RegistryScope, 'defaultRegistry' | 'registryNamespaces'> & {
    readonly caches: Pick<GrpcServiceCaches, 'registries' | 'namespaces'>;
  },
): RegistryLookup {
  return lookUpRegistry(grpcService, {
    ...scope,
    registry: (key) => registries.get(key),
    namespaceLabels: namespaces === null ? null : (name) => labelsOf(namespaces.get(`/${name}`)),
  });
}

/** An object without labels has no field `labels`; undefined only for no object. */
function labelsOf(namespace: Namespace | undefined): Readonly<Record<string, string>> | undefined {
  return namespace === undefined ? undefined : (namespace.metadata.labels ?? {});
}

function refusalOf(
  user: string,
  home: string,
  name: string,
  registry: Registry,
  scope: RegistryScope,
): string | null {
  const { from = 'Same', selector } = registry.spec.allowedNamespaces ?? {};
  switch (from) {
    case 'All':
      return null;
    case 'Same':
      return user === home
        ? null
        : `Registry ${home}/${name} serves only GrpcServices of its own namespace: let its owner set spec.allowedNamespaces.from to All, or to Selector with a selector that matches namespace ${user}.`;
    case 'Selector': {
      if (user === home) return null;
      if (scope.namespaceLabels === null) {
        return `Registry ${home}/${name} chooses namespaces by labels, which an operator with --watch-namespaces cannot read: let the Registry's owner set spec.allowedNamespaces.from to All.`;
      }
      const labels = scope.namespaceLabels(user);
      if (labels !== undefined && selector !== undefined && matchesSelector(selector, labels)) return null;
      return `Registry ${home}/${name} does not allow namespace ${user}, whose labels do not match its spec.allowedNamespaces.selector ${JSON.stringify(selector)}: ${labelAdvice(user, selector)} let the Registry's owner widen the selector.`;
    }
    default:
      return from satisfies never;
  }
}

/** How to make a namespace match; the command only where there is one way. */
function labelAdvice(namespace: string, selector: LabelSelector | undefined): string {
  const labels = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  if (labels.length === 0 || (selector?.matchExpressions ?? []).length > 0) return 'label the namespace, or';
  return `label the namespace (kubectl label namespace ${namespace} ${labels.join(' ')}), or`;
}
