import assert from 'node:assert/strict';
import { Conflicts } from '../../../src/controller/conflicts.ts';

describe('Conflicts', () => {
  it('are lasting when one follows the other', () => {
    const conflicts = new Conflicts();
    conflicts.met('a');
    assert.equal(conflicts.areLasting('a'), false);
    conflicts.met('a');
    assert.equal(conflicts.areLasting('a'), true);
    assert.equal(conflicts.areLasting('b'), false);
  });

  it('are over with a good write', () => {
    const conflicts = new Conflicts();
    conflicts.met('a');
    conflicts.over('a');
    conflicts.met('a');
    assert.equal(conflicts.areLasting('a'), false);
  });

  it('of one term of leadership say nothing of the next', () => {
    const conflicts = new Conflicts();
    conflicts.met('a');
    conflicts.forgetAll();
    conflicts.met('a');
    assert.equal(conflicts.areLasting('a'), false);
  });
});
