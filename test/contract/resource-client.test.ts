import type { GrpcService } from '../../src/model/grpcservice.ts';
import type { EndpointSlice } from '../../src/model/kube-objects.ts';
import { FakeResourceClient } from '../support/fake-resource-client.ts';
import { resourceClientContract } from './resource-client.ts';

resourceClientContract('an API server in memory', () =>
  Promise.resolve({
    namespace: 'shop',
    otherNamespace: 'other',
    slices: new FakeResourceClient<EndpointSlice>(),
    grpcServices: new FakeResourceClient<GrpcService>(),
    close: () => Promise.resolve(),
  }),
);
