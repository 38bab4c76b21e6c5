import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LineSplitter } from '../../../src/kube/line-splitter.ts';

describe('LineSplitter', () => {
  it('puts lines together whatever the chunks they come in, characters of several bytes included', () => {
    const line = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
      .filter((text) => !text.includes('\n'));
    fc.assert(
      fc.property(
        fc.array(line),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
        (lines, sizes) => {
          const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
          const splitter = new LineSplitter();
          const found: string[] = [];
          let turn = 0;
          for (let at = 0; at < bytes.length;) {
            const size = sizes[turn++ % sizes.length] ?? 1;
            found.push(...splitter.push(bytes.subarray(at, at + size)));
            at += size;
          }
          assert.deepEqual(found, lines);
          assert.equal(splitter.pendingBytes, 0);
        },
      ),
    );
  });

  it('keeps a line that is not complete, and gives it with its end', () => {
    const splitter = new LineSplitter();
    assert.deepEqual([...splitter.push(Buffer.from('{"a":'))], []);
    assert.equal(splitter.pendingBytes, 5);
    assert.deepEqual([...splitter.push(Buffer.from('1}\n{"b"'))], ['{"a":1}']);
  });

  it('takes a line of 5 MB in small chunks in time that grows with its length alone', () => {
    const splitter = new LineSplitter();
    const chunk = Buffer.alloc(1000, 'x');
    const startedMs = performance.now();
    for (let index = 0; index < 5000; index += 1) assert.deepEqual([...splitter.push(chunk)], []);
    const [line] = splitter.push(Buffer.from('\n'));
    assert.equal(line?.length, 5_000_000);
    assert.ok(performance.now() - startedMs < 1000);
  });

  it('leaves out empty lines', () => {
    assert.deepEqual([...new LineSplitter().push(Buffer.from('\n\na\n\n'))], ['a']);
  });
});
