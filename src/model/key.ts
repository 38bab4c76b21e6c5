/** `namespace/name` of a namespaced object: the key of caches and work queues. */
export type ObjectKey = `${string}/${string}`;

/** The key of an object; the namespace of a namespaced object is never missing. */
export function objectKey(object: {
  readonly metadata: { readonly namespace?: string; readonly name: string };
}): ObjectKey {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

/** The two parts of a key. */
export function splitKey(key: ObjectKey): { readonly namespace: string; readonly name: string } {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
