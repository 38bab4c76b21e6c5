import assert from 'node:assert/strict';
import { decodeResource, makeResource } from '../../../../src/xds/codec/resources.ts';
import { TYPE } from '../../../../src/xds/resource.ts';
import { witness } from '../../../support/xds/witness.ts';

const assignment = witness('envoy.config.endpoint.v3.ClusterLoadAssignment');

describe('making resources', () => {
  it('encodes an assignment as another library reads it', () => {
    const message = {
      clusterName: 'orders.shop',
      endpoints: [
        {
          locality: { region: 'r', zone: 'z' },
          loadBalancingWeight: { value: 200 },
          priority: 1,
          lbEndpoints: [
            {
              endpoint: { address: { socketAddress: { address: '10.0.0.1', portValue: 50051 } } },
              healthStatus: 'DRAINING',
            },
            { endpoint: { address: { socketAddress: { address: 'fd00::1', portValue: 1 } } } },
          ],
        },
      ],
    } as const;
    const { body } = makeResource(TYPE.endpoints, 'orders.shop', message);
    assert.deepEqual(JSON.parse(JSON.stringify(assignment.deserialize(Buffer.from(body)))), message);
    assert.deepEqual(decodeResource(TYPE.endpoints, body), message);
  });
});
