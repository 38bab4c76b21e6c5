import assert from 'node:assert/strict';
import fc from 'fast-check';
import { messageText, readMessage } from '../../../../src/feeds/redis/message.ts';

describe('readMessage', () => {
  it('reads a service alone, and one with its number', () => {
    assert.deepEqual(readMessage('{"service":"orders"}'), {
      message: { service: 'orders', stamp: null },
      problem: null,
    });
    assert.deepEqual(readMessage('{"service": "orders", "epoch": 17, "version": 3, "by": "me"}'), {
      message: { service: 'orders', stamp: { epoch: '17', version: 3 } },
      problem: null,
    });
  });

  for (const [what, text] of Object.entries({
    'no JSON': 'orders',
    'no object': '"orders"',
    'a list': '[]',
    null: 'null',
    'no service': '{"version": 1}',
    'an empty service': '{"service": ""}',
    'a service that is a number': '{"service": 1}',
    'a service longer than its column': JSON.stringify({ service: 's'.repeat(254) }),
    'a megabyte': JSON.stringify({ service: 'orders', more: 'x'.repeat(1e6) }),
  })) {
    it(`says what is wrong with ${what}`, () => {
      const { message, problem } = readMessage(text);
      assert.equal(message, null);
      assert.match(String(problem), /^it/);
    });
  }

  for (const [what, fields] of Object.entries({
    'a version alone': { version: 1 },
    'an epoch alone': { epoch: 'a' },
    'a version of 0': { epoch: 'a', version: 0 },
    'half a version': { epoch: 'a', version: 1.5 },
    'a version as text': { epoch: 'a', version: '1' },
    'a long epoch': { epoch: 'a'.repeat(129), version: 1 },
  })) {
    it(`believes the service beside ${what}, and says so`, () => {
      const { message, problem } = readMessage(JSON.stringify({ service: 'orders', ...fields }));
      assert.deepEqual(message, { service: 'orders', stamp: null });
      assert.match(String(problem), /epoch and version/);
    });
  }

  it('never throws, whatever comes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const { message, problem } = readMessage(text);
        assert.ok(message !== null || problem !== null);
      }),
    );
  });

  it('reads what messageText wrote', () => {
    const stamp = fc.record(
      {
        epoch: fc.string({ minLength: 1, maxLength: 128 }),
        version: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      },
      { noNullPrototype: true },
    );
    const service = fc.string({ minLength: 1, maxLength: 253 });
    fc.assert(
      fc.property(fc.record({ service, stamp: fc.option(stamp) }, { noNullPrototype: true }), (message) => {
        assert.deepEqual(readMessage(messageText(message)), { message, problem: null });
      }),
    );
  });
});
