import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RPC, type RpcStatus } from '../../../../src/xds/rpc.ts';
import { ByteBudget } from '../../../../src/xds/server/byte-budget.ts';
import { FrameReader } from '../../../../src/xds/server/frame-reader.ts';
import { framed } from '../../../support/rpc-server.ts';

const PLENTY = 1 << 30;

/** Reads `chunks` and tells what came of it. */
function readAll(chunks: readonly Buffer[], maxBytes = PLENTY, budget = new ByteBudget(PLENTY)) {
  const reader = new FrameReader(maxBytes, budget);
  const bodies: Buffer[] = [];
  let fault: RpcStatus | undefined;
  for (const chunk of chunks) {
    fault = reader.read(chunk, { frame: (body) => bodies.push(Buffer.from(body)) > 0 });
    if (fault !== undefined) break;
  }
  return { bodies, fault, reader };
}

/** Cuts `bytes` at the given places. */
function cut(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

describe('FrameReader', () => {
  it('gives the same messages however the body was cut on the way, and holds nothing after the last', () => {
    const body = fc.uint8Array({ maxLength: 9000, size: 'max' }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(
        fc.array(body, { maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 30 }),
        (bodies, places) => {
          const budget = new ByteBudget(PLENTY);
          const whole = Buffer.concat(bodies.map(framed));
          const got = readAll(cut(whole, places), PLENTY, budget);
          assert.deepEqual(got.bodies, bodies);
          assert.equal(got.fault, undefined);
          assert.equal(got.reader.atBoundary, true);
          assert.equal(budget.taken, 0);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('knows that a body that ends inside a message, or inside its head, is cut off', () => {
    const whole = framed('abc');
    for (let length = 1; length < whole.length; length += 1) {
      assert.equal(readAll([whole.subarray(0, length)]).reader.atBoundary, false, `${length} bytes`);
    }
  });

  it('does not copy a message that lies whole in a piece', () => {
    const chunk = Buffer.concat([framed('one'), framed('two')]);
    const bodies: Buffer[] = [];
    new FrameReader(PLENTY, new ByteBudget(0)).read(chunk, { frame: (body) => bodies.push(body) > 0 });
    assert.deepEqual(bodies.map(String), ['one', 'two']);
    for (const body of bodies) assert.equal(body.buffer, chunk.buffer);
  });

  it('refuses a length above the limit when the head is there, before any of the message', () => {
    const head = Buffer.from([0, 0, 0, 4, 1]);
    assert.deepEqual(readAll([head], 1024).fault?.code, RPC.resourceExhausted);
    assert.match(readAll([head], 1024).fault?.message ?? '', /1025 bytes is more than the 1024/);
    assert.equal(readAll([Buffer.from([0, 0, 0, 4, 0])], 1024).fault, undefined);
    assert.equal(readAll([Buffer.from([0, 255, 255, 255, 255])], 1024).fault?.code, RPC.resourceExhausted);
  });

  it('refuses a message that says that it is compressed', () => {
    assert.equal(readAll([Buffer.from([1])]).fault?.code, RPC.internal);
    assert.equal(readAll([Buffer.from([2])]).fault?.code, RPC.internal);
  });

  it('takes memory for what has come, not for what was announced', () => {
    const budget = new ByteBudget(PLENTY);
    const head = Buffer.alloc(5);
    head.writeUInt32BE(4_000_000, 1);
    const { reader } = readAll([head, Buffer.alloc(10)], PLENTY, budget);
    assert.ok(budget.taken <= 4096, `${budget.taken} bytes`);
    reader.clear();
    assert.equal(budget.taken, 0);
  });

  it('ends the call where all unfinished messages together are too many', () => {
    const budget = new ByteBudget(10_000);
    const head = Buffer.alloc(5);
    head.writeUInt32BE(9000, 1);
    assert.equal(readAll([head, Buffer.alloc(8999)], PLENTY, budget).fault, undefined);
    assert.equal(readAll([head, Buffer.alloc(8999)], PLENTY, budget).fault?.code, RPC.resourceExhausted);
    assert.deepEqual(readAll([framed('whole')], PLENTY, budget).bodies.map(String), ['whole']);
  });

  it('gives no more when it is told that nobody listens', () => {
    const bodies: string[] = [];
    const chunk = Buffer.concat([framed('one'), framed('two')]);
    new FrameReader(PLENTY, new ByteBudget(PLENTY)).read(chunk, {
      frame: (body) => {
        bodies.push(String(body));
        return false;
      },
    });
    assert.deepEqual(bodies, ['one']);
  });
});
