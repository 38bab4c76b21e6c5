import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { StandingRefusal } from '../../../../src/xds/news/refusal-log.ts';
import { isTurn, type RefusalSummary, summarise } from '../../../../src/xds/news/replica-entry.ts';
import { TYPE } from '../../../../src/xds/resource.ts';

const standing = (change: Partial<StandingRefusal> = {}): StandingRefusal => ({
  stream: 1,
  node: 'web-1.shop',
  typeUrl: TYPE.cluster,
  resource: 'orders.shop',
  version: 'v1',
  reason: 'bad',
  ...change,
});

const summaryOf = (...refusals: readonly StandingRefusal[]): RefusalSummary => {
  const summary = summarise(refusals);
  assert.ok(summary !== null);
  return summary;
};

const anyRefusal = fc.record({
  stream: fc.nat(30),
  node: fc.constantFrom('a', 'b', 'c'),
  typeUrl: fc.constantFrom(TYPE.cluster, TYPE.route),
  resource: fc.constantFrom('orders.shop', 'users.shop'),
  version: fc.constantFrom('v1', 'v2'),
  reason: fc.constantFrom('bad', 'worse', 'long '.repeat(100), ''),
});

describe('what a replica says of its clients', () => {
  it('is nothing while nothing is refused', () => {
    assert.equal(summarise([]), null);
  });

  it('is one line for all clients that refuse the same for the same reason', () => {
    const { clients, refusals } = summaryOf(
      standing({ stream: 1, node: 'web-2.shop' }),
      standing({ stream: 2, node: 'web-1.shop' }),
      standing({ stream: 3, reason: 'worse' }),
    );
    assert.equal(clients, 3);
    assert.deepEqual(refusals, [
      {
        ...{ type: 'Cluster', resource: 'orders.shop', version: 'v1', reason: 'bad' },
        ...{ clients: 2, node: 'web-1.shop' },
      },
      {
        ...{ type: 'Cluster', resource: 'orders.shop', version: 'v1', reason: 'worse' },
        ...{ clients: 1, node: 'web-1.shop' },
      },
    ]);
  });

  it('has words of clients on one line, cut, and without what moves the cursor of a terminal', () => {
    const [refusal] = summaryOf(
      standing({ reason: ` a\n\tb\u001b ${'x'.repeat(500)}`, node: 'n'.repeat(4000) }),
    ).refusals;
    assert.match(refusal?.reason ?? '', /^a b x+…$/);
    assert.equal(refusal?.reason.length, 300);
    assert.equal(refusal.node.length, 253);
    assert.equal(summaryOf(standing({ reason: '' })).refusals[0]?.reason, 'no reason given');
  });

  it('is the same whatever the order of the refusals, has at most ten lines, and counts all clients', () => {
    fc.assert(
      fc.property(fc.array(anyRefusal, { minLength: 1, maxLength: 40 }), (refusals) => {
        const summary = summaryOf(...refusals);
        assert.deepEqual(summaryOf(...[...refusals].reverse()), summary);
        assert.ok(summary.refusals.length <= 10);
        assert.equal(summary.clients, new Set(refusals.map(({ stream }) => stream)).size);
      }),
    );
  });

  it('turns when another thing is refused or for another reason, not when one client more refuses the same', () => {
    const before = summaryOf(standing());
    assert.equal(isTurn(before, summaryOf(standing(), standing({ stream: 2, node: 'a' }))), false);
    assert.equal(isTurn(before, summaryOf(standing({ reason: 'worse' }))), true);
    assert.equal(isTurn(before, summaryOf(standing({ version: 'v2' }))), true);
    assert.equal(isTurn(before, summaryOf(standing(), standing({ resource: 'users.shop' }))), true);
  });
});
