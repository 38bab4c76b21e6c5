import assert from 'node:assert/strict';
import { WrittenObjects } from '../../../src/controller/written-objects.ts';
import type { KubeObject } from '../../../src/model/kube-objects.ts';

const object = (uid: string, resourceVersion: string): KubeObject => ({
  metadata: { name: uid, uid, resourceVersion },
});

describe('WrittenObjects', () => {
  let now = 0;
  let written: WrittenObjects<KubeObject>;
  beforeEach(() => {
    now = 0;
    written = new WrittenObjects<KubeObject>(() => now);
  });

  it('adds what was created before the watch has brought it', () => {
    written.wrote('a', object('1', '10'));
    assert.deepEqual(written.merge('a', []), [object('1', '10')]);
  });
  it('takes away what was deleted before the watch has', () => {
    written.deleted('a', object('1', '10'));
    assert.deepEqual(written.merge('a', [object('1', '10')]), []);
  });
  it('prefers the newer of cache and own write, by number and not by text', () => {
    written.wrote('a', object('1', '10'));
    assert.deepEqual(written.merge('a', [object('1', '9')]), [object('1', '10')]);
    assert.deepEqual(written.merge('a', [object('1', '11')]), [object('1', '11')]);
  });
  it('lets others delete what it wrote', () => {
    written.wrote('a', object('1', '10'));
    assert.equal(written.observe('a', { old: object('1', '10'), now: undefined }), false);
    assert.deepEqual(written.merge('a', []), []);
  });
  it('believes no answer for ever: a delete that fell between two events heals', () => {
    written.wrote('a', object('1', '10'));
    now = 10_001;
    assert.deepEqual(written.merge('a', []), []);
  });
  it('knows its own echo, and only that', () => {
    written.wrote('a', object('1', '10'));
    assert.equal(written.observe('a', { old: undefined, now: object('1', '9') }), false);
    assert.equal(written.observe('a', { old: undefined, now: object('1', '10') }), true);
    assert.equal(written.observe('a', { old: object('1', '10'), now: object('1', '11') }), false);
  });
  it('knows the echo of its own delete', () => {
    written.deleted('a', object('1', '10'));
    assert.equal(written.observe('a', { old: object('1', '10'), now: undefined }), true);
  });
  it('believes nothing any more once others write', () => {
    written.wrote('a', object('1', '10'));
    written.forgetAll();
    assert.deepEqual(written.merge('a', []), []);
  });
  it('keeps the owners apart', () => {
    written.wrote('a', object('1', '10'));
    assert.deepEqual(written.merge('b', []), []);
  });
});
