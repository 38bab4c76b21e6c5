import assert from 'node:assert/strict';
import type { ObjectKey } from '../../../../src/model/key.ts';
import { toAll } from '../../../../src/xds/news/observers.ts';
import { type OwnerOf, RefusalLog } from '../../../../src/xds/news/refusal-log.ts';
import { aRefusal, aStream } from '../../../support/xds/streams.ts';

/** `orders.shop` is of shop/orders. */
const byName: OwnerOf = ({ name }) => {
  const [service = '', namespace] = name.split('.');
  return namespace === undefined ? null : `${namespace}/${service}`;
};

function bench(ownerOf: OwnerOf = byName) {
  const changed: ObjectKey[] = [];
  const log = new RefusalLog(ownerOf, (key) => changed.push(key));
  const observer = toAll([
    {
      refused: (stream, refusal) => log.refused(stream, refusal),
      withdrawn: (stream, refusal) => log.withdrawn(stream, refusal),
    },
  ]);
  return { log, observer, changed };
}

describe('the log of refusals', () => {
  it('has what a client refuses until it is withdrawn, for the GrpcService that is concerned', () => {
    const { log, observer, changed } = bench();
    const [stream, refusal] = [aStream('web-1.shop'), aRefusal(['orders.shop'])];
    observer.refused(stream, refusal);
    assert.deepEqual(
      log.of('shop/orders').map(({ node, resource, version, reason }) => [node, resource, version, reason]),
      [['web-1.shop', 'orders.shop', 'v1', 'LRS is not supported']],
    );
    assert.deepEqual(log.of('shop/users'), []);
    observer.withdrawn(stream, refusal);
    assert.deepEqual(log.of('shop/orders'), []);
    assert.deepEqual(changed, ['shop/orders', 'shop/orders']);
  });

  it('tells each GrpcService of a refusal of the resources of several, with its own resources only', () => {
    const { log, observer, changed } = bench();
    observer.refused(aStream(), aRefusal(['orders.shop', 'users.shop', 'proxy']));
    assert.deepEqual(changed, ['shop/orders', 'shop/users']);
    assert.deepEqual(
      log.of('shop/users').map(({ resource }) => resource),
      ['users.shop'],
    );
  });

  it('does not lose what is withdrawn after the resource has gone', () => {
    let isThere = true;
    const { log, observer } = bench((resource) => (isThere ? byName(resource) : null));
    const [stream, refusal] = [aStream(), aRefusal(['orders.shop'])];
    observer.refused(stream, refusal);
    isThere = false;
    observer.withdrawn(stream, refusal);
    assert.deepEqual(log.of('shop/orders'), []);
  });

  it('keeps nothing of what belongs to nobody', () => {
    const { observer, changed } = bench();
    const refusals = [aRefusal([]), aRefusal(['proxy'])];
    for (const refusal of refusals) {
      observer.refused(aStream(), refusal);
      observer.withdrawn(aStream(), refusal);
    }
    assert.deepEqual(changed, []);
  });

  it('names a client without a node by its address', () => {
    const { log, observer } = bench();
    observer.refused(aStream('', { node: null, peer: '10.0.0.9:1' }), aRefusal(['orders.shop']));
    assert.equal(log.of('shop/orders')[0]?.node, '10.0.0.9:1');
  });
});
