import assert from 'node:assert/strict';
import { assignment, cluster } from '../../support/xds/resources.ts';
import { namesOf, type Response } from '../../support/xds/stream.ts';
import type { Rule } from './rule.ts';

const a = assignment('a', '10.0.0.1:1');
const b = assignment('b', '10.0.1.1:1');

/** What the incremental protocol alone demands. */
export const deltaRules: readonly Rule[] = (
  [
    {
      name: 'tells the name and the version of each resource, and a version of all',
      run: async (trial) => {
        await trial.set(a);
        const eds = trial.open('endpoints');
        eds.subscribe(['a']);
        const { version, resources } = await eds.accept();
        assert.notEqual(version, '');
        const [envelope] = resources.map((resource) => resource.envelope);
        assert.equal(envelope?.name, 'a');
        assert.notEqual(envelope.version, '');
      },
    },
    {
      name: 'sends a new stream nothing that it has in the same version',
      run: async (trial) => {
        await trial.set(a, b);
        const before = trial.open('endpoints');
        before.subscribe(['a', 'b']);
        const versions = versionsOf(await before.accept());
        before.stream.close();
        const eds = trial.open('endpoints');
        eds.subscribe(['a', 'b'], { initialResourceVersions: { ...versions, b: 'another' } });
        const { resources, removed } = await eds.accept();
        assert.deepEqual(namesOf(resources), ['b']);
        assert.deepEqual(removed, []);
      },
    },
    {
      name: 'tells a new stream which of its resources exist no more',
      run: async (trial) => {
        await trial.set(a);
        const eds = trial.open('endpoints');
        eds.subscribe(['a', 'gone'], { initialResourceVersions: { gone: '1' } });
        const { resources, removed } = await eds.accept();
        assert.deepEqual(namesOf(resources), ['a']);
        assert.deepEqual(removed, ['gone']);
      },
    },
    {
      name: 'tells a new stream with "*" which of its resources exist no more',
      run: async (trial) => {
        await trial.set(cluster('a'));
        const cds = trial.open('cluster');
        cds.subscribe(['*'], { initialResourceVersions: { gone: '1' } });
        assert.deepEqual((await cds.accept()).removed, ['gone']);
      },
    },
    {
      name: 'honours a subscription whose nonce is not the last one',
      run: async (trial) => {
        await trial.set(a, b);
        const eds = trial.open('endpoints');
        eds.subscribe(['a']);
        const { nonce } = await eds.accept();
        await trial.set(assignment('a', '10.0.0.2:1'));
        const second = await eds.next();
        eds.subscribe(['b'], { responseNonce: nonce });
        eds.ack(second);
        assert.ok(namesOf((await eds.accept()).resources).includes('b'));
      },
    },
    {
      name: 'sends a resource again that is subscribed to again: the client may have forgotten it',
      run: async (trial) => {
        await trial.set(a);
        const eds = trial.open('endpoints');
        eds.subscribe(['a']);
        await eds.accept();
        eds.subscribe(['a']);
        assert.deepEqual(namesOf((await eds.accept()).resources), ['a']);
      },
    },
    {
      name: 'answers a name that does not exist as removed, and with the resource when it comes to exist',
      run: async (trial) => {
        const eds = trial.open('endpoints');
        eds.subscribe(['a']);
        assert.deepEqual((await eds.accept()).removed, ['a']);
        await trial.set(a);
        assert.deepEqual(namesOf((await eds.accept()).resources), ['a']);
      },
    },
    {
      name: 'does not answer an unsubscription, nor one from what was never subscribed to',
      run: async (trial) => {
        await trial.set(a);
        const eds = trial.open('endpoints');
        eds.subscribe(['a']);
        await eds.accept();
        eds.unsubscribe(['a']);
        eds.unsubscribe(['never']);
        await eds.quiet();
      },
    },
    {
      name: 'tells a removal, and the resource when it is back',
      run: async (trial) => {
        await trial.set(cluster('a'), cluster('b'));
        const cds = trial.open('cluster');
        cds.subscribe(['*']);
        await cds.accept();
        await trial.remove(['cluster', 'a']);
        const { resources, removed } = await cds.accept();
        assert.deepEqual(namesOf(resources), []);
        assert.deepEqual(removed, ['a']);
        await trial.set(cluster('a'));
        assert.deepEqual(namesOf((await cds.accept()).resources), ['a']);
      },
    },
    {
      name: 'sends of all clusters the one that has changed',
      run: async (trial) => {
        await trial.set(cluster('a'), cluster('b'));
        const cds = trial.open('cluster');
        cds.subscribe(['*']);
        await cds.accept();
        await trial.set(cluster('a', 9));
        assert.deepEqual(namesOf((await cds.accept()).resources), ['a']);
      },
    },
    {
      name: 'answers the first request for "*" when there is nothing, too',
      run: async (trial) => {
        const cds = trial.open('cluster');
        cds.subscribe(['*']);
        const { resources, removed } = await cds.accept();
        assert.deepEqual(namesOf(resources), []);
        assert.deepEqual(removed, []);
      },
    },
    {
      name: 'does not end the wildcard with a name',
      run: async (trial) => {
        await trial.set(cluster('a'), cluster('b'));
        const cds = trial.open('cluster');
        cds.subscribe([]);
        await cds.accept();
        cds.subscribe(['c']);
        await trial.set(cluster('b', 9));
        const seen = [...(await cds.accept()).resources];
        if (seen.length === 0) seen.push(...(await cds.accept()).resources);
        assert.deepEqual(namesOf(seen), ['b']);
      },
    },
    {
      name: 'ends the wildcard with an unsubscription from "*"',
      run: async (trial) => {
        await trial.set(cluster('a'), cluster('b'));
        const cds = trial.open('cluster');
        cds.subscribe(['*']);
        await cds.accept();
        cds.unsubscribe(['*']);
        await cds.settle();
        await trial.set(cluster('c'));
        const heard = await cds.settle();
        assert.deepEqual(
          heard.flatMap(({ resources }) => namesOf(resources)),
          [],
        );
      },
    },
    {
      name: 'answers an unsubscription from a name that the wildcard still covers, with the resource',
      run: async (trial) => {
        await trial.set(cluster('a'), cluster('b'));
        const cds = trial.open('cluster');
        cds.subscribe(['*', 'a']);
        await cds.accept();
        cds.unsubscribe(['a']);
        assert.deepEqual(namesOf((await cds.accept()).resources), ['a']);
      },
    },
    {
      name: 'answers an unsubscription from a missing name under the wildcard as removed',
      run: async (trial) => {
        await trial.set(cluster('a'));
        const cds = trial.open('cluster');
        cds.subscribe(['*', 'gone']);
        await cds.accept();
        cds.unsubscribe(['gone']);
        assert.deepEqual((await cds.accept()).removed, ['gone']);
      },
    },
  ] satisfies readonly Rule[]
).map((rule) => ({ ...rule, protocol: 'delta' }));

function versionsOf({ resources }: Response): Readonly<Record<string, string>> {
  return Object.fromEntries(
    resources.flatMap(({ envelope }) => (envelope ? [[envelope.name, envelope.version]] : [])),
  );
}
