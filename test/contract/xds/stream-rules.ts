import assert from 'node:assert/strict';
import { assignment } from '../../support/xds/resources.ts';
import { namesOf } from '../../support/xds/stream.ts';
import { testNode } from '../../support/xds/subscription.ts';
import type { Rule } from './rule.ts';

const invalidArgument = 3;
const internal = 13;
const unavailable = 14;

/** Who may ask, and for what. */
export const streamRules: readonly Rule[] = [
  {
    name: 'refuses a stream with UNAVAILABLE before it knows what there is',
    before: 'ready',
    run: async (trial) => {
      const eds = trial.open('endpoints');
      eds.subscribe(['a']);
      assert.equal((await eds.stream.ended()).code, unavailable);
    },
  },
  {
    name: 'refuses a client that does not say who it is with INVALID_ARGUMENT',
    run: async (trial) => {
      const eds = trial.open('endpoints', { node: {} });
      eds.subscribe(['a']);
      assert.equal((await eds.stream.ended()).code, invalidArgument);
    },
  },
  {
    name: 'knows the node of the first request in the later ones, and does not mind another',
    run: async (trial) => {
      const eds = trial.open('endpoints');
      await trial.set(assignment('a'));
      eds.subscribe(['a']);
      await eds.accept();
      await trial.set(assignment('b'));
      eds.subscribe(['b']);
      assert.ok(namesOf((await eds.accept()).resources).includes('b'));
      await trial.set(assignment('c'));
      eds.subscribe(['c'], { node: { ...testNode, id: 'other.test' } });
      assert.ok(namesOf((await eds.accept()).resources).includes('c'));
    },
  },
  {
    name: 'refuses a request without a type with INVALID_ARGUMENT',
    service: 'ads',
    run: async (trial) => {
      const stream = trial.stream('endpoints');
      stream.send({ node: testNode });
      assert.equal((await stream.ended()).code, invalidArgument);
    },
  },
  {
    name: 'knows the type from the method',
    service: 'own',
    run: async (trial) => {
      await trial.set(assignment('a'));
      const eds = trial.open('endpoints');
      eds.subscribe(['a'], { typeUrl: '' });
      assert.deepEqual(namesOf((await eds.accept()).resources), ['a']);
    },
  },
  {
    name: 'refuses another type than that of the method with INVALID_ARGUMENT',
    service: 'own',
    run: async (trial) => {
      const stream = trial.stream('endpoints');
      trial.open('cluster', { on: stream }).subscribe(['a']);
      assert.equal((await stream.ended()).code, invalidArgument);
    },
  },
  {
    name: 'answers other types after one that it does not know',
    service: 'ads',
    run: async (trial) => {
      await trial.set(assignment('a'));
      const stream = trial.stream('endpoints');
      stream.send({ node: testNode, typeUrl: 'type.googleapis.com/envoy.service.runtime.v3.Runtime' });
      const eds = trial.open('endpoints', { on: stream });
      eds.subscribe(['a']);
      assert.deepEqual(namesOf((await eds.accept()).resources), ['a']);
    },
  },
  {
    name: 'ends a stream that speaks garbage, and no other',
    run: async (trial) => {
      await trial.set(assignment('a'));
      const eds = trial.open('endpoints');
      eds.subscribe(['a']);
      await eds.accept();
      const other = trial.stream('endpoints');
      other.sendBytes(Buffer.from('ffffffffffffffff', 'hex'));
      const { code } = await other.ended();
      assert.ok([invalidArgument, internal].includes(code), `${code}`);
      await trial.set(assignment('b'));
      eds.subscribe(['b']);
      assert.ok(namesOf((await eds.accept()).resources).includes('b'));
    },
  },
  {
    name: 'gives every response of a stream a nonce of its own',
    run: async (trial) => {
      const eds = trial.open('endpoints');
      const nonces = new Set<string>();
      for (let port = 1; port <= 3; port += 1) {
        await trial.set(assignment('a', `10.0.0.1:${port}`));
        if (port === 1) eds.subscribe(['a']);
        nonces.add((await eds.accept()).nonce);
      }
      assert.equal(nonces.size, 3);
      assert.ok(!nonces.has(''));
    },
  },
];
