import assert from 'node:assert/strict';
import { waitFor } from '../../../local/lib/wait.ts';
import { startXdsLoad } from '../../../local/peers/xds-load.ts';
import { startXdsReference } from '../../../local/servers/xds-reference.ts';
import { freshAddress, needs } from '../../support/testbed/index.ts';

describe('the many xDS clients of the benchmark', function () {
  this.timeout(30_000);

  for (const cache of ['snapshot', 'linear'] as const) {
    it(`${cache}: tell when all of them had a version, after it was served`, async function () {
      needs(this, 'xdsReference');
      const reference = await startXdsReference({ address: freshAddress(), cache });
      await reference.setEndpoints('orders', 50, 1);
      const load = startXdsLoad({ target: reference.target, streams: 30, connections: 3, name: 'orders' });
      try {
        await waitFor('the first version', () => load.receipts.length === 1);
        const served = await reference.setEndpoints('orders', 50, 2);
        await waitFor('the second version', () => load.receipts.length === 2);
        const [first, second] = load.receipts;
        assert.ok(first && second);
        assert.notEqual(first.version, second.version);
        assert.equal(second.streams, 30);
        assert.ok(
          served < second.firstNs && second.firstNs <= second.medianNs && second.medianNs <= second.lastNs,
        );
        assert.ok(second.lastNs <= process.hrtime.bigint());
      } finally {
        assert.equal(await load.stop(), 0);
        await reference.dispose();
      }
    });
  }
});
