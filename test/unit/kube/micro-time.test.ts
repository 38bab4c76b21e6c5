import assert from 'node:assert/strict';
import fc from 'fast-check';
import { microTime } from '../../../src/kube/micro-time.ts';

describe('microTime', () => {
  it('has exactly six digits after the point, which the API server insists on', () => {
    assert.equal(microTime(Date.UTC(2026, 0, 2, 3, 4, 5)), '2026-01-02T03:04:05.000000Z');
    assert.equal(microTime(Date.UTC(2026, 0, 2, 3, 4, 5) + 0.25), '2026-01-02T03:04:05.000250Z');
    assert.equal(microTime(Date.UTC(2026, 0, 2, 3, 4, 5) + 999.9999), '2026-01-02T03:04:06.000000Z');
  });

  it('is the same moment to the microsecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000_000_000 }), (micros) => {
        const text = microTime(micros / 1000);
        assert.match(text, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
        const [whole = '', fraction = ''] = text.split('.');
        const back = Date.parse(`${whole}Z`) * 1000 + Number(fraction.slice(0, 6));
        assert.ok(Math.abs(back - micros) <= 1);
      }),
    );
  });
});
