import assert from 'node:assert/strict';
import { assignment, cluster } from '../../support/xds/resources.ts';
import { namesOf } from '../../support/xds/stream.ts';
import type { Rule } from './rule.ts';

const a = assignment('a', '10.0.0.1:1');
const b = assignment('b', '10.0.1.1:1');

/** What the state of the world alone demands. */
export const sotwRules: readonly Rule[] = (
  [
    {
      name: 'repeats all clusters of a subscription when one has changed: what is missing is taken for deleted',
      run: async (trial) => {
        await trial.set(cluster('a'), cluster('b'));
        const cds = trial.open('cluster');
        cds.subscribe(['a', 'b']);
        await cds.accept();
        await trial.set(cluster('a', 9));
        assert.deepEqual(namesOf((await cds.accept()).resources), ['a', 'b']);
      },
    },
    {
      name: 'deletes a cluster by a response without it, and the last one by an empty response',
      run: async (trial) => {
        await trial.set(cluster('a'), cluster('b'));
        const cds = trial.open('cluster');
        cds.subscribe(['*']);
        await cds.accept();
        await trial.remove(['cluster', 'a']);
        assert.deepEqual(namesOf((await cds.accept()).resources), ['b']);
        await trial.remove(['cluster', 'b']);
        assert.deepEqual(namesOf((await cds.accept()).resources), []);
      },
    },
    {
      name: 'ignores a request that answers an older response',
      run: async (trial) => {
        await trial.set(a);
        const eds = trial.open('endpoints');
        eds.subscribe(['a']);
        const first = await eds.accept();
        await trial.set(assignment('a', '10.0.0.2:1'));
        const second = await eds.next();
        await trial.set(b);
        eds.subscribe(['b'], { responseNonce: first.nonce });
        await eds.quiet();
        eds.ack(second);
        assert.ok(namesOf((await eds.accept()).resources).includes('b'));
      },
    },
    {
      name: 'answers a new stream in full, though it brings the version and the nonce of an earlier one',
      run: async (trial) => {
        await trial.set(a);
        const before = trial.open('endpoints');
        before.subscribe(['a']);
        const { version, nonce } = await before.accept();
        before.stream.close();
        const eds = trial.open('endpoints');
        eds.subscribe(['a'], { versionInfo: version, responseNonce: nonce });
        assert.deepEqual(namesOf((await eds.accept()).resources), ['a']);
      },
    },
    {
      name: 'takes a request without a name, after one with names, for the end of the subscription',
      run: async (trial) => {
        await trial.set(cluster('a'));
        const cds = trial.open('cluster');
        cds.subscribe(['a']);
        await cds.accept();
        cds.unsubscribe(['a']);
        // Whether it tells that nothing is left of the subscription is its own affair.
        await cds.settle();
        await trial.set(cluster('a', 9), cluster('b'));
        const heard = await cds.settle();
        assert.deepEqual(
          heard.flatMap(({ resources }) => namesOf(resources)),
          [],
        );
      },
    },
    {
      name: 'ends the wildcard of a first request without a name with the first name',
      run: async (trial) => {
        await trial.set(cluster('a'), cluster('b'));
        const cds = trial.open('cluster');
        cds.subscribe([]);
        await cds.accept();
        cds.subscribe(['a']);
        // Whether it answers what has become less is its own affair.
        await cds.settle();
        await trial.set(cluster('a', 9));
        assert.deepEqual(namesOf((await cds.accept()).resources), ['a']);
      },
    },
    {
      name: 'sends everything for a name beside "*"',
      run: async (trial) => {
        await trial.set(cluster('a'), cluster('b'));
        const cds = trial.open('cluster');
        cds.subscribe(['*', 'a']);
        assert.deepEqual(namesOf((await cds.accept()).resources), ['a', 'b']);
      },
    },
  ] satisfies readonly Rule[]
).map((rule) => ({ ...rule, protocol: 'sotw' }));
