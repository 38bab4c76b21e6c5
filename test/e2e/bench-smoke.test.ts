import assert from 'node:assert/strict';
import { join } from 'node:path';
import { ourLiveSide, type LiveWorld } from '../../bench/churn/side.ts';
import { apiWrites } from '../../bench/world/api-writes.ts';
import { fleet, member } from '../../bench/world/fleet.ts';
import { Progress } from '../../local/lib/progress.ts';
import { checkout } from '../support/manifests.ts';

/** The counts of `npm run bench`, in small: times mean nothing while other tests run. */
describe('the writes that benchmarks count', function () {
  this.timeout(120_000);
  const members = fleet(300, 1);
  let world: LiveWorld;

  before(async () => {
    process.env.ROLLCALL_BENCH_PROGRAM = join(checkout, 'src/main.ts');
    const progress = new Progress({ live: false, write: () => undefined });
    const options = { quick: true, profile: undefined, progress };
    const side = await ourLiveSide('rollcall', members, { pollInterval: '100ms' }, options);
    world = await side.start();
  });

  after(async () => {
    delete process.env.ROLLCALL_BENCH_PROGRAM;
    await world.dispose();
  });

  it('are none while nothing changes', async () => {
    const before = await apiWrites(world.apiServer);
    world.watch.resetWrites();
    // Twenty looks at the registry, and a part of the audit.
    world.watch.restartQuiet();
    await world.watch.quiet(2000);
    const { slices, services } = await apiWrites(world.apiServer);
    assert.deepEqual({ slices, services }, { slices: before.slices, services: before.services });
    assert.equal(world.watch.totalWrites, 0);
  });

  it('are one for each slice that holds a replaced endpoint', async () => {
    const { watch } = world;
    for (let step = 0; step < 3; step++) {
      const gone = members.filter((_, index) => index % 100 < 2 && index % 3 === step);
      const come = gone.map(({ service }, index) => member(service, 1000 + 100 * step + index));
      const fewest = watch.holding(gone.map(({ address }) => address)).size;
      watch.resetWrites();
      await world.replace(gone, come);
      await watch.until('the step', () => come.every(({ address }) => watch.has(address)));
      await watch.quiet(300);
      assert.ok(!gone.some(({ address }) => watch.has(address)), 'what was replaced is gone');
      assert.equal(watch.totalWrites, fewest);
    }
  });
});
