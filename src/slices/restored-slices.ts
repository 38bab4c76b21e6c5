import type { Endpoint } from '../desired/endpoint.ts';
import type { EndpointSlice } from '../model/kube-objects.ts';
import { LABEL_SERVICE_NAME } from '../model/names.ts';

/**
 * Slices that somebody deleted, to be made again as they were published last: for a time in which nothing newer can be read, so that no
 * address is lost by it. Only what two witnesses agree on comes back: an endpoint that was in the deleted slice, and that the last read of
 * the registry asks for (`desired`); and none that another slice holds. Empty slices are left out.
 */
export function restoredSlices(
  deleted: readonly EndpointSlice[],
  current: readonly EndpointSlice[],
  desired: readonly Endpoint[],
  serviceName: string,
): readonly EndpointSlice[] {
  const wanted = new Set(desired.map(({ address }) => address));
  for (const { endpoints } of current) {
    for (const { addresses } of endpoints ?? []) for (const address of addresses) wanted.delete(address);
  }
  return deleted
    .filter(({ metadata }) => metadata.labels?.[LABEL_SERVICE_NAME] === serviceName)
    .map((slice) => asNew(slice, wanted))
    .filter(({ endpoints }) => (endpoints ?? []).length > 0);
}

/** Without what the API server gives an object: it is another one. */
function asNew(slice: EndpointSlice, wanted: ReadonlySet<string>): EndpointSlice {
  const { name, namespace, labels, annotations, ownerReferences } = slice.metadata;
  return {
    ...slice,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
    },
    endpoints: (slice.endpoints ?? []).filter(({ addresses }) =>
      addresses.every((address) => wanted.has(address)),
    ),
  };
}
