import { startXdsReference } from '../../../local/servers/xds-reference.ts';
import { xdsConformance, type KnownFaults } from '../../contract/xds-conformance.ts';
import { freshAddress, needs } from '../../support/testbed/index.ts';

/**
 * What go-control-plane 0.14 gets wrong with one snapshot for all nodes in ADS mode: among it, it withholds an answer while it has more than was asked for,
 * repeats what was refused without end, and waits for no acknowledgement.
 */
const snapshotFaults: KnownFaults = {
  'refuses a stream with UNAVAILABLE before it knows what there is': 'all',
  'refuses a client that does not say who it is with INVALID_ARGUMENT': 'all',
  'repeats nothing that was refused': ['sotw ads', 'sotw own'],
  'answers with what was asked for while there is more': ['sotw ads', 'sotw own'],
  'says nothing of what was unsubscribed, not even when nothing else is left': ['sotw ads', 'sotw own'],
  'sends of two assignments the one that has changed, and not the other': ['sotw ads', 'sotw own'],
  'sends everything for "*", and what comes to exist later': ['sotw ads', 'sotw own'],
  'does not take a first request without a name for "*", of a gRPC client': 'all',
  'deletes a cluster by a response without it, and the last one by an empty response': [
    'sotw ads',
    'sotw own',
  ],
  'takes a request without a name, after one with names, for the end of the subscription': [
    'sotw ads',
    'sotw own',
  ],
  'ends the wildcard of a first request without a name with the first name': ['sotw ads', 'sotw own'],
  'sends everything for a name beside "*"': ['sotw ads', 'sotw own'],
  'sends a route after its new cluster and the endpoints of it were acknowledged': ['sotw ads', 'delta ads'],
  'keeps a route when the endpoints of its new cluster are refused': ['sotw ads', 'delta ads'],
  'takes a cluster away after the route that no longer needs it was acknowledged': ['sotw ads', 'delta ads'],
  'sends the endpoints of a cluster again that has changed: Envoy warms it anew': ['sotw ads', 'delta ads'],
  'sends the endpoints of a cluster again that was gone and is back': ['sotw ads', 'delta ads'],
  'refuses another type than that of the method with INVALID_ARGUMENT': ['sotw own', 'delta own'],
  'does not take a first request without a name for "*", of endpoints': 'all',
  'sends a resource again that is subscribed to again: the client may have forgotten it': [
    'delta ads',
    'delta own',
  ],
  'answers a name that does not exist as removed, and with the resource when it comes to exist': [
    'delta ads',
    'delta own',
  ],
};

/** The same with a linear cache for each type. */
const linearFaults: KnownFaults = {
  'refuses a stream with UNAVAILABLE before it knows what there is': 'all',
  'refuses a client that does not say who it is with INVALID_ARGUMENT': 'all',
  'answers other types after one that it does not know': ['sotw ads', 'delta ads'],
  'repeats nothing that was refused': ['sotw ads', 'sotw own'],
  'does not take a first request without a name for "*", of endpoints': 'all',
  'does not take a first request without a name for "*", of a gRPC client': 'all',
  'sends a route after its new cluster and the endpoints of it were acknowledged': ['sotw ads', 'delta ads'],
  'keeps a route when the endpoints of its new cluster are refused': ['sotw ads', 'delta ads'],
  'takes a cluster away after the route that no longer needs it was acknowledged': ['sotw ads', 'delta ads'],
  'sends the endpoints of a cluster again that has changed: Envoy warms it anew': ['sotw ads', 'delta ads'],
  'sends the endpoints of a cluster again that was gone and is back': ['sotw ads', 'delta ads'],
  'refuses another type than that of the method with INVALID_ARGUMENT': ['sotw own', 'delta own'],
  'sends a resource again that is subscribed to again: the client may have forgotten it': [
    'delta ads',
    'delta own',
  ],
  'answers a name that does not exist as removed, and with the resource when it comes to exist': [
    'delta ads',
    'delta own',
  ],
};

describe('the conformance suite can fail', () => {
  before(function () {
    needs(this, 'xdsReference');
  });

  for (const [cache, faults] of [
    ['snapshot', snapshotFaults],
    ['linear', linearFaults],
  ] as const) {
    const make = async () => {
      const reference = await startXdsReference({ address: freshAddress(), cache });
      return { target: reference.target, apply: reference.apply, close: () => reference.dispose() };
    };
    xdsConformance(`go-control-plane, its ${cache} cache`, make, faults);
  }
});
