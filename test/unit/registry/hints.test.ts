import assert from 'node:assert/strict';
import { Confirmations } from '../../../src/registry/confirmations.ts';
import { Hints } from '../../../src/registry/hints.ts';

const nobody = (): boolean => false;

describe('hints', () => {
  it('keep one for each service, with its oldest change', () => {
    const hints = new Hints();
    hints.add({ service: 'a', changedAtUs: null });
    hints.add({ service: 'a', changedAtUs: 7 });
    hints.add({ service: 'a', changedAtUs: 9 });
    hints.add({ service: 'b', changedAtUs: null });
    assert.deepEqual(
      hints.take(100, () => 1, nobody),
      [
        { service: 'a', changedAtUs: 7 },
        { service: 'b', changedAtUs: null },
      ],
    );
    assert.equal(hints.hasAny(nobody), false);
  });

  it('are taken in portions of rows, a big service by itself, and held ones stay', () => {
    const hints = new Hints();
    for (const service of ['big', 'held', 'b', 'c']) hints.add({ service, changedAtUs: null });
    const rowsOf = (service: string): number => (service === 'big' ? 9000 : 1);
    const take = () =>
      hints.take(5000, rowsOf, (service) => service === 'held').map(({ service }) => service);
    assert.deepEqual(take(), ['big']);
    assert.deepEqual(take(), ['b', 'c']);
    assert.equal(
      hints.hasAny((service) => service === 'held'),
      false,
    );
    assert.equal(hints.hasAny(nobody), true);
  });
});

describe('pending confirmations', () => {
  it('are due a second after the first drastic read, however often it is repeated', () => {
    const pending = new Confirmations();
    pending.drastic('a', 0);
    pending.drastic('a', 900);
    assert.equal(pending.nextMs(), 1000);
    assert.deepEqual(pending.due(999, 10), []);
    assert.deepEqual(pending.due(1000, 10), ['a']);
    assert.ok(pending.isPending('a'));
    pending.done('a');
    assert.equal(pending.nextMs(), Infinity);
  });

  it('that were asked for hold nothing back, and outlast an outage', () => {
    const pending = new Confirmations();
    pending.ask('a', 0);
    pending.drastic('b', 0);
    assert.equal(pending.isPending('a'), false);
    pending.forgetDrastic();
    assert.deepEqual(pending.due(5000, 10), ['a']);
  });

  it('of one service that is both are one read', () => {
    const pending = new Confirmations();
    pending.ask('a', 0);
    pending.drastic('a', 0);
    assert.deepEqual(pending.due(5000, 10), ['a']);
    assert.deepEqual(pending.due(5000, 0), []);
  });
});
