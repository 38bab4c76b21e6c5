import assert from 'node:assert/strict';
import { lookUpRegistry, type RegistryScope } from '../../../src/controller/registry-access.ts';
import type { GrpcService } from '../../../src/model/grpcservice.ts';
import type { ObjectKey } from '../../../src/model/key.ts';
import type { Registry, RegistrySpec } from '../../../src/model/registry.ts';

const registry = (allowedNamespaces?: RegistrySpec['allowedNamespaces']): Registry => ({
  metadata: { namespace: 'ops', name: 'main' },
  spec: {
    mysql: { host: 'db', database: 'registry', credentialsSecretRef: { name: 's' } },
    ...(allowedNamespaces === undefined ? {} : { allowedNamespaces }),
  },
});
const grpcService = (namespace: string, registryRef?: GrpcService['spec']['registryRef']): GrpcService => ({
  metadata: { namespace, name: 'orders' },
  spec: { port: 1, ...(registryRef === undefined ? {} : { registryRef }) },
});
const scope = (
  found: Registry | undefined,
  defaultRegistry: ObjectKey | null = 'ops/main',
): RegistryScope => ({
  defaultRegistry,
  registryNamespaces: ['ops'],
  registry: (key) => (key === 'ops/main' ? found : undefined),
  namespaceLabels: (name) => (name === 'shop' ? { team: 'shop' } : {}),
});
const shopOnly = { from: 'Selector', selector: { matchLabels: { team: 'shop' } } } as const;

const refusals: readonly {
  readonly name: string;
  readonly user: GrpcService;
  readonly scope: RegistryScope;
  readonly reason: string;
  readonly says: RegExp;
}[] = [
  {
    name: 'no registry named and no default',
    user: grpcService('shop'),
    scope: scope(registry(), null),
    reason: 'NoRegistry',
    says: /spec\.registryRef.*--default-registry/,
  },
  {
    name: 'a registry that is not there',
    user: grpcService('ops', { name: 'nope' }),
    scope: scope(undefined),
    reason: 'RegistryNotFound',
    says: /ops\/nope does not exist/,
  },
  {
    name: 'a namespace whose registries are not read',
    user: grpcService('shop', { name: 'own' }),
    scope: scope(registry()),
    reason: 'RegistryNamespaceNotWatched',
    says: /--registry-namespaces/,
  },
  {
    name: 'Same, from another namespace',
    user: grpcService('shop'),
    scope: scope(registry()),
    reason: 'NamespaceNotAllowed',
    says: /allowedNamespaces\.from to All/,
  },
  {
    name: 'Selector that does not match',
    user: grpcService('crm'),
    scope: scope(registry(shopOnly)),
    reason: 'NamespaceNotAllowed',
    says: /kubectl label namespace crm/,
  },
  {
    name: 'Selector where labels of namespaces cannot be read',
    user: grpcService('shop'),
    scope: { ...scope(registry(shopOnly)), namespaceLabels: null },
    reason: 'NamespaceNotAllowed',
    says: /--watch-namespaces.*allowedNamespaces\.from to All/,
  },
];
const grants: readonly { readonly name: string; readonly user: GrpcService; readonly registry: Registry }[] =
  [
    { name: 'Same, from its own namespace', user: grpcService('ops'), registry: registry() },
    { name: 'All', user: grpcService('crm'), registry: registry({ from: 'All' }) },
    { name: 'Selector that matches', user: grpcService('shop'), registry: registry(shopOnly) },
    { name: 'Selector, from its own namespace', user: grpcService('ops'), registry: registry(shopOnly) },
  ];

describe('lookUpRegistry', () => {
  for (const { name, user, scope: given, reason, says } of refusals) {
    it(`refuses ${name}, and says what to do`, () => {
      const lookup = lookUpRegistry(user, given);
      assert.ok(!lookup.ok);
      assert.equal(lookup.reason, reason);
      assert.match(lookup.message, says);
    });
  }
  for (const { name, user, registry: found } of grants) {
    it(`grants ${name}`, () => assert.equal(lookUpRegistry(user, scope(found)).ok, true));
  }
});
