import { join } from 'node:path';
import { ApiResourceClient } from '../../../src/kube/resource-client.ts';
import { ENDPOINT_SLICES, GRPC_SERVICES } from '../../../src/kube/resources.ts';
import { resourceClientContract } from '../../contract/resource-client.ts';
import { testbed } from '../../support/testbed/index.ts';
import { tokenAccess, transport } from './bench.ts';

const crds = join(import.meta.dirname, '../../../crds');

describe('the contract of clients', function () {
  this.timeout(60_000);
  let benches = 0;

  before(async () => {
    const { kubectl } = await testbed.cluster();
    await kubectl(['apply', '--server-side', '--force-conflicts', '-f', crds]);
    await kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
  });

  resourceClientContract('kube-apiserver', async () => {
    const { apiServer, createNamespace } = await testbed.cluster();
    const { url, token, ca } = apiServer;
    const connection = transport({ access: tokenAccess(url, token, ca) });
    const namespace = `contract-${(benches += 1)}`;
    const otherNamespace = `${namespace}-other`;
    await Promise.all([namespace, otherNamespace].map((name) => createNamespace(name)));
    return {
      ...{ namespace, otherNamespace },
      slices: new ApiResourceClient(connection, ENDPOINT_SLICES),
      grpcServices: new ApiResourceClient(connection, GRPC_SERVICES),
      close: () => connection.close(),
    };
  });
});
