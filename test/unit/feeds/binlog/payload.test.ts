import assert from 'node:assert/strict';
import fc from 'fast-check';
import { EVENT_HEADER_BYTES, innerPackets, readPayload } from '../../../../src/feeds/binlog/payload.ts';

/** A field: its type, the length of its value, its value. */
function field(type: number, value: number): number[] {
  if (value < 0xfb) return [type, 1, value];
  const bytes = Buffer.alloc(4);
  bytes[0] = 0xfd;
  bytes.writeUIntLE(value, 1, 3);
  return [type, 4, ...bytes];
}

function event(body: Buffer): Buffer {
  const buffer = Buffer.alloc(EVENT_HEADER_BYTES + body.length);
  buffer.writeUInt32LE(buffer.length, 9);
  buffer.writeUInt32LE(7, 13);
  body.copy(buffer, EVENT_HEADER_BYTES);
  return buffer;
}

describe('a compressed transaction', () => {
  it('is read by its fields, in any order, those included that nobody knows yet', () => {
    const data = Buffer.from('payload');
    const body = Buffer.concat([
      Buffer.from([...field(3, 70_000), ...field(9, 5), ...field(2, 0), ...field(1, data.length), 0]),
      data,
    ]);
    assert.deepEqual(readPayload(body), { compression: 'zstd', data, size: 70_000 });
  });

  it('is as long as it is when it is not compressed', () => {
    const body = Buffer.concat([Buffer.from([2, 3, 0xfc, 255, 0, 0]), Buffer.from('abc')]);
    assert.deepEqual(readPayload(body), { compression: 'none', data: Buffer.from('abc'), size: 3 });
  });

  for (const [what, body] of Object.entries({
    'an unknown compression': [...field(2, 7), 0],
    'no compression': [0, 1, 2],
    'a payload that is cut off': [...field(2, 0), ...field(1, 100), 0, 1, 2],
    'a field that is cut off': [1, 4, 0xfd, 1],
    nothing: [],
  })) {
    it(`is refused with ${what}`, () => {
      assert.throws(() => readPayload(Buffer.from(body)), RangeError);
    });
  }

  it('gives each event as a packet that ends where the transaction does, with room for a checksum', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), fc.boolean(), (bodies, hasChecksums) => {
        const events = bodies.map((body) => event(Buffer.from(body)));
        const packets = [...innerPackets(Buffer.concat(events), 4_000_000_000, hasChecksums)];
        const extra = hasChecksums ? 4 : 0;
        assert.equal(packets.length, events.length);
        packets.forEach((packet, index) => {
          const original = events[index] ?? Buffer.alloc(0);
          assert.equal(packet.length, 1 + original.length + extra);
          assert.equal(packet.readUInt32LE(10), original.length + extra);
          assert.equal(packet.readUInt32LE(14), 4_000_000_000);
          assert.deepEqual(
            packet.subarray(1 + EVENT_HEADER_BYTES, 1 + original.length),
            original.subarray(EVENT_HEADER_BYTES),
          );
        });
      }),
    );
  });

  it('is refused when an event in it is cut off or has no length', () => {
    const whole = event(Buffer.from('abc'));
    assert.throws(() => [...innerPackets(whole.subarray(0, -1), 0, false)], RangeError);
    assert.throws(() => [...innerPackets(Buffer.alloc(30), 0, false)], RangeError);
    assert.throws(() => [...innerPackets(Buffer.alloc(5), 0, false)], RangeError);
  });
});
