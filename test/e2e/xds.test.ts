import assert from 'node:assert/strict';
import { writeXdsBootstrap } from '../../local/peers/xds-bootstrap.ts';
import { addressRange } from '../../local/peers/greeter.ts';
import { Callers, failuresOf, presentKinds, serversOf } from './support/callers.ts';
import { GreeterService, type Home } from './support/greeter-service.ts';
import type { OperatorProcess } from './support/operator.ts';
import { World } from './support/world.ts';

describe('clients, unmodified, by xds:/// names', function () {
  this.timeout(150_000);
  let home: Home;
  let operator: OperatorProcess;

  before(async () => {
    const world = await World.create();
    const registry = await world.registry();
    home = { world, registry, namespace: await world.namespace('callers') };
    operator = await world.operator(registry);
  });
  after(() => home.world.dispose());

  it('reach every server, a new one at once, and one that drains no more, without a failed call', async () => {
    const [first, second, third] = addressRange('10.77.60.1', 3) as [string, string, string];
    const service = await GreeterService.start(home, 'greeter', [first, second]);
    const callers = new Callers({
      target: `xds:///greeter.${home.namespace}`,
      rate: 50,
      timeoutSeconds: 30,
      xdsBootstrap: writeXdsBootstrap({ servers: [operator.xdsServer], nodeId: 'caller.callers' }),
    });
    try {
      await callers.untilSeen([first, second]);
      const added = callers.mark();
      await service.add(third);
      await callers.untilSeen([third], added);
      await service.withdraw('DRAINING', first);
      await callers.untilMore(20);
      const drained = callers.mark();
      await callers.untilMore(30, drained);
      for (const kind of presentKinds) {
        assert.deepEqual(failuresOf(callers.results(kind)), [], kind);
        assert.deepEqual([...serversOf(callers.results(kind, drained))].sort(), [second, third], kind);
      }
    } finally {
      await callers.stop();
      service.close();
    }
  });
});
