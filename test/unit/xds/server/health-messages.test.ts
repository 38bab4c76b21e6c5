import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeHealthRequest } from '../../../../src/xds/server/health-messages.ts';

describe('decodeHealthRequest', () => {
  it('reads the name of the service', () => {
    assert.equal(decodeHealthRequest(Buffer.alloc(0)), '');
    assert.equal(decodeHealthRequest(Buffer.from('\x0a\x03abc')), 'abc');
    assert.equal(
      decodeHealthRequest(Buffer.concat([Buffer.from([0x0a, 0xac, 0x02]), Buffer.alloc(300, 'x')])),
      'x'.repeat(300),
    );
  });

  it('answers undefined to other bytes, whatever they are', () => {
    assert.equal(decodeHealthRequest(Buffer.from([0x0a, 5, 1])), undefined);
    assert.equal(decodeHealthRequest(Buffer.from([0x0a])), undefined);
    assert.equal(decodeHealthRequest(Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0xff])), undefined);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
        const got = decodeHealthRequest(Buffer.from(bytes));
        assert.ok(got === undefined || got.length <= bytes.length);
      }),
    );
  });
});
