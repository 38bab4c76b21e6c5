import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { inBlocks } from '../../../local/test/blocks.ts';
import { laneCount, planSchedule } from '../../../local/test/schedule.ts';
import { known } from '../../schedule.ts';
import { checkout } from '../../support/manifests.ts';

const GIB = 2 ** 30;

describe('the schedule of test files in namespaces', () => {
  it('runs every file once, whatever is known of it, and those that measure after the lanes', () => {
    const file = fc.record({ seconds: fc.nat(100), alone: fc.constant('it measures') }, { requiredKeys: [] });
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ minLength: 1 }), file),
        fc.integer({ min: 1, max: 4 }),
        (some, count) => {
          const files = Object.keys(some);
          const { lanes, alone } = planSchedule(files, some, count);
          assert.ok(lanes.length <= count && lanes.every((lane) => lane.length > 0));
          assert.deepEqual([...lanes.flat(), ...alone].sort(), files.sort());
          assert.deepEqual(
            [...alone].sort(),
            files.filter((name) => some[name]?.alone !== undefined),
          );
        },
      ),
    );
  });

  it('fills lanes evenly: the longest files first, and 15 s for those of which nothing is known', () => {
    const some = { a: { seconds: 10 }, b: { seconds: 60 }, c: { seconds: 40 }, d: { seconds: 20 } };
    const { lanes } = planSchedule(['a', 'b', 'c', 'd', 'e'], some, 2);
    assert.deepEqual(lanes, [
      ['b', 'e'],
      ['a', 'c', 'd'],
    ]);
  });

  const machines = [
    { name: 'one processor', cores: 1, gib: 24, lanes: 2 },
    { name: 'two processors', cores: 2, gib: 24, lanes: 3 },
    { name: 'many processors', cores: 64, gib: 256, lanes: 4 },
    { name: 'little memory', cores: 8, gib: 8, lanes: 2 },
    { name: 'very little memory', cores: 8, gib: 2, lanes: 1 },
  ];
  for (const { name, cores, gib, lanes } of machines) {
    it(`has ${lanes} lanes on a machine with ${name}`, () =>
      assert.equal(laneCount(cores, gib * GIB), lanes));
  }

  it('knows only files that there are', () => {
    const missing = Object.keys(known).filter((file) => !existsSync(join(checkout, file)));
    assert.deepEqual(missing, []);
  });
});

describe('the output of a lane', () => {
  it('is passed on in blocks that end with an empty line, and loses nothing', () => {
    const written: string[] = [];
    const output = inBlocks((text) => written.push(text));
    output.push('\n\n  one\n    ✔ a');
    output.push('\n\n  two\n    ✔ b\n');
    output.push('    ✔ c');
    output.end();
    assert.deepEqual(written, ['\n\n', '  one\n    ✔ a\n\n', '  two\n    ✔ b\n    ✔ c\n']);
  });
});
