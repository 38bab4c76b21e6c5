import assert from 'node:assert/strict';
import { assignment, cluster, listener, route } from '../../support/xds/resources.ts';
import { namesOf, type XdsStream } from '../../support/xds/stream.ts';
import type { Subscription } from '../../support/xds/subscription.ts';
import type { Rule, Trial } from './rule.ts';

const oldCluster = [cluster('old'), assignment('old', '10.0.0.1:1')];
const newCluster = [cluster('new'), assignment('new', '10.0.0.2:1')];

/** Make before break, on one stream of all types. */
export const orderRules: readonly Rule[] = (
  [
    {
      name: 'sends a route after its new cluster and the endpoints of it were acknowledged',
      run: async (trial) => {
        const { cds, eds, rds } = await withOldRoute(trial);
        await trial.set(...newCluster, route('r', 'new'));
        const clusters = await cds.next();
        assert.ok(namesOf(clusters.resources).includes('new'));
        await rds.quiet();
        eds.subscribe(['new']);
        cds.ack(clusters);
        const endpoints = await eds.next();
        assert.ok(namesOf(endpoints.resources).includes('new'));
        await rds.quiet();
        eds.ack(endpoints);
        assert.deepEqual(namesOf((await rds.accept()).resources), ['r']);
      },
    },
    {
      name: 'keeps a route when the endpoints of its new cluster are refused',
      run: async (trial) => {
        const { cds, eds, rds } = await withOldRoute(trial);
        await trial.set(...newCluster, route('r', 'new'));
        const clusters = await cds.next();
        eds.subscribe(['new']);
        cds.ack(clusters);
        eds.nack(await eds.next());
        await rds.quiet();
      },
    },
    {
      name: 'takes a cluster away after the route that no longer needs it was acknowledged',
      run: async (trial) => {
        const { cds, eds, rds } = await withOldRoute(trial);
        await trial.change(
          [...newCluster, route('r', 'new')],
          [
            ['cluster', 'old'],
            ['endpoints', 'old'],
          ],
        );
        const clusters = await cds.next();
        assert.deepEqual(clusters.removed, []);
        if (!trial.delta) assert.deepEqual(namesOf(clusters.resources), ['new', 'old']);
        eds.subscribe(['new']);
        cds.ack(clusters);
        assert.ok(!(await eds.accept()).removed.includes('old'));
        const routes = await rds.next();
        await cds.quiet();
        rds.ack(routes);
        const last = await cds.accept();
        assert.deepEqual(
          trial.delta ? last.removed : namesOf(last.resources),
          trial.delta ? ['old'] : ['new'],
        );
      },
    },
    {
      name: 'sends the endpoints of a cluster again that has changed: Envoy warms it anew',
      run: async (trial) => {
        const { cds, eds } = await withOldRoute(trial);
        await trial.set(cluster('old', 9));
        await cds.accept();
        assert.ok(namesOf((await eds.accept()).resources).includes('old'));
      },
    },
    {
      name: 'sends the endpoints of a cluster again that was gone and is back',
      run: async (trial) => {
        await trial.set(...oldCluster);
        const stream = trial.stream('cluster');
        const [cds, eds] = [trial.open('cluster', { on: stream }), trial.open('endpoints', { on: stream })];
        cds.subscribe(['*']);
        await cds.accept();
        eds.subscribe(['old']);
        await eds.accept();
        await trial.remove(['cluster', 'old']);
        await cds.accept();
        await trial.set(cluster('old'));
        assert.ok(namesOf((await cds.accept()).resources).includes('old'));
        assert.ok(namesOf((await eds.accept()).resources).includes('old'));
      },
    },
  ] satisfies readonly Rule[]
).map((rule) => ({ ...rule, service: 'ads' }));

interface Client {
  readonly stream: XdsStream;
  readonly cds: Subscription;
  readonly eds: Subscription;
  readonly rds: Subscription;
}

/** A client that has a listener, its route, the cluster of that and its endpoints. */
async function withOldRoute(trial: Trial): Promise<Client> {
  await trial.set(...oldCluster, route('r', 'old'), listener('l', 'r'));
  const stream = trial.stream('cluster');
  const on = { on: stream };
  const [cds, eds] = [trial.open('cluster', on), trial.open('endpoints', on)];
  const [lds, rds] = [trial.open('listener', on), trial.open('route', on)];
  cds.subscribe(['*']);
  await cds.accept();
  eds.subscribe(['old']);
  await eds.accept();
  lds.subscribe(['*']);
  await lds.accept();
  rds.subscribe(['r']);
  await rds.accept();
  return { stream, cds, eds, rds };
}
