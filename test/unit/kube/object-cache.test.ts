import assert from 'node:assert/strict';
import fc from 'fast-check';
import { IndexedCache } from '../../../src/kube/object-cache.ts';
import type { KubeObject } from '../../../src/model/kube-objects.ts';
import { objectKey } from '../../../src/model/key.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';

function object(
  name: string,
  resourceVersion: string,
  labels: Record<string, string> = {},
  uid = `uid-${name}`,
): KubeObject {
  return { metadata: { namespace: 'shop', name, uid, resourceVersion, labels } };
}

const byTeam = { team: ({ metadata }: KubeObject) => Object.values(metadata.labels ?? {}) };

describe('IndexedCache', () => {
  it('tells what changed, and nothing when the version is the one it has', () => {
    const cache = new IndexedCache<KubeObject>({}, new RecordingLogger());
    const changes: [string | undefined, string | undefined][] = [];
    cache.subscribe(({ old, now }) =>
      changes.push([old?.metadata.resourceVersion, now?.metadata.resourceVersion]),
    );
    cache.put(object('a', '1'));
    cache.put(object('a', '1'));
    cache.put(object('a', '2'));
    cache.remove('shop/a');
    cache.remove('shop/a');
    assert.deepEqual(changes, [
      [undefined, '1'],
      ['1', '2'],
      ['2', undefined],
    ]);
  });

  it('tells another object of the same name as a removal and an addition', () => {
    const cache = new IndexedCache<KubeObject>({}, new RecordingLogger());
    cache.put(object('a', '1', {}, 'first'));
    const changes: [string | undefined, string | undefined][] = [];
    cache.subscribe(({ old, now }) => changes.push([old?.metadata.uid, now?.metadata.uid]));
    cache.put(object('a', '9', {}, 'second'));
    assert.deepEqual(changes, [
      ['first', undefined],
      [undefined, 'second'],
    ]);
  });

  it('has changed already when it tells', () => {
    const cache = new IndexedCache<KubeObject>(byTeam, new RecordingLogger());
    const seen: number[] = [];
    cache.subscribe(() => seen.push(cache.byIndex('team', 'red').length));
    cache.put(object('a', '1', { team: 'red' }));
    cache.put(object('a', '2', { team: 'blue' }));
    assert.deepEqual(seen, [1, 0]);
  });

  it('goes on when an indexer fails on one object', () => {
    const logger = new RecordingLogger();
    const indexers = {
      bad: ({ metadata }: KubeObject) => {
        if (metadata.name === 'odd') throw new Error('bug');
        return ['all'];
      },
    };
    const cache = new IndexedCache<KubeObject>(indexers, logger);
    cache.put(object('odd', '1'));
    cache.put(object('even', '1'));
    assert.equal(cache.byIndex('bad', 'all').length, 1);
    assert.equal(cache.size, 2);
    assert.deepEqual(logger.messages('error'), ['an indexer of the cache failed']);
  });

  it('finds by index exactly what a search through everything finds, after any history', () => {
    const step = fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      remove: fc.boolean(),
      team: fc.constantFrom('red', 'blue', ''),
      uid: fc.constantFrom('1', '2'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const cache = new IndexedCache<KubeObject>(byTeam, new RecordingLogger());
        for (const [version, { name, remove, team, uid }] of steps.entries()) {
          if (remove) cache.remove(`shop/${name}`);
          else cache.put(object(name, String(version), team === '' ? {} : { team }, uid));
          for (const value of ['red', 'blue']) {
            const searched = [...cache.values()].filter(({ metadata }) => metadata.labels?.team === value);
            const found = cache.byIndex('team', value);
            assert.deepEqual(new Set(found.map(objectKey)), new Set(searched.map(objectKey)));
            assert.equal(found.length, searched.length);
          }
        }
      }),
    );
  });

  it('refuses an index that it was not made with', () => {
    assert.throws(
      () => new IndexedCache<KubeObject>({}, new RecordingLogger()).byIndex('team', 'red'),
      /without an index/,
    );
  });
});
