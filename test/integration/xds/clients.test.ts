import assert from 'node:assert/strict';
import { waitFor } from '../../../local/lib/wait.ts';
import { clientComponents, xdsClientKinds, startClient } from '../../../local/peers/clients.ts';
import { startGreeter, type Greeter } from '../../../local/peers/greeter.ts';
import { writeXdsBootstrap } from '../../../local/peers/xds-bootstrap.ts';
import { startXdsReference, type XdsReference } from '../../../local/servers/xds-reference.ts';
import { service } from '../../support/xds/resources.ts';
import { freshAddress, needs } from '../../support/testbed/index.ts';

/** The peers themselves, before any server of ours is judged by them. */
describe('a client on xds:///, unmodified, and go-control-plane', function () {
  this.timeout(60_000);
  const greeters: Greeter[] = [];
  let reference: XdsReference | undefined;

  before(async function () {
    needs(this, 'xdsReference');
    reference = await startXdsReference({ address: freshAddress(), cache: 'linear' });
    for (const id of ['one', 'two', 'three'])
      greeters.push(await startGreeter({ id, address: freshAddress(), port: 50051 + greeters.length }));
  });

  after(async () => {
    await Promise.all(greeters.map((greeter) => greeter.stop()));
    await reference?.dispose();
  });

  for (const kind of xdsClientKinds) {
    it(`${kind}: calls all servers of the assignment, each at its own port, and a new one at once`, async function () {
      needs(this, ...clientComponents[kind]);
      assert.ok(reference);
      const name = `greeter.${kind}`;
      const [one, two, three] = greeters.map(({ target }) => target);
      await reference.apply(service(name, one ?? '', two ?? ''));
      const client = startClient(kind, {
        target: `xds:///${name}`,
        rate: 50,
        xdsBootstrap: writeXdsBootstrap({ servers: [reference.target], nodeId: `${kind}.test` }),
      });
      try {
        const seen = () => [...new Set(client.results.flatMap(({ server }) => server ?? []))].sort();
        await waitFor('both servers', () => seen().length === 2);
        assert.deepEqual(seen(), ['one', 'two']);
        const told = Date.now();
        await reference.apply([service(name, one ?? '', two ?? '', three ?? '')[3] ?? assert.fail()]);
        await waitFor('the new server', () => seen().length === 3);
        const first = client.results.find(({ server }) => server === 'three');
        assert.ok(Date.parse(first?.at ?? '') - told < 5000);
        assert.deepEqual(
          client.results.filter(({ ok }) => !ok),
          [],
        );
      } finally {
        await client.stop();
      }
    });
  }
});
