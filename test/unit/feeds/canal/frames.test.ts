import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { CanalFault, type CanalFaultKind } from '../../../../src/feeds/canal/canal-error.ts';
import {
  decoded,
  decodePacket,
  encodeFrame,
  FrameReader,
  scrambled,
} from '../../../../src/feeds/canal/frames.ts';
import { decodeMessage, encodeMessage, int64 } from '../../../../src/feeds/canal/messages.ts';

const isFault = (kind: CanalFaultKind) => (error: unknown) =>
  error instanceof CanalFault && error.kind === kind;
const packet = fc.record({ type: fc.integer({ min: 0, max: 15 }), body: fc.uint8Array({ maxLength: 300 }) });

/** Cuts bytes into pieces at these places. */
function pieces(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, index) => bytes.subarray(from, places[index] ?? bytes.length));
}

describe('frames of the Canal protocol', () => {
  it('come out as they went in, in whatever pieces they arrive', () => {
    fc.assert(
      fc.property(
        fc.array(packet, { maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        (packets, cuts) => {
          const bytes = Buffer.concat(packets.map(({ type, body }) => encodeFrame(type, body)));
          const reader = new FrameReader(1000);
          const out = pieces(bytes, cuts).flatMap((piece) => reader.push(piece).map(decodePacket));
          assert.deepEqual(
            out.map(({ type, body }) => ({ type, body: [...body] })),
            packets.map(({ type, body }) => ({ type, body: [...body] })),
          );
        },
      ),
    );
  });

  it('are held back until they are complete', () => {
    const frame = encodeFrame(7, Buffer.from('body'));
    const reader = new FrameReader(1000);
    for (let i = 0; i < frame.length - 1; i++) assert.deepEqual(reader.push(frame.subarray(i, i + 1)), []);
    assert.equal(reader.push(frame.subarray(-1)).length, 1);
  });

  it('are refused at their length when they are too large, and when they cannot be frames', () => {
    assert.throws(() => new FrameReader(10).push(Buffer.from([0, 0, 0, 11])), isFault('tooLarge'));
    assert.throws(() => new FrameReader(10).push(Buffer.from([255, 0, 0, 0])), isFault('protocol'));
  });

  it('are refused when what is in them is cut off, or compressed in a way that nobody knows', () => {
    const frame = encodeFrame(7, Buffer.from('body')).subarray(4);
    for (let length = frame.length - 1; length > 4; length--) {
      if (length === frame.length - 4 - 2) continue; // Exactly before the field of the body: a packet without one.
      assert.throws(() => decodePacket(frame.subarray(0, length)), isFault('protocol'), String(length));
    }
    const zipped = encodeMessage('Packet', { type: 7, compression: 3, body: Buffer.from('x') });
    assert.throws(() => decodePacket(zipped), isFault('protocol'));
  });
});

describe('messages of the Canal protocol', () => {
  it('carry batch ids and their entries', () => {
    fc.assert(
      fc.property(
        fc.maxSafeInteger().filter((id) => id >= -1),
        fc.array(fc.uint8Array({ maxLength: 40 })),
        (batchId, messages) => {
          const bytes = encodeMessage('Messages', {
            batchId,
            messages: messages.map((each) => Buffer.from(each)),
          });
          const out = decodeMessage('Messages', bytes);
          assert.equal(int64(out.batchId), batchId);
          assert.deepEqual(
            out.messages.map((each) => [...each]),
            messages.map((each) => [...each]),
          );
        },
      ),
    );
  });

  it('are read as those of a server: an ACK with an error', () => {
    // Field 1 (error_code) = 400, field 2 (error_message) = "no".
    const ack = decodeMessage('Ack', Buffer.from([0x08, 0x90, 0x03, 0x12, 0x02, 0x6e, 0x6f]));
    assert.deepEqual([ack.errorCode, ack.errorMessage], [400, 'no']);
  });

  it('never throw anything but a fault, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          decoded(() => decodeMessage('Messages', bytes));
        } catch (error) {
          assert.ok(isFault('protocol')(error));
        }
      }),
    );
  });
});

describe('the proof of a Canal password', () => {
  it('is what mysql_native_password makes of it: the server finds SHA1(password) in it', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }),
        fc.uint8Array({ minLength: 8, maxLength: 8 }),
        (password, seed) => {
          const proof = Buffer.from(scrambled(password, seed), 'hex');
          const sha1 = (bytes: Uint8Array | string) => createHash('sha1').update(bytes).digest();
          const stored = sha1(sha1(password));
          const mask = sha1(Buffer.concat([seed, stored]));
          assert.deepEqual(sha1(Buffer.from(proof.map((byte, i) => byte ^ (mask[i] ?? 0)))), stored);
        },
      ),
    );
  });

  it('is empty for an empty password', () => {
    assert.equal(scrambled('', Buffer.alloc(8)), '');
  });
});
