import assert from 'node:assert/strict';
import { refusal } from '../../../../src/feeds/canal/refusal.ts';

const thrown = (what: string): string =>
  `something goes wrong with channel:[id: 0x1, /10.0.0.1:1 => /10.0.0.2:11111], exception=com.alibaba.otter.canal.${what}\n\tat com.alibaba.otter.canal.server.netty.handler.SessionHandler`;

const cases = [
  [400, thrown('server.exception.CanalServerException: ack error , clientId:1001 batchId:7 is not exist , please check'), 'batchGone', '400 ack error , clientId:1001 batchId:7 is not exist , please check'], // prettier-ignore
  [400, thrown('server.exception.CanalServerException: rollback error, clientId:1001 batchId:7 is not exist , please check'), 'batchGone', '400 rollback error, clientId:1001 batchId:7 is not exist , please check'], // prettier-ignore
  [400, thrown('meta.exception.CanalMetaManagerException: batchId:8 is not the firstly:7'), 'batchGone', '400 batchId:8 is not the firstly:7'], // prettier-ignore
  [400, thrown("server.exception.CanalServerException: clientId:1001 has last batch:[9] isn't ack , maybe loss data"), 'batchGone', "400 clientId:1001 has last batch:[9] isn't ack , maybe loss data"], // prettier-ignore
  [400, thrown('server.exception.CanalServerException: destination:registry should start first'), 'refused', '400 destination:registry should start first'], // prettier-ignore
  [400, thrown('server.exception.CanalServerException: ClientIdentity:ClientIdentity[destination=registry,clientId=1001] should subscribe first'), 'refused', '400 ClientIdentity:ClientIdentity[destination=registry,clientId=1001] should subscribe first'], // prettier-ignore
  [402, 'batchId should assign value', 'refused', '402 batchId should assign value'],
  [401, 'destination or clientId is null', 'refused', '401 destination or clientId is null'],
  [0, '', 'protocol', 'an acknowledgement that was not asked for'],
] as const;

describe('what a canal-server refuses unasked', () => {
  for (const [errorCode, errorMessage, kind, message] of cases) {
    it(`is ${kind} for "${message}"`, () => {
      const fault = refusal({ errorCode, errorMessage });
      assert.deepEqual([fault.kind, fault.message], [kind, message]);
    });
  }
});
