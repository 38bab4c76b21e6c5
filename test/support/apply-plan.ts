import assert from 'node:assert/strict';
import { isIPv4, isIPv6 } from 'node:net';
import type { EndpointSlice } from '../../src/model/kube-objects.ts';
import type { SlicePlan } from '../../src/slices/slice-plan.ts';

/**
 * Carries a plan out as an API server would: creates, then updates, then deletes, each refused unless names are free, versions
 * are current and the object is valid. Calls back with what is stored after each single write. Answers what is stored then.
 */
export function applyPlan(
  current: readonly EndpointSlice[],
  plan: SlicePlan,
  onWrite: (stored: readonly EndpointSlice[]) => void = () => undefined,
): readonly EndpointSlice[] {
  const stored = new Map(current.map((slice) => [slice.metadata.name, slice]));
  let version = Math.max(0, ...current.map(({ metadata }) => Number(metadata.resourceVersion)));
  const store = (slice: EndpointSlice, uid: string): void => {
    validate(slice);
    version += 1;
    const metadata = { ...slice.metadata, uid, resourceVersion: String(version) };
    // Go's JSON has null where the list is empty.
    const endpoints = slice.endpoints?.length === 0 ? null : slice.endpoints;
    stored.set(slice.metadata.name, { ...slice, metadata, endpoints });
    onWrite([...stored.values()]);
  };
  for (const slice of plan.create) {
    assert.ok(!stored.has(slice.metadata.name), `AlreadyExists: ${slice.metadata.name}`);
    assert.equal(slice.metadata.resourceVersion, undefined);
    store(slice, `uid-of-${slice.metadata.name}-${version}`);
  }
  for (const slice of plan.update) {
    const old = guarded(stored, slice);
    assert.equal(slice.addressType, old.addressType, 'addressType is immutable');
    store(slice, old.metadata.uid ?? '');
  }
  for (const slice of plan.delete) {
    guarded(stored, slice);
    stored.delete(slice.metadata.name);
    onWrite([...stored.values()]);
  }
  return [...stored.values()];
}

/** The stored object, when the write names its version; 409 otherwise. */
function guarded(stored: ReadonlyMap<string, EndpointSlice>, { metadata }: EndpointSlice): EndpointSlice {
  const old = stored.get(metadata.name);
  assert.ok(old !== undefined, `NotFound: ${metadata.name}`);
  assert.deepEqual(
    [metadata.uid, metadata.resourceVersion],
    [old.metadata.uid, old.metadata.resourceVersion],
    `Conflict: ${metadata.name}`,
  );
  return old;
}

function validate(slice: EndpointSlice): void {
  assert.match(slice.metadata.name, /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/);
  const addresses = (slice.endpoints ?? []).flatMap((endpoint) => [...endpoint.addresses]);
  assert.ok(addresses.length <= 1000, 'at most 1000 endpoints');
  const isOfFamily = slice.addressType === 'IPv4' ? isIPv4 : isIPv6;
  assert.ok(addresses.every(isOfFamily), `${slice.addressType} addresses only`);
}
