import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { assignment, cluster, listener } from '../../support/xds/resources.ts';
import { contentOf, namesOf } from '../../support/xds/stream.ts';
import type { Rule } from './rule.ts';

const a = assignment('a', '10.0.0.1:1');
const otherA = assignment('a', '10.0.0.2:1');
const b = assignment('b', '10.0.1.1:1');

/** What is answered and what is not, in both protocols. */
export const answerRules: readonly Rule[] = [
  {
    name: 'answers a subscription with the resource as it is',
    run: async (trial) => {
      await trial.set(a);
      const eds = trial.open('endpoints');
      eds.subscribe(['a']);
      const { typeUrl, version, nonce, resources } = await eds.accept();
      assert.equal(typeUrl, a.typeUrl);
      assert.notEqual(version, '');
      assert.notEqual(nonce, '');
      assert.deepEqual(resources.map(contentOf), [contentOf(a)]);
    },
  },
  {
    name: 'says nothing more once all is acknowledged',
    run: async (trial) => {
      await trial.set(a);
      const eds = trial.open('endpoints');
      eds.subscribe(['a']);
      await eds.accept();
      await eds.quiet();
    },
  },
  {
    name: 'sends another content at once, with another version',
    run: async (trial) => {
      await trial.set(a);
      const eds = trial.open('endpoints');
      eds.subscribe(['a']);
      const first = await eds.accept();
      await trial.set(otherA);
      const second = await eds.accept();
      assert.deepEqual(contentOf(second.resources[0]), contentOf(otherA));
      const [one, other] = [first, second].map(
        ({ resources, version }) => resources[0]?.envelope?.version ?? version,
      );
      assert.notEqual(one, other);
    },
  },
  {
    name: 'sends the newest of several changes, once the response before is acknowledged',
    run: async (trial) => {
      await trial.set(a);
      const eds = trial.open('endpoints');
      eds.subscribe(['a']);
      const first = await eds.next();
      await trial.set(assignment('a', '10.0.0.3:1'));
      await trial.set(assignment('a', '10.0.0.4:1'));
      await trial.set(otherA);
      await eds.quiet();
      eds.ack(first);
      const { resources } = await eds.accept();
      assert.deepEqual(contentOf(resources[0]), contentOf(otherA));
      await eds.quiet();
    },
  },
  {
    name: 'repeats nothing that was refused',
    run: async (trial) => {
      await trial.set(a);
      const eds = trial.open('endpoints');
      eds.subscribe(['a']);
      eds.nack(await eds.next());
      await eds.quiet();
    },
  },
  {
    name: 'sends what was refused again when it has changed',
    run: async (trial) => {
      await trial.set(a);
      const eds = trial.open('endpoints');
      eds.subscribe(['a']);
      const refused = await eds.next();
      eds.nack(refused);
      await trial.set(otherA);
      // One that repeats what was refused is judged by the rule before.
      let { resources } = refused;
      for (
        let more = 0;
        more < 1000 && !isDeepStrictEqual(resources.map(contentOf), [contentOf(otherA)]);
        more += 1
      ) {
        const next = await eds.next();
        ({ resources } = next);
        eds.nack(next);
      }
      assert.deepEqual(resources.map(contentOf), [contentOf(otherA)]);
    },
  },
  {
    name: 'honours a subscription that comes with a refusal',
    run: async (trial) => {
      await trial.set(a);
      const eds = trial.open('endpoints');
      eds.subscribe(['a']);
      const refused = await eds.next();
      await trial.set(b);
      eds.nack(refused, ['b']);
      const { resources } = await eds.accept();
      assert.ok(namesOf(resources).includes('b'));
    },
  },
  {
    name: 'answers with what there is of several names, and with the rest when that comes to exist',
    run: async (trial) => {
      await trial.set(a);
      const eds = trial.open('endpoints');
      eds.subscribe(['a', 'b']);
      assert.deepEqual(namesOf((await eds.accept()).resources), ['a']);
      await trial.set(b);
      assert.ok(namesOf((await eds.accept()).resources).includes('b'));
    },
  },
  {
    name: 'answers with what was asked for while there is more',
    run: async (trial) => {
      await trial.set(a, b);
      const eds = trial.open('endpoints');
      eds.subscribe(['a']);
      assert.deepEqual(namesOf((await eds.accept()).resources), ['a']);
    },
  },
  {
    name: 'answers names that are added, though nothing has changed',
    run: async (trial) => {
      await trial.set(a);
      const eds = trial.open('endpoints');
      eds.subscribe(['a']);
      await eds.accept();
      await trial.set(b);
      await eds.quiet();
      eds.subscribe(['b']);
      assert.ok(namesOf((await eds.accept()).resources).includes('b'));
    },
  },
  {
    name: 'sends a resource again that was unsubscribed and is subscribed to again',
    run: async (trial) => {
      await trial.set(a, b);
      const eds = trial.open('endpoints');
      eds.subscribe(['a', 'b']);
      await eds.accept();
      eds.unsubscribe(['a']);
      await eds.quiet();
      eds.subscribe(['a']);
      assert.ok(namesOf((await eds.accept()).resources).includes('a'));
    },
  },
  {
    name: 'says nothing of what was unsubscribed, not even when nothing else is left',
    run: async (trial) => {
      await trial.set(a);
      const eds = trial.open('endpoints');
      eds.subscribe(['a']);
      await eds.accept();
      eds.unsubscribe(['a']);
      await eds.settle();
      await trial.set(otherA);
      await eds.quiet();
    },
  },
  {
    name: 'sends of two assignments the one that has changed, and not the other',
    run: async (trial) => {
      await trial.set(a, b);
      const eds = trial.open('endpoints');
      eds.subscribe(['a', 'b']);
      await eds.accept();
      await trial.set(otherA);
      assert.deepEqual(namesOf((await eds.accept()).resources), ['a']);
    },
  },
  {
    name: 'sends an assignment that has become empty as such',
    run: async (trial) => {
      await trial.set(a);
      const eds = trial.open('endpoints');
      eds.subscribe(['a']);
      await eds.accept();
      await trial.set(assignment('a'));
      const { resources, removed } = await eds.accept();
      assert.deepEqual(removed, []);
      assert.deepEqual(contentOf(resources[0]), contentOf(assignment('a')));
    },
  },
  {
    name: 'sends a name once that was asked for twice',
    run: async (trial) => {
      await trial.set(a);
      const eds = trial.open('endpoints');
      const names = trial.delta ? { resourceNamesSubscribe: ['a', 'a'] } : { resourceNames: ['a', 'a'] };
      eds.subscribe(['a'], names);
      assert.deepEqual(namesOf((await eds.accept()).resources), ['a']);
    },
  },
  {
    name: 'sends everything for "*", and what comes to exist later',
    run: async (trial) => {
      await trial.set(cluster('a'), cluster('b'));
      const cds = trial.open('cluster');
      cds.subscribe(['*']);
      assert.deepEqual(namesOf((await cds.accept()).resources), ['a', 'b']);
      await trial.set(cluster('c'));
      assert.ok(namesOf((await cds.accept()).resources).includes('c'));
    },
  },
  ...(['cluster', 'listener'] as const).map(
    (type) =>
      ({
        name: `takes a first request without a name for "*", of type ${type}`,
        run: async (trial) => {
          const make = type === 'cluster' ? cluster : (name: string) => listener(name, name);
          await trial.set(make('a'), make('b'));
          const everything = trial.open(type);
          everything.subscribe([]);
          assert.deepEqual(namesOf((await everything.accept()).resources), ['a', 'b']);
        },
      }) satisfies Rule,
  ),
  {
    name: 'does not take a first request without a name for "*", of endpoints',
    run: async (trial) => {
      await trial.set(a);
      const eds = trial.open('endpoints');
      eds.subscribe([]);
      await eds.quiet();
    },
  },
  {
    name: 'does not take a first request without a name for "*", of a gRPC client',
    run: async (trial) => {
      await trial.set(cluster('a'));
      const node = { id: 'grpc.test', userAgentName: 'gRPC Go', userAgentVersion: '1.85.0' };
      const cds = trial.open('cluster', { node });
      cds.subscribe([]);
      await cds.quiet();
    },
  },
];
