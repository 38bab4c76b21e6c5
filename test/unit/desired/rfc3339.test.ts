import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseTimeUs } from '../../../src/desired/rfc3339.ts';

const noon = Date.UTC(2026, 0, 31, 12) * 1000;
const times: readonly (readonly [string, number])[] = [
  ['2026-01-31T12:00:00Z', noon],
  ['2026-01-31t12:00:00z', noon],
  ['2026-01-31 12:00:00Z', noon],
  ['2026-01-31T12:00:00.5Z', noon + 500_000],
  ['2026-01-31T12:00:00.000001Z', noon + 1],
  ['2026-01-31T12:00:00.123456789Z', noon + 123_456],
  ['2026-01-31T14:30:00+02:30', noon],
  ['2026-01-31T04:00:00-08:00', noon],
  ['1969-12-31T23:59:59.5Z', -500_000],
];
const wrong = [
  '',
  'now',
  '2026-01-31',
  '2026-01-31T12:00:00',
  '2026-01-31T12:00Z',
  '2026-02-30T12:00:00Z',
  '2026-13-01T12:00:00Z',
  '2026-01-31T25:00:00Z',
  '2026-01-31T24:00:00Z',
  '2026-01-31T12:00:00+99:00',
  '2026-01-31T12:00:00.Z',
  '1769860800',
];

describe('a time that a person wrote', () => {
  for (const [text, us] of times) it(`${text} is read`, () => assert.equal(parseTimeUs(text), us));
  for (const text of wrong) it(`"${text}" is not a time`, () => assert.equal(parseTimeUs(text), null));

  it('is read back from what JavaScript writes', () => {
    const date = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(fc.property(date, (at) => assert.equal(parseTimeUs(at.toISOString()), at.getTime() * 1000)));
  });
});
