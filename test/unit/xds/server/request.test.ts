import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RPC } from '../../../../src/xds/rpc.ts';
import { encodeGrpcMessage } from '../../../../src/xds/server/grpc-message.ts';
import { judgeRequest } from '../../../../src/xds/server/request.ts';
import { parseTimeout } from '../../../../src/xds/server/timeout.ts';

const good = { ':method': 'POST', ':path': '/a.B/C', 'content-type': 'application/grpc' };

describe('judgeRequest', () => {
  for (const type of [
    'application/grpc',
    'application/grpc+proto',
    'application/grpc;charset=utf-8',
    'application/GRPC',
  ]) {
    it(`takes content-type ${type}`, () => {
      const expected = { kind: 'call', method: '/a.B/C', timeoutMs: undefined };
      assert.deepEqual(judgeRequest({ ...good, 'content-type': type }), expected);
    });
  }

  for (const type of ['application/grpc-web', 'application/grpcx', 'application/json', undefined]) {
    it(`answers 415 to content-type ${String(type)}`, () => {
      assert.deepEqual(judgeRequest({ ...good, 'content-type': type }), { kind: 'http', status: 415 });
    });
  }

  it('answers 405 to what is no POST', () => {
    assert.deepEqual(judgeRequest({ ...good, ':method': 'GET' }), { kind: 'http', status: 405 });
  });

  it('refuses a compression by UNIMPLEMENTED, and takes identity', () => {
    const judged = judgeRequest({ ...good, 'grpc-encoding': 'gzip' });
    assert.equal(judged.kind === 'refused' && judged.status.code, RPC.unimplemented);
    assert.equal(judgeRequest({ ...good, 'grpc-encoding': 'identity' }).kind, 'call');
  });

  it('refuses a timeout that is none by INTERNAL', () => {
    const judged = judgeRequest({ ...good, 'grpc-timeout': '10x' });
    assert.equal(judged.kind === 'refused' && judged.status.code, RPC.internal);
  });
});

describe('parseTimeout', () => {
  const cases: readonly (readonly [string, number])[] = [
    ['1H', 3_600_000],
    ['2M', 120_000],
    ['3S', 3000],
    ['250m', 250],
    ['1500u', 1.5],
    ['99999999n', 99.999999],
    ['0S', 0],
  ];
  for (const [text, ms] of cases) {
    it(`reads ${text}`, () => assert.ok(Math.abs(parseTimeout(text) - ms) < 1e-9));
  }

  for (const text of ['', '1', 'S', '123456789S', '-1S', '1.5S', '1s', '1S ', '1SS']) {
    it(`refuses ${JSON.stringify(text)}`, () =>
      assert.throws(() => parseTimeout(text), /is not digits and a unit/));
  }
});

describe('encodeGrpcMessage', () => {
  const codePoint = fc.oneof(
    fc.integer({ min: 0, max: 0x7f }),
    fc.integer({ min: 0x80, max: 0xd7ff }),
    fc.integer({ min: 0xe000, max: 0x10ffff }),
  );

  it('escapes all but printable ASCII, and the percent sign', () => {
    assert.equal(encodeGrpcMessage('a b\n100 % ä ~'), 'a b%0A100 %25 %C3%A4 ~');
  });

  it('is decoded to the same text, and is printable ASCII of at most 2,048 characters', () => {
    fc.assert(
      fc.property(
        fc.array(codePoint, { maxLength: 400, size: 'max' }).map((points) => String.fromCodePoint(...points)),
        (text) => {
          const encoded = encodeGrpcMessage(text);
          assert.match(encoded, /^[\x20-\x7e]{0,2048}$/);
          const decoded = decodeURIComponent(encoded);
          assert.ok(text.startsWith(decoded));
          if (encoded.length < 2048 - 12) assert.equal(decoded, text);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('replaces half a surrogate pair instead of failing', () => {
    assert.equal(encodeGrpcMessage('a\ud800b'), 'a%EF%BF%BDb');
  });
});
