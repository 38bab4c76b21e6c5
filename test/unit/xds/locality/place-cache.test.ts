import assert from 'node:assert/strict';
import { PlaceCache } from '../../../../src/xds/locality/place-cache.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const EU = { region: 'eu', zone: 'a' };

describe('the cache of places', () => {
  it('tells what is not known from what is known to be nowhere', () => {
    const cache = new PlaceCache(new FakeClock(), 1000, 10);
    cache.set('nowhere', null);
    cache.set('eu', EU);
    assert.deepEqual([cache.get('nowhere'), cache.get('eu'), cache.get('other')], [null, EU, undefined]);
  });

  it('forgets after its time', async () => {
    const clock = new FakeClock();
    const cache = new PlaceCache(clock, 1000, 10);
    cache.set('eu', EU);
    await clock.advance(999);
    assert.equal(cache.get('eu'), EU);
    await clock.advance(1);
    assert.equal(cache.get('eu'), undefined);
  });

  it('drops what was asked for longest ago when it is full', () => {
    const cache = new PlaceCache(new FakeClock(), 1000, 2);
    for (const key of ['a', 'b']) cache.set(key, EU);
    cache.get('a');
    cache.set('c', EU);
    assert.deepEqual(
      ['a', 'b', 'c'].map((key) => cache.get(key)),
      [EU, undefined, EU],
    );
  });
});
